"""What the daemon claims ahead of its time is visited at its time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.daemon.controls import DaemonHandle
from aggregator.daemon.live import bring_to_life
from aggregator.daemon.poller import Poller
from aggregator.daemon.report import Reporter
from aggregator.model import Outcome, PollState
from aggregator.web import Health
from aggregator.web.metrics import Metrics
from tests.support.clock import Calendar, a_calendar
from tests.support.loopback import Site

SOON, HOUR = timedelta(seconds=0.5), timedelta(hours=1)


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
        live = bring_to_life(
            calendar.app, clock, Reporter(lambda: None, Metrics()), lambda: Health(True, True), DaemonHandle()
        )
        poller = Poller(lambda: live, lambda: datetime.now(UTC), Reporter(lambda: None, Metrics()))
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
