"""Busy days, which are trusted, and redesigns, which are not: what such a poll saw is kept aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.clock import START, Calendar, a_calendar
from tests.support.loopback import Site

DAY = timedelta(days=1)
TOPICS = "ropes tides ferries bridges lanterns winter markets stones lamps boats fish gulls".split()


@dataclass(frozen=True)
class Row:
    """A row of the list, and what its page says."""

    path: str
    title: str
    date: str = ""
    text: str = ""


def usual(first: int, count: int = 8, start: int = 1) -> list[Row]:
    """Rows as they always are, a day apart, the newest on top."""
    rows = [
        Row(f"/n/{first + n}", f"Notice {first + n} about {TOPICS[n]}", f"2026-02-{start + n:02}")
        for n in range(count)
    ]
    return rows[::-1]


def busy(first: int, count: int = 8, **said: str) -> list[Row]:
    """New rows, all of one day, but for what is ``said``."""
    rows = [
        Row(f"/n/{first + n}", f"Notice {first + n} about {TOPICS[n]}", "2026-03-05") for n in range(count)
    ]
    return [replace(row, **said) for row in rows]


class Authority:
    """A site with a list, and a page for each row that was ever on it."""

    def __init__(self, site: Site, calendar: Calendar) -> None:
        self.site, self.calendar, self.day = site, calendar, 0

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows from now on."""
        items = "".join(
            f"<li><a href='{row.path}'>{row.title}</a><span>{row.date}</span></li>" for row in rows
        )
        self.site.pages["/list"] = f"<html><body><ul>{items}</ul><!--{self.day}--></body></html>".encode()
        for row in rows:
            text = row.text or f"This is what {row.path} says, and it is long enough to be a text of its own."
            number = row.path.rpartition("/")[2]
            heading = row.title if len(row.title) > 20 else f"The heading of number {number}"
            page = f"<html><body><h1>{heading}</h1><main><p>{text}</p></main></body></html>"
            self.site.pages.setdefault(row.path, page.encode())

    def poll(self, rows: Sequence[Row]) -> str:
        """Visit the list with these rows on the next day; return what is doubtful about it."""
        self.show(rows)
        self.day += 1
        state = self.calendar.visit(START + self.day * DAY).state
        return state.error if state.status == "suspect" else ""

    @property
    def held(self) -> dict[str, str]:
        """The titles of all articles by their paths."""
        articles = (kept.article for kept in self.calendar.app.store.every())
        return {one.address.removeprefix(self.site.url): one.title for one in articles}

    @property
    def owed(self) -> dict[str, str]:
        """The reasons for which entries are owed, by their paths."""
        debts = self.calendar.app.store.owed("paper")
        return {debt.key.removeprefix(self.site.url): debt.reason for debt in debts}


@contextmanager
def an_authority(folder: Path, **said: object) -> Iterator[Authority]:
    """A site whose list has a title, a date and a page for each row."""
    rules: dict[str, object] = {
        "kind": "listing",
        "list": {"entry": "li", "link": "a", "date": "span"},
        "article": {"body": "main"},
    }
    with Site() as site, a_calendar(folder, f"{site.url}/list", **rules | said) as calendar:
        yield Authority(site, calendar)


ONE_TITLE = "Notice of a decision on penalties"
BOILERPLATE = (
    "The authority has decided so by the law of the sea. Whoever objects may write to it within a month."
)
BUSY = {
    "one-day": busy(100),
    "one-title": [replace(row, title=ONE_TITLE) for row in usual(100, start=20)],
    "one-title-one-day": busy(100, count=10, title=ONE_TITLE),
    "one-short-title": busy(100, title="行政处罚决定书"),
    "one-template": [
        replace(row, title=f"Penalty for {topic}", text=f"A fine for {topic}. {BOILERPLATE}")
        for row, topic in zip(busy(100), TOPICS, strict=False)
    ],
    "one-title-one-text": busy(100, title=ONE_TITLE, text=BOILERPLATE),
    "some-known": [*busy(100, count=6, title=ONE_TITLE), *usual(1)[:2]],
    "signed-before": busy(100, date="2026-02-05"),
}


@pytest.mark.parametrize("rows", BUSY.values(), ids=BUSY)
def test_a_busy_day_is_trusted(tmp_path: Path, rows: list[Row]) -> None:
    """News of one day, of one title or of one template are taken at once, whatever was usual."""
    with an_authority(tmp_path) as authority:
        assert authority.poll(usual(1)) == ""
        authority.day += 8
        assert authority.poll(rows) == ""
        assert {row.path for row in rows} <= authority.held.keys()
        assert authority.poll(usual(200, start=14)) == ""
        assert authority.owed == {}


def test_a_busy_day_without_dates(tmp_path: Path) -> None:
    """A list that never had dates may have one title for all of a day's notices, too."""
    with an_authority(tmp_path, list={"entry": "li", "link": "a"}) as authority:
        for _ in range(2):
            assert authority.poll(usual(1)) == ""
        assert authority.poll(busy(100, title=ONE_TITLE)) == ""
        assert len(authority.held) == 16


def with_(change: Callable[[int, Row], Row], first: int = 1, start: int = 1) -> list[Row]:
    """Twelve rows, changed."""
    return [change(number, row) for number, row in enumerate(usual(first, 12, start))]


REDESIGNS = {
    "buttons": (with_(lambda n, row: replace(row, title="点击查看详情")), "titles"),
    "new-buttons": (with_(lambda n, row: replace(row, title="Read more »"), 100, 15), "titles"),
    "details": (with_(lambda n, row: replace(row, title="Details"), 100, 15), "titles"),
    "known-now-alike": (with_(lambda n, row: replace(row, title="Notice")), "titles"),
    "alike-elsewhere": (
        with_(lambda n, row: replace(row, path=f"/new{row.path}", title="Notice"), 100, 15),
        "titles",
    ),
    "alike-and-old": (with_(lambda n, row: replace(row, title="Notice"), 100), "titles"),
    "date-of-the-page": (with_(lambda n, row: replace(row, date="2026-03-06")), "one date"),
    "old-date": (with_(lambda n, row: replace(row, date="2020-01-01"), 100), "one date"),
    "no-dates": (with_(lambda n, row: replace(row, date=""), 100), "has a date"),
    "one-address": (with_(lambda n, row: replace(row, path="/n/0"), 100, 15), "one address"),
    "navigation-accepted": (
        with_(lambda n, row: Row(f"/about/{TOPICS[n]}", TOPICS[n].title())),
        "has a date",
    ),
    "navigation": (
        with_(lambda n, row: Row(f"/about/{TOPICS[n]}", TOPICS[n].title())),
        "has a date",
    ),
}
ACCEPTED = ("new-buttons", "one-address", "navigation-accepted")
"""Those that the user accepts; the others are undone by the site."""


@pytest.mark.parametrize("name", REDESIGNS)
def test_a_redesign_is_not(tmp_path: Path, name: str) -> None:
    """Nothing of it is published, at the second visit already; what rolls off the list comes nevertheless."""
    (rows, says), accepts = REDESIGNS[name], name in ACCEPTED
    with an_authority(tmp_path) as authority:
        assert authority.poll(usual(1, 12)) == ""
        before = authority.held
        for _ in range(2):
            assert says in authority.poll(rows)
            assert authority.held == before
        new = {row.path for row in rows} - before.keys()
        assert set(authority.owed.values()) == ({"suspect"} if new else set())
        if accepts:
            authority.calendar.accept(START + authority.day * DAY)
        assert authority.poll(usual(200, start=20)) == ""
        in_place = new if accepts else {path for path in new if path.startswith("/n/")}
        assert authority.held.keys() == before.keys() | in_place | {row.path for row in usual(200)}
        assert not {"点击查看详情", "Read more »", "Details", "Notice"} & set(authority.held.values())
        assert authority.owed == {}


def test_a_list_without_dates_that_turns_into_navigation(tmp_path: Path) -> None:
    """Rows that are all new and stand where none stood are doubtful, unless dates say that they are new."""
    with an_authority(tmp_path, list={"entry": "li", "link": "a"}) as authority:
        assert authority.poll(usual(1, 12)) == ""
        menu = [Row(f"/{topic}", topic.title()) for topic in TOPICS]
        assert "none stands where others did" in authority.poll(menu)
        assert authority.poll(usual(3, 12)) == ""
        assert all(path.startswith("/n/") for path in authority.held)


def test_doubtful_texts_are_read_again(tmp_path: Path) -> None:
    """What doubtful texts were about is read again by the next visit that finds the list in order."""
    with an_authority(tmp_path) as authority:
        for day in range(2):
            assert authority.poll(usual(1 + day)) == ""
        cookies = "We use cookies. Accept all, or read our privacy policy."
        long = [replace(row, text=row.title * 30) for row in usual(50)]
        assert authority.poll(long) == ""
        rows = [replace(row, text=cookies) for row in usual(100, start=20)]
        assert "notice" in authority.poll(rows)
        assert set(authority.owed.values()) == {"suspect"}
        for row in rows:
            del authority.site.pages[row.path]
        authority.show([replace(row, text="") for row in rows])
        assert authority.poll(usual(200, start=20)) == ""
        assert {row.path for row in rows} <= authority.held.keys()


def test_kept_aside_survives_what_is_unchanged(tmp_path: Path) -> None:
    """A list that is again as it was before the doubt is sound, and what was seen meanwhile comes."""
    with an_authority(tmp_path) as authority:
        authority.poll(usual(1, 12))
        first = authority.site.pages["/list"]
        assert "titles" in authority.poll(busy(100, title="Read more"))
        authority.site.pages["/list"] = first
        assert authority.calendar.visit(START + 3 * DAY).state.status == "ok"
        assert authority.held["/n/100"] == "The heading of number 100"
        assert authority.owed == {}
