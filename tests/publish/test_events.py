"""The program's own news: one event for each trouble, which develops, in the operations feed and in a source's own."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path

import feedparser
import pytest

from aggregator.model import Occurrence
from aggregator.publish.alerts import Teller
from aggregator.settings import Receiver, Rule
from tests.support.clock import START, Calendar, a_calendar
from tests.support.loopback import Answer, Site
from tests.support.samples import feed, item

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIST = "/feed.xml?token=s3cret"
FINE = feed(item(1))


def fail(calendar: Calendar, now: datetime, times: int = 3) -> datetime:
    """Visit the source every ten minutes; return when it was visited last."""
    for number in range(times):
        calendar.visit(now + number * timedelta(minutes=10))
    return now + (times - 1) * timedelta(minutes=10)


def publish(calendar: Calendar, now: datetime) -> None:
    """Do what the daemon does beside the visits."""
    calendar.app.store.advance_events(now)
    calendar.app.publisher.publish()
    assert calendar.app.publisher.check() == []


def tell(calendar: Calendar, now: datetime) -> None:
    """Move events on and tell receivers, as the daemon does."""
    app = calendar.app

    async def run() -> None:
        async with app.fetcher(lambda: now) as fetcher:
            await Teller(app.config, app.store, app.publisher.documents, lambda: now).tell(fetcher)

    app.store.advance_events(now)
    asyncio.run(run())


def entries(folder: Path, path: str = "feeds/operations.atom.xml") -> list[feedparser.FeedParserDict]:
    """The entries of a feed as readers have them."""
    parsed = feedparser.parse((folder / "public" / path).read_bytes())
    assert not parsed.bozo
    return list(parsed.entries)


def kinds(calendar: Calendar) -> list[str]:
    """How the events stand, the newest last."""
    return [event.kind for event in calendar.app.store.events()][::-1]


def test_one_entry_develops(tmp_path: Path) -> None:
    """What fails once is no event; what breaks, is gone and comes back is one, with one id and what to do."""
    with Site({LIST: FINE}) as site, a_calendar(tmp_path, site.url + LIST) as calendar:
        publish(calendar, START)
        assert entries(tmp_path) == []
        calendar.visit(START)
        site.pages[LIST] = Answer(status=404)
        last = fail(calendar, START + HOUR, 2)
        publish(calendar, last)
        assert entries(tmp_path) == []
        last = fail(calendar, last + HOUR, 4)
        publish(calendar, last)
        [broken] = entries(tmp_path)
        assert broken.title == "Broken: paper"
        assert "No visit of paper has gone well since 2026-03-02 08:00" in broken.summary
        assert "aggregator preview paper" in broken.content[0].value
        site.pages[LIST] = Answer(status=410)
        last = fail(calendar, last + HOUR)
        publish(calendar, last)
        [gone] = entries(tmp_path)
        assert (gone.title, gone.id, gone.published) == ("Gone: paper", broken.id, broken.published)
        assert gone.updated > broken.updated
        site.pages[LIST] = FINE
        calendar.visit(last + HOUR)
        publish(calendar, last + HOUR)
        assert entries(tmp_path)[0].title == "Gone: paper", "it may break again at once"
        publish(calendar, last + 2 * HOUR)
        [back] = entries(tmp_path)
        assert (back.title, back.id) == ("Back: paper", broken.id)
        published = (tmp_path / "public/feeds/operations.atom.xml").read_text("utf-8")
        assert "s3cret" not in published
        assert "answered 410 Gone (127.0.0.1)" in published


def test_what_comes_and_goes_is_one_event(tmp_path: Path) -> None:
    """A source that fails every other hour stays broken until it was well for an hour; so with redirects."""
    with Site({LIST: FINE, "/new": FINE}) as site, a_calendar(tmp_path, site.url + LIST) as calendar:
        calendar.visit(START)
        now = START
        for _ in range(3):
            site.pages[LIST] = Answer(status=404)
            now = fail(calendar, now + HOUR / 2)
            site.pages[LIST] = FINE
            calendar.visit(now := now + HOUR / 2)
            calendar.app.store.advance_events(now)
        assert kinds(calendar) == ["source-broken"]
        site.pages[LIST] = Answer(status=404)
        calendar.visit(now + HOUR / 2)
        calendar.app.store.advance_events(now + 2 * HOUR)
        assert kinds(calendar) == ["source-broken"], "it fails again, though only once so far"
        site.pages[LIST] = FINE
        calendar.visit(now := now + 2 * HOUR)
        calendar.app.store.advance_events(now)
        assert kinds(calendar) == ["source-back"]
        for hour in range(1, 5):
            moved = Answer(status=301, headers={"Location": "/new"})
            site.pages[LIST] = moved if hour % 2 else FINE
            calendar.visit(now + hour * HOUR)
            calendar.app.store.advance_events(now + hour * HOUR)
        assert kinds(calendar) == ["source-back", "source-moved"]
        calendar.app.store.advance_events(now + 2 * DAY)
        _, moved_event = calendar.app.store.events()[::-1]
        assert moved_event.ended == now + 2 * DAY
        assert moved_event.detail == "127.0.0.1"


def test_a_source_that_comes_back_in_trouble(tmp_path: Path) -> None:
    """An event ends when its source leaves the configuration; if it returns as it was, that is another one."""
    with Site({LIST: Answer(status=404)}) as site, a_calendar(tmp_path, site.url + LIST) as calendar:
        last = fail(calendar, START)
        calendar.app.store.sync_sources([], last + HOUR)
        publish(calendar, last + HOUR)
        assert "It is over since" in entries(tmp_path)[0].content[0].value
        for _ in range(2):
            calendar.app.know_sources(last + 2 * HOUR)
        assert kinds(calendar) == ["source-broken"] * 2
        assert calendar.app.store.events()[0].detail == "answered 404 Not Found (127.0.0.1)"


@pytest.mark.parametrize("tell", [True, False], ids=["told", "not"])
def test_subscribers_are_told_after_a_day(tmp_path: Path, tell: bool) -> None:
    """A source's own feed says once that it is not up to date, where the owner wants it, and when it is again."""
    with (
        Site({LIST: FINE}) as site,
        a_calendar(tmp_path, site.url + LIST, tell_subscribers=tell, label="The Paper") as calendar,
    ):
        calendar.visit(START)
        site.pages[LIST] = Answer(status=404)
        last = fail(calendar, START + HOUR)
        publish(calendar, last)
        assert [one.title for one in entries(tmp_path, "source/paper/atom.xml")] == ["Title 1"]
        publish(calendar, START + DAY)
        told = entries(tmp_path, "source/paper/atom.xml")
        assert [one.title for one in told] == [*["Not up to date: The Paper"] * tell, "Title 1"]
        assert len(entries(tmp_path, "source/paper/rss.xml")) == 1 + tell
        assert [one.title for one in entries(tmp_path, "feeds/atom.xml")] == ["Title 1"]
        site.pages[LIST] = FINE
        calendar.visit(START + 2 * DAY)
        publish(calendar, START + 2 * DAY + HOUR)
        again = entries(tmp_path, "source/paper/atom.xml")
        assert [one.title for one in again] == [*["Up to date again: The Paper"] * tell, "Title 1"]
        assert again[0].id == told[0].id
        assert "s3cret" not in (tmp_path / "public/source/paper/atom.xml").read_text("utf-8")


def test_each_event_of_the_program(tmp_path: Path) -> None:
    """A configuration, the disk and receivers have an entry each; the same thing again is no news."""
    with Site() as site, a_calendar(tmp_path, f"{site.url}{LIST}") as calendar:
        store = calendar.app.store
        loaded = Occurrence("configuration", kind="configuration-loaded", detail="12 sources", mark="a")
        refused = Occurrence("configuration", kind="configuration-refused", detail="a.toml: [site] url")
        short = Occurrence("disk", "database", "disk-short", "312 MB")
        for number, one in enumerate(
            [loaded, loaded, refused, refused, short, short, Occurrence("disk", "database")]
        ):
            store.note_event(one, START + number * HOUR)
        publish(calendar, START + DAY)
        assert kinds(calendar) == ["configuration-loaded", "configuration-refused", "disk-short"]
        disk, refusal, load = entries(tmp_path)
        assert "12 sources" in load.summary
        assert "a.toml: [site] url" in refusal.summary
        assert "It is over since 2026-03-03 08:00" in disk.content[0].value
        store.note_event(loaded, START + 2 * DAY)
        publish(calendar, START + 2 * DAY)
        developed = entries(tmp_path)[0]
        assert (developed.id, developed.title) == (refusal.id, "Configuration loaded")


def test_rules_tell_of_events(tmp_path: Path) -> None:
    """Each state is told once, with what to do; a query narrows it to a source, and no message says a secret."""
    rules = (
        Rule(name="trouble", on=("source-broken", "source-back"), tell=("desk",)),
        Rule(name="others", query="source:other", on=("source-broken",), tell=("desk",)),
    )
    with Site({LIST: FINE, "/hook": b"ok"}) as site:
        receivers = (Receiver(name="desk", url=f"{site.url}/hook"),)
        with a_calendar(tmp_path, site.url + LIST, told={"rules": rules, "receivers": receivers}) as calendar:
            calendar.visit(START)
            for hour in (1, 4):
                site.pages[LIST] = Answer(status=404)
                last = fail(calendar, START + hour * HOUR)
                tell(calendar, last)
                site.pages[LIST] = FINE
                calendar.visit(last + HOUR / 4)
                tell(calendar, last + HOUR / 2)
            tell(calendar, last + 2 * HOUR)
            tell(calendar, last + 3 * HOUR)
        told = [json.loads(one.body)["hits"] for one in site.requests if one.path == "/hook"]
    assert [[(hit["kind"], hit["rules"], hit["title"]) for hit in hits] for hits in told] == [
        [("source-broken", ["trouble"], "paper")],
        [("source-back", ["trouble"], "paper")],
    ]
    [broken] = told[0]
    assert "answered 404 Not Found (127.0.0.1)\nWhat to do:" in broken["excerpt"]
    assert broken["mirror"] == "https://news.example.org/feeds/operations.atom.xml"
    assert (broken["id"].partition(":")[0], broken["version"], broken["source"]) == ("event", 0, "paper")
    assert "s3cret" not in json.dumps(told)


def test_many_that_break_at_once_are_one_message(tmp_path: Path) -> None:
    """No network for an hour is no message for each source."""
    rules = (Rule(name="trouble", on=("source-broken",), tell=("desk",)),)
    with Site({"/hook": b"ok"}) as site:
        receivers = (Receiver(name="desk", url=f"{site.url}/hook"),)
        with a_calendar(tmp_path, site.url + LIST, told={"rules": rules, "receivers": receivers}) as calendar:
            for number in range(70):
                one = Occurrence("source", f"source-{number}", "source-broken", "no route to the host")
                calendar.app.store.note_event(one, START)
            tell(calendar, START)
        assert [len(json.loads(one.body)["hits"]) for one in site.requests] == [70]


def test_a_dead_receiver_is_an_event(tmp_path: Path) -> None:
    """Another receiver is told of it, once; it is over when the first one can be told again."""
    rules = (
        Rule(name="all", on=("disk-short",), tell=("deaf",)),
        Rule(name="dead", on=("receiver-dead",), tell=("desk",)),
    )
    with Site({"/deaf": Answer(status=500), "/desk": b"ok"}) as site:
        receivers = tuple(Receiver(name=name, url=f"{site.url}/{name}") for name in ("deaf", "desk"))
        with a_calendar(tmp_path, site.url + LIST, told={"rules": rules, "receivers": receivers}) as calendar:
            calendar.app.store.note_event(Occurrence("disk", "database", "disk-short", "312 MB"), START)
            for number in range(14):
                tell(calendar, START + number * 7 * HOUR)
            assert kinds(calendar) == ["disk-short", "receiver-dead"]
            [told] = [json.loads(one.body)["hits"] for one in site.requests if one.path == "/desk"]
            assert [(hit["kind"], hit["title"]) for hit in told] == [("receiver-dead", "deaf")]
            site.pages["/deaf"] = b"ok"
            for number in range(14, 16):
                tell(calendar, START + number * 7 * HOUR)
            assert calendar.app.store.events()[0].ended == START + 15 * 7 * HOUR
            assert calendar.app.store.standings()["deaf"].waiting == 0
