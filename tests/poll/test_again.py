"""Articles looked at again behind an unchanged list: what is told of them, when, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.model import KeptArticle
from tests.support.clock import START, Calendar, a_calendar
from tests.support.loopback import Content, Handler, Site

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TOPICS = "ropes tides ferries bridges lanterns winters markets stones lamps boats fishes gulls".split()


def sentences(topic: str) -> list[str]:
    """The text of a notice, of its own from the first word to the last."""
    return [
        f"The harbour office has ordered that {topic} shall be counted before the end of the month.",
        f"Whoever keeps {topic} in the upper town tells their number to the clerk in writing.",
        f"For each of the {topic} that is not told, a fine of thirty crowns is due at the gate.",
        f"The order about {topic} was read aloud in the market and is in force from today.",
    ]


def a_page(title: str, texts: list[str], noise: str = "", files: str = "") -> bytes:
    """The page of a notice, with what stands around it."""
    body = "".join(f"<p>{text}</p>" for text in texts)
    return (
        f"<html><head><title>{title}</title></head><body><nav><a href='/'>Home</a></nav><h1>{title}</h1>"
        f"<main>{body}{files}</main><aside>{noise}</aside></body></html>"
    ).encode()


@dataclass
class Office:
    """A site with a list of notices that does not change by itself, and its calendar."""

    site: Site
    calendar: Calendar
    now: datetime = START
    told: list[tuple[str, str]] = field(default_factory=list)

    def edit(self, number: int, page: Content | Handler | None) -> None:
        """Say something else at the address of a notice; nothing for None."""
        if page is None:
            del self.site.pages[f"/n/{number}.html"]
        else:
            self.site.pages[f"/n/{number}.html"] = page

    def list_rows(self, *numbers: int) -> None:
        """List these notices, the newest on top."""
        rows = "".join(
            f"<li><a href='/n/{n}.html'>Notice {n} about {TOPICS[n]}</a>"
            f"<span>{START - (12 - n) * HOUR:%Y-%m-%d %H:%M}</span></li>"
            for n in sorted(numbers, reverse=True)
        )
        self.site.pages["/list"] = f"<html><body><ul>{rows}</ul></body></html>".encode()

    def poll(self) -> None:
        """Visit the list."""
        self.calendar.visit(self.now)

    def pass_time(self, span: timedelta, *, list_every: timedelta | None = None) -> list[tuple[str, str]]:
        """Let time pass, looking at whatever comes due; return what was told meanwhile, in order."""
        before = len(self.calendar.app.store.changes())
        end, next_list = self.now + span, self.now + list_every if list_every else None
        while True:
            at = self.calendar.state.revisit_at
            due = min(filter(None, (at, next_list)), default=None)
            if due is None or due > end:
                break
            self.now = max(self.now, due) + timedelta(seconds=1)
            if next_list and self.now >= next_list:
                self.poll()
                next_list += list_every or DAY
            self.calendar.look(self.now)
        self.now = end
        changes = self.calendar.app.store.changes()[before:]
        return [(change.kind, change.address.rpartition("/")[2]) for change in changes]

    def held(self, number: int) -> KeptArticle:
        """The article of a notice."""
        [kept] = [
            one for one in self.calendar.app.store.every() if f"/n/{number}.html" in one.article.address
        ]
        return kept

    def looks(self, number: int) -> int:
        """How often a notice's page was asked for."""
        return self.site.paths().count(f"/n/{number}.html")


@contextmanager
def an_office(folder: Path, count: int = 6, **said: object) -> Iterator[Office]:
    """A site with so many notices, polled once."""
    rules: dict[str, object] = {
        "kind": "listing",
        "list": {"entry": "li", "link": "a", "date": "span"},
        "article": {"body": "main"},
    }
    with Site() as site, a_calendar(folder, f"{site.url}/list", **rules | said) as calendar:
        office = Office(site, calendar)
        for n in range(count):
            office.edit(n, a_page(f"Notice {n} about {TOPICS[n]}", sentences(TOPICS[n])))
        office.list_rows(*range(count))
        office.poll()
        yield office


def notice(number: int, **said: object) -> bytes:
    """The page of a notice as it was, but for what is said."""
    title = str(said.pop("title", f"Notice {number} about {TOPICS[number]}"))
    texts = said.pop("texts", sentences(TOPICS[number]))
    assert isinstance(texts, list)
    return a_page(title, texts, **said)  # type: ignore[arg-type]


def edited(number: int) -> bytes:
    """The page of a notice after a quiet edit."""
    texts = sentences(TOPICS[number])
    texts[2] = texts[2].replace("thirty crowns", "sixty crowns")
    return notice(number, texts=texts)


def test_a_quiet_edit_is_told_once_after_a_second_look(tmp_path: Path) -> None:
    """The list never changes; the earlier state is kept, and the list is not asked for the looks."""
    with an_office(tmp_path) as office:
        assert office.pass_time(2 * DAY) == []
        before = office.held(2)
        office.edit(2, edited(2))
        lists = office.site.paths().count("/list")
        office.calendar.app.store  # noqa: B018
        assert office.pass_time(4 * DAY) == [("changed", "2.html")]
        assert office.pass_time(120 * DAY) == []
        kept = office.held(2)
        assert "sixty crowns" in kept.article.content
        assert (kept.changes, kept.version) == (1, 2)
        assert kept.changed is not None
        assert kept.article.updated == kept.changed
        [earlier] = office.calendar.app.store.revisions(kept.id)
        assert earlier.article == before.article
        assert office.site.paths().count("/list") == lists
