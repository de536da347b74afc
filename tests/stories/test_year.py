"""A year of a site in fast motion: every change is told once, nothing else is, and the budget holds."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path

import pytest

from tests.support.clock import START, a_calendar
from tests.support.harbour import DAY, HOUR, Office, a_page
from tests.support.loopback import Answer, Content, Received, Site

SHOWN = 12  # rows of the list
BUDGET = 40  # requests a day
SILVER = "counted weighed painted mended sold lent moved burnt tarred rowed towed moored".split()
GOODS = "ropes nets oars sails masts anchors barrels lamps flags bells ladders pumps".split()


@dataclass
class Notice:
    """A notice, and what was done to it."""

    number: int
    date: datetime
    text: list[str]
    title: str = ""
    annex: int = 0
    """Which file is at the address of its annex; 0 for none."""
    state: str = "there"
    listed: bool = True
    served: int = 0
    expected: list[str] = field(default_factory=list)


class Register:
    """A site that publishes notices, with noise around each answer."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.notices: list[Notice] = []
        self.down = False
        self.folder = "n"
        self._chance = random.Random(7)  # noqa: S311
        self._served = count(1)

    def publish(self, date: datetime, *, annex: bool) -> None:
        """Publish a notice with a text of its own."""
        number = len(self.notices)
        goods, done = GOODS[number % 12], SILVER[number // 12 % 12]
        text = [
            f"Number {number}: by order of the harbour office all {goods} shall be {done} before the spring tide.",
            f"Whoever has {goods} in the upper town tells the clerk in writing how many of them were {done}.",
            f"For each of the {goods} that was not {done} in time, a fine of {number + 3} crowns is due.",
            f"The order on {goods} of {date:%d.%m.} was read in the market, and is in force from that day.",
        ]
        self.notices.append(
            Notice(number, date, text, f"Order {number}: {goods} to be {done}", annex=int(annex))
        )

    def answer(self, number: int, received: Received) -> Content:
        """The page of a notice as it is now, or what stands in its place."""
        one = self.notices[number]
        folder = received.path.split("/")[1]
        if self.down or one.state == "gone":
            return Answer(b"<html><body><h1>404</h1><p>nothing here</p></body></html>", status=404)
        if folder != self.folder:
            return Answer(headers={"location": f"/{self.folder}/{number}.html"}, status=301)
        if one.state == "deleted":
            return a_page("Harbour office", ["This notice is no longer available."])
        text = [*one.text]
        served = next(self._served)
        one.served += 1
        if one.state == "flips" and one.served % 2:
            text[2] = "From another server: the fine is still to be settled, and nobody knows by whom."
        page = a_page(one.title, text, noise=self._noise(), files=self._annex(one, served))
        return page.replace(b"<p>", f"<p data-n='{served}'>  ".encode()).replace(b"</p>", b"\n</p>")

    def _annex(self, one: Notice, served: int) -> str:
        counted = f"<p>浏览次数：{served}</p><img src='/pixel.gif?t={served}' width='1' height='1'>"
        link = f"<p><a href='/files/{one.number}.pdf?t={served}'>Annex</a></p>" if one.annex else ""
        return link + counted

    def _noise(self) -> str:
        some = self._chance.sample(GOODS, 3)
        return f"<h3>Related</h3><a href='/ad?z={self._chance.random()}'>Buy {some[0]}</a><p>{some[1:]}</p>"

    def serve(self) -> None:
        """Serve all that there is now."""
        rows = [one for one in self.notices if one.listed and one.state != "gone"][-SHOWN:][::-1]
        self.site.pages["/list"] = (
            "<html><body><ul>"
            + "".join(
                f"<li><a href='/{self.folder}/{one.number}.html'>Order {one.number}: "
                f"{GOODS[one.number % 12]} to be {SILVER[one.number // 12 % 12]}</a>"
                f"<span>{one.date:%Y-%m-%d %H:%M}</span></li>"
                for one in rows
            )
            + "</ul></body></html>"
        ).encode()
        for one in self.notices:
            for folder in ("n", "orders"):
                self.site.pages[f"/{folder}/{one.number}.html"] = lambda received, number=one.number: (
                    self.answer(number, received)
                )
            if one.annex:
                body = f"%PDF-1.4\n{one.number} {one.annex}\n".encode() * 40
                self.site.pages[f"/files/{one.number}.pdf"] = Answer(
                    body, {"content-type": "application/pdf"}
                )


def edit_text(one: Notice) -> None:
    one.text[2] = one.text[2].replace("a fine of", "twice the fine of")
    one.expected += ["changed"]


def edit_title(one: Notice) -> None:
    one.title += " (amended)"
    one.expected += ["changed"]


def swap(one: Notice) -> None:
    if one.annex:
        one.annex += 1
        one.expected += ["changed"]


def take_down(one: Notice) -> None:
    one.state = "gone"
    one.expected += ["missing", "withdrawn"]


def say_deleted(one: Notice) -> None:
    one.state, one.listed = "deleted", False
    one.expected += ["missing", "withdrawn"]


def put_back(one: Notice) -> None:
    if one.state == "gone":
        one.state = "there"
        one.expected += ["back"]


def flip(one: Notice) -> None:
    one.state = "flips"
    one.expected += ["unsteady"]


ACTS = {edit_text: 14, edit_title: 6, swap: 8, take_down: 6, say_deleted: 3, flip: 3}


@contextmanager
def a_register(folder: Path) -> Iterator[tuple[Register, Office]]:
    """A site with its calendar."""
    rules = {
        "kind": "listing",
        "list": {"entry": "li", "link": "a", "date": "span"},
        "article": {"body": "main"},
        "revisits_per_day": BUDGET,
    }
    with Site() as site, a_calendar(folder, f"{site.url}/list", **rules) as calendar:
        yield Register(site), Office(site, calendar, START)


@pytest.mark.slow
def test_a_year(tmp_path: Path) -> None:
    """Edits, swapped files, withdrawals, returns, flips, a relaunch, a broken week, and noise at every fetch."""
    chance = random.Random(3)  # noqa: S311
    told: list[tuple[str, str]] = []
    most = 0
    with a_register(tmp_path) as (register, office):
        office.calendar.app.know_sources(START)
        acts = [act for act, times in ACTS.items() for _ in range(times)]
        chance.shuffle(acts)
        left: list[Notice] = []
        gone: list[Notice] = []
        for day in range(460):
            if day < 300 and day % 3 == 0:
                register.publish(office.now - HOUR, annex=day % 2 == 0)
                left.append(register.notices[-1])
            register.down = 150 <= day < 154
            if day == 220:
                register.folder = "orders"
            if day % 7 == 5 and 20 < day < 310 and acts and not 140 <= day < 165:
                act = acts.pop()
                young = [one for one in left[-4 if act is flip else -30 :] if one.annex or act is not swap]
                one = chance.choice(young)
                left.remove(one)
                act(one)
                gone += [one] if act is take_down else []
            known = [one for one in gone if ("missing", f"{one.number}.html") in told]
            if day in (180, 260, 330) and known:
                gone.remove(known[0])
                put_back(known[0])
            register.serve()
            before = len(register.site.requests)
            told += office.pass_time(DAY, list_every=DAY / 4)
            asked = [one.path for one in register.site.requests[before:] if one.path != "/list"]
            most = max(most, len(asked))
        expected = Counter((kind, f"{one.number}.html") for one in register.notices for kind in one.expected)
        requests = Counter(path.path.split("/")[1] for path in register.site.requests)
        print(
            f"{len(register.notices)} notices, {sum(expected.values())} things to tell: {Counter(k for k, _ in told)}"
        )
        print(f"requests: {dict(requests)}; at most {most} on a day that are not the list's")
        assert Counter(told) == expected, (Counter(told) - expected, expected - Counter(told))
        assert most <= BUDGET
