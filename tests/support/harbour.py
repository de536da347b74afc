"""A small office whose notices are looked at again: its pages, its list, and the days that pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count as counting
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

    def edit(self, number: int, page: Content | Handler | None) -> None:
        """Say something else at the address of a notice; nothing for None."""
        if page is None:
            del self.site.pages[f"/n/{number}.html"]
        else:
            self.site.pages[f"/n/{number}.html"] = page

    def list_rows(self, *numbers: int, first: datetime = START) -> None:
        """List these notices, an hour apart, the newest on top and older than ``first``."""
        rows = "".join(
            f"<li><a href='/n/{n}.html'>Notice {n} about {TOPICS[n]}</a>"
            f"<span>{first - (12 - n) * HOUR:%Y-%m-%d %H:%M}</span></li>"
            for n in sorted(numbers, reverse=True)
        )
        self.site.pages["/list"] = f"<html><body><ul>{rows}</ul></body></html>".encode()

    def poll(self) -> None:
        """Visit the list."""
        self.calendar.visit(self.now)

    def pass_time(self, span: timedelta, *, list_every: timedelta | None = None) -> list[tuple[str, str]]:
        """Let time pass, looking at whatever comes due; return what was told meanwhile, in order."""
        before = len(self.calendar.app.store.changes())
        self.calendar.live(self.now, self.now + span, list_every)
        self.now += span
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
def an_office(folder: Path, *, count: int = 6, **said: object) -> Iterator[Office]:
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


def notice(
    number: int, *, title: str = "", texts: list[str] | None = None, noise: str = "", files: str = ""
) -> bytes:
    """The page of a notice as it was, but for what is said."""
    title = title or f"Notice {number} about {TOPICS[number]}"
    return a_page(title, sentences(TOPICS[number]) if texts is None else texts, noise, files)


def edited(number: int) -> bytes:
    """The page of a notice after a quiet edit."""
    return notice(number, texts=[text.replace("thirty", "sixty") for text in sentences(TOPICS[number])])


def in_turn(*pages: Content) -> Handler:
    """Answers that take turns."""
    asked = counting()
    return lambda received: pages[next(asked) % len(pages)]
