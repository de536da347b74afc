"""Polls at times of the test's choosing: months of visits to a loopback site in a second."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aggregator.app import App
from aggregator.decide.outcome import accepted
from aggregator.model import Outcome, PollState
from aggregator.poll import look_again, poll
from aggregator.settings import Config, Network, Output, Site, Source, Storage

HALF_DAY = timedelta(hours=12)
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Calendar:
    """One source of a store, visited whenever the test says."""

    def __init__(self, app: App, source: Source) -> None:
        self.app = app
        self.source = source

    @property
    def state(self) -> PollState:
        """The source as it stands."""
        return self.app.store.state(self.source.name)

    def visit(self, now: datetime, *, again: bool = False) -> Outcome:
        """Poll the source at a moment."""
        self.app.know_sources(now)

        async def once() -> Outcome:
            async with (
                self.app.tools(lambda: now) as tools,
                self.app.leases.hold(self.source, tools.clock) as lease,
            ):
                return await poll(self.source, lease, tools, again=again)

        return asyncio.run(once())

    def live(self, now: datetime, end: datetime, list_every: timedelta | None = None) -> None:
        """Do what the daemon does of it from one moment to another: visit the list, look at what is due."""
        moment = now
        next_list = now + list_every if list_every else end

        async def days() -> None:
            nonlocal moment, next_list
            async with self.app.tools(lambda: moment) as tools:
                while moment < end:
                    due = self.state.revisit_at or end
                    moment = min(max(due, moment + timedelta(seconds=1)), next_list, moment + HALF_DAY, end)
                    self.app.store.believed_time(moment)
                    lists = list_every and moment >= next_list
                    if lists or (due <= moment < end):
                        async with self.app.leases.hold(self.source, tools.clock) as lease:
                            await (poll if lists else look_again)(self.source, lease, tools)
                    if lists and list_every:
                        next_list += list_every

        asyncio.run(days())

    def accept(self, now: datetime) -> None:
        """What `aggregator accept` does."""
        self.app.store.save(accepted(self.source, self.state, now), now)


@contextmanager
def a_calendar(folder: Path, url: str, **said: Any) -> Iterator[Calendar]:
    """A calendar of one source, a feed unless ``said`` says otherwise; ``told`` has rules and receivers."""
    network, told = said.pop("network", {}), said.pop("told", {})
    database = said.pop("database", f"sqlite:///{folder}/var/test.db")
    source = Source(**({"name": "paper", "kind": "feed", "url": url} | said))
    config = Config(
        site=Site(url="https://news.example.org", language="en", timezone="UTC"),
        storage=Storage(database=database),
        output=Output(site=f"{folder}/public"),
        network=Network(**({"allow_private": ("127.0.0.0/8",), "delay": timedelta(0)} | network)),
        sources=(source,),
        **told,
    )
    with App(config) as app:
        yield Calendar(app, source)
