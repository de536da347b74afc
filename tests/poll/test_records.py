"""What is remembered of the visits of a source."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.model import PollRecord
from aggregator.settings.access import Secret
from aggregator.store.history.records import MAX_LOG
from tests.support.clock import Calendar, a_calendar
from tests.support.loopback import Answer, Site
from tests.support.posts import START
from tests.support.samples import feed, item

HOUR = timedelta(hours=1)


@pytest.fixture
def site() -> Iterator[Site]:
    """A feed with an article, which tells more of itself than is remembered."""
    headers = {"Via": "harbour", "Set-Cookie": "session=secret", "X-Powered-By": "a secret"}
    with Site({"/feed.xml": Answer(feed(item(1)), etag='"v1"', headers=headers)}) as site:
        yield site


@pytest.fixture
def calendar(tmp_path: Path, site: Site) -> Iterator[Calendar]:
    """Its source."""
    with a_calendar(tmp_path, f"{site.url}/feed.xml") as calendar:
        yield calendar


def records(calendar: Calendar) -> list[PollRecord]:
    return calendar.app.store.records(calendar.source.name)


def test_what_a_visit_saw_is_remembered(calendar: Calendar) -> None:
    """With the head of the answer, without what may be secret."""
    calendar.visit(START)
    [first] = records(calendar)
    assert (first.at, first.kind, first.status, first.answered, first.listed) == (START, "poll", "ok", 200, 1)
    assert (first.new, first.changed, first.repeats, first.until) == (1, 0, 0, None)
    assert first.size == len(feed(item(1)))
    assert first.head["via"] == "harbour"
    assert first.head["etag"] == '"v1"'
    assert not {"set-cookie", "x-powered-by"} & first.head.keys()


def test_visits_that_find_nothing_are_counted(calendar: Calendar, site: Site) -> None:
    """They write no record; the next one says how many there were."""
    for hour in range(4):
        calendar.visit(START + hour * HOUR)
    assert len(records(calendar)) == 1
    state = calendar.state
    assert (state.repeats, state.answered, state.listed) == (3, 304, 1)
    site.pages["/feed.xml"] = feed(item(1), item(2))
    calendar.visit(START + 4 * HOUR)
    last, first = records(calendar)
    assert (last.new, last.repeats, last.until) == (1, 3, START + 3 * HOUR)
    assert first.repeats == 0
    assert calendar.state.repeats == 0


def test_failures_of_one_kind_are_one_record(calendar: Calendar, site: Site) -> None:
    """With the head of the answer; so is the recovery."""
    site.pages["/feed.xml"] = Answer(b"no", status=403, headers={"Via": "gate", "Set-Cookie": "a=secret"})
    for hour in range(3):
        calendar.visit(START + hour * HOUR)
    site.pages["/feed.xml"] = feed(item(1))
    calendar.visit(START + 9 * HOUR)
    last, first = records(calendar)
    assert (first.status, first.answered, first.head["via"]) == ("failed", 403, "gate")
    assert "set-cookie" not in first.head
    assert "answered 403" in first.error
    assert (last.status, last.repeats, last.until) == ("ok", 2, START + 2 * HOUR)


def test_the_log_is_bounded(calendar: Calendar, site: Site) -> None:
    """What came first goes first, and no half of a record is left."""
    for number in range(40):
        site.pages["/feed.xml"] = feed(*(item(one) for one in range(number, number + 3)))
        calendar.visit(START + number * HOUR)
    found = records(calendar)
    assert found[0].at == START + 39 * HOUR
    assert [one.at for one in found] == [START + hour * HOUR for hour in range(39, 39 - len(found), -1)]
    assert 10 < len(found) < 40
    assert MAX_LOG < 10_000


def test_a_renamed_source_keeps_them(calendar: Calendar) -> None:
    """As all else that is known of it."""
    calendar.visit(START)
    calendar.app.store.rename_source(calendar.source.name, "other")
    assert len(calendar.app.store.records("other")) == 1
    assert records(calendar) == []


@pytest.mark.parametrize("status", [200, 403])
def test_secrets_that_a_server_repeats_are_left_out(tmp_path: Path, status: int) -> None:
    """In the heads of good answers and of others."""
    (tmp_path / "key").write_text("open-sesame-42")
    with Site() as site:
        site.pages["/feed.xml"] = Answer(
            feed(item(1)), status=status, headers={"Via": "open-sesame-42", "X-Cache": "miss"}
        )
        headers = {"X-Key": Secret(file=str(tmp_path / "key"))}
        with a_calendar(tmp_path, f"{site.url}/feed.xml", headers=headers) as calendar:
            calendar.visit(START)
            [record] = records(calendar)
        assert site.requests[-1].headers["x-key"] == "open-sesame-42"
    assert record.answered == status
    assert record.head["x-cache"] == "miss"
    assert "via" not in record.head
