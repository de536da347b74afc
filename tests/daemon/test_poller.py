"""What the daemon claims ahead of its time is visited at its time, and what it cannot visit is given back."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.daemon.controls import DaemonHandle
from aggregator.daemon.live import Live, bring_to_life
from aggregator.daemon.poller import Poller
from aggregator.daemon.report import Reporter
from aggregator.model import Outcome, PollState
from aggregator.web import Health
from aggregator.web.metrics import Metrics
from tests.support.clock import Calendar, a_calendar
from tests.support.loopback import Answer, Site
from tests.support.samples import feed, item
from tests.support.workplace import PATIENCE

SOON, HOUR = timedelta(seconds=0.5), timedelta(hours=1)
TURNS = 20


def now() -> datetime:
    return datetime.now(UTC)


def a_live(calendar: Calendar, clock: Callable[[], datetime] = now) -> Live:
    """Bring to life what a poller works with."""
    reporter = Reporter(lambda: None, Metrics())
    return bring_to_life(calendar.app, clock, reporter, lambda: Health(True, True), DaemonHandle())


@pytest.mark.parametrize(
    "times",
    [
        {"due": SOON},
        {"due": HOUR, "revisit_at": SOON},
        {"due": HOUR, "revisit_at": -HOUR, "wait_until": SOON},
    ],
)
def test_nothing_is_visited_before_its_time(tmp_path: Path, times: dict[str, timedelta]) -> None:
    """Neither a list nor articles, nor a server before the time that it asked for."""
    began: list[datetime] = []

    def clock() -> datetime:
        began.append(datetime.now(UTC))
        return began[-1]

    async def tick(calendar: Calendar) -> datetime:
        live = a_live(calendar, clock)
        poller = Poller(lambda: live, now, Reporter(lambda: None, Metrics()))
        start = datetime.now(UTC)
        state = PollState("paper", **{name: start + wait for name, wait in times.items()})
        calendar.app.store.save(Outcome("paper", "paper", state), start)
        await poller.tick()
        await asyncio.gather(*poller.running)
        await poller.drain()
        await live.aclose()
        return start + SOON

    with Site() as site, a_calendar(tmp_path, f"{site.url}/feed.xml") as calendar:
        calendar.app.know_sources(datetime.now(UTC))
        soon = asyncio.run(tick(calendar))
    assert began[0] >= soon


@pytest.mark.slow
def test_what_is_claimed_as_its_poll_ends_is_given_back(tmp_path: Path) -> None:
    """The poll has saved, and is not through: whoever claims its source then does not keep it from the next."""

    async def turn(calendar: Calendar, poller: Poller) -> None:
        """Let a poll save and a tick claim as soon as the database lets them, while the loop is busy."""
        store = calendar.app.store
        with sqlite3.connect(tmp_path / "var" / "test.db", isolation_level=None) as other:
            await poller.tick()
            other.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(0.2)
            tick = asyncio.create_task(poller.tick())
            await asyncio.sleep(0.05)
            other.execute("COMMIT")
            time.sleep(0.3)  # noqa: ASYNC251 - the loop hears of both at once
        await tick
        while poller.running:
            await asyncio.gather(*poller.running)
        assert store.lease_owners() == set()

    async def turns(calendar: Calendar) -> None:
        live = a_live(calendar)
        poller = Poller(lambda: live, now, Reporter(lambda: None, Metrics()))
        for _ in range(TURNS):
            calendar.app.store.make_due(["paper"], now())
            await turn(calendar, poller)
        await poller.drain()
        await live.aclose()

    with (
        Site({"/feed.xml": Answer(feed(item(1)), etag='"1"')}) as site,
        a_calendar(tmp_path, f"{site.url}/feed.xml", interval=timedelta(seconds=1)) as calendar,
    ):
        calendar.app.know_sources(now())
        asyncio.run(turns(calendar))


def test_a_visit_that_is_cancelled_gives_back_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the database cannot be written; until then, no other visit of it begins here."""
    monkeypatch.setattr("aggregator.daemon.backoff.FIRST_PAUSE", 0.1)
    asked, waits = threading.Event(), threading.Event()
    pages = {"/feed.xml": lambda request: (asked.set(), waits.wait(PATIENCE), Answer(feed(item(1))))[2]}

    async def cancel(calendar: Calendar) -> None:
        live, store = a_live(calendar), calendar.app.store
        poller = Poller(lambda: live, now, Reporter(lambda: None, Metrics()))
        visit = asyncio.create_task(poller.visit_due("paper"))
        await asyncio.to_thread(asked.wait, PATIENCE)
        with sqlite3.connect(tmp_path / "var" / "test.db", isolation_level=None) as other:
            other.execute("ALTER TABLE sources RENAME TO away")
            visit.cancel()
            await asyncio.wait([visit])
            await asyncio.sleep(0.1)
            other.execute("ALTER TABLE away RENAME TO sources")
            other.execute("UPDATE sources SET leased_until = '2000-01-01 00:00:00.000000'")  # it ran out
        assert store.lease_owners() == {calendar.app.leases.owner}
        await poller.visit_due("paper")
        assert site.paths().count("/feed.xml") == 1
        await asyncio.gather(*poller.running)
        assert (store.lease_owners(), calendar.state.status) == (set(), "new")
        waits.set()
        await poller.visit_due("paper")
        await poller.drain()
        await live.aclose()

    with Site(pages) as site, a_calendar(tmp_path, f"{site.url}/feed.xml") as calendar, ExitStack() as end:
        end.callback(waits.set)
        calendar.app.know_sources(now())
        asyncio.run(cancel(calendar))
        assert calendar.state.status == "ok"
