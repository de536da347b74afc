"""Polls at times of the test's choosing: months of visits to a loopback site in a second."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aggregator.app import App
from aggregator.decide import accepted
from aggregator.model import Outcome, PollState
from aggregator.poll import look_again, poll
from aggregator.settings import Config, Network, Output, Site, Source, Storage

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

    def look(self, now: datetime) -> Outcome | None:
        """Look again at the articles that are due for it at a moment, as the daemon would; None where none is."""
        at = self.state.revisit_at
        if at is None or at > now:
            return None

        async def once() -> Outcome:
            async with (
                self.app.tools(lambda: now) as tools,
                self.app.leases.hold(self.source, tools.clock) as lease,
            ):
                return await look_again(self.source, lease, tools)

        return asyncio.run(once())

    def accept(self, now: datetime) -> None:
        """What `aggregator accept` does."""
        self.app.store.save(accepted(self.source, self.state, now), now)


@contextmanager
def a_calendar(folder: Path, url: str, **said: Any) -> Iterator[Calendar]:
    """A calendar of one source, a feed unless ``said`` says otherwise."""
    network = said.pop("network", {})
    source = Source(**({"name": "paper", "kind": "feed", "url": url} | said))
    config = Config(
        site=Site(url="https://news.example.org", language="en", timezone="UTC"),
        storage=Storage(database=f"sqlite:///{folder}/var/test.db"),
        output=Output(site=f"{folder}/public"),
        network=Network(**({"allow_private": ("127.0.0.0/8",), "delay": timedelta(0)} | network)),
        sources=(source,),
    )
    with App(config) as app:
        yield Calendar(app, source)
