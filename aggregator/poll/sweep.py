"""One visit of many sources at once, for cron: every one that was asked for, due or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from aggregator.app import LEASE, App
from aggregator.decide import accepted
from aggregator.errors import FAULTS, BusyError
from aggregator.fetch import Fetcher
from aggregator.model import STOPPED, Outcome, PollState
from aggregator.poll import poll
from aggregator.settings import Source

AT_ONCE = 100
WAIT_SECONDS = 60
ASK_AGAIN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Visited:
    """What came of one source: an outcome, or why it was left alone (``held``: not a failure)."""

    source: Source
    outcome: Outcome | None = None
    left: str = ""
    held: bool = False

    @property
    def failed(self) -> bool:
        """Whether the source, or the page of one of its articles, failed."""
        if self.outcome is None:
            return not self.held
        return self.outcome.state.failures > 0 or any(debt.reason in FAULTS for debt in self.outcome.owed)


async def visit_all(
    app: App,
    sources: Sequence[Source],
    clock: Callable[[], datetime],
    *,
    again: bool,
    on_visited: Callable[[Visited], None],
    on_wait: Callable[[str], None],
) -> list[Visited]:
    """Poll sources side by side; ``again`` takes up debts before their time."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(source: Source, fetcher: Fetcher) -> Visited:
        async with slots:
            visited = await _visit(app, source, fetcher, clock, again=again, on_wait=on_wait)
        on_visited(visited)
        return visited

    async with app.fetcher() as fetcher:
        done = await asyncio.gather(*(one(source, fetcher) for source in sources), return_exceptions=True)
    if errors := [item for item in done if isinstance(item, BaseException)]:
        raise errors[0]
    return [item for item in done if isinstance(item, Visited)]


async def _visit(
    app: App,
    source: Source,
    fetcher: Fetcher,
    clock: Callable[[], datetime],
    *,
    again: bool,
    on_wait: Callable[[str], None],
) -> Visited:
    try:
        state = await claim(app, source, clock, on_wait)
    except BusyError as exc:
        return Visited(source, left=str(exc))
    if state.wait_until and state.wait_until > clock():
        await asyncio.to_thread(app.store.release, source.name, app.owner)
        return Visited(
            source, left=f"asked us to wait until {state.wait_until:%Y-%m-%d %H:%M} UTC", held=True
        )
    if state.due >= STOPPED and not again:
        await asyncio.to_thread(app.store.release, source.name, app.owner)
        return Visited(source, left=f"{state.status}: {state.error}")
    async with releasing(app, source):
        return Visited(source, await poll(source, state, app.store, fetcher, clock, app.owner, again=again))


async def accept(
    app: App, source: Source, clock: Callable[[], datetime], on_wait: Callable[[str], None]
) -> PollState:
    """Trust what a suspect source shows; return the state in which it was. Raises BusyError."""
    state = await claim(app, source, clock, on_wait)
    async with releasing(app, source):
        if state.status == "suspect":
            await asyncio.to_thread(app.store.save, accepted(source, state, clock()), clock(), app.owner)
        else:
            await asyncio.to_thread(app.store.release, source.name, app.owner)
    return state


async def claim(
    app: App, source: Source, clock: Callable[[], datetime], on_wait: Callable[[str], None]
) -> PollState:
    """Lease a source, due or not; wait for whoever polls it. Raises BusyError after a minute."""
    for attempt in range(int(WAIT_SECONDS / ASK_AGAIN_SECONDS)):
        state = await asyncio.to_thread(app.store.claim, source.name, clock(), app.owner, LEASE)
        if state:
            return state
        if attempt == 0:
            on_wait(f"{source.name} is being polled by another aggregator; waiting for it")
        await asyncio.sleep(ASK_AGAIN_SECONDS)
    raise BusyError(f"has been polled by another aggregator for {WAIT_SECONDS} s; try again later")


@asynccontextmanager
async def releasing(app: App, source: Source) -> AsyncIterator[None]:
    """Give a lease back where no commit does: something failed, or was stopped."""
    try:
        yield
    except BaseException:
        await asyncio.shield(asyncio.to_thread(app.store.release, source.name, app.owner))
        raise
