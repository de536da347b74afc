"""One poll of many sources side by side, for cron: each that is asked for, due or not."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.decide.outcome import accepted
from aggregator.errors import FAULTS, BusyError
from aggregator.model import STOPPED, Outcome, PollState
from aggregator.poll.again import look_again
from aggregator.poll.leases import Leases
from aggregator.poll.tools import Tools
from aggregator.poll.visit import poll
from aggregator.settings import Source

MAX_POLLS = 100  # sources that are polled side by side


@dataclass(frozen=True, slots=True)
class Visited:
    """What came of one source: an outcome, or why it was left alone."""

    source: Source
    outcome: Outcome | None = None
    left: str = ""
    """Why it was left alone; empty where it was not."""
    held: bool = False
    """Whether its server asked us to wait, or its owner to pause, which is no failure."""
    looked: Outcome | None = None
    """What came of looking at its articles again; None where none was due."""

    @property
    def failed(self) -> bool:
        """Whether the source, or the page of one of its articles, failed."""
        if self.outcome is None:
            return not self.held
        return self.outcome.state.failures > 0 or any(debt.reason in FAULTS for debt in self.outcome.owed)


async def visit_all(
    sources: Sequence[Source],
    leases: Leases,
    tools: Tools,
    *,
    again: bool,
    on_visited: Callable[[Visited], None],
    on_wait: Callable[[str], None],
) -> list[Visited]:
    """Poll sources side by side; ``again`` takes up what is owed before its time."""
    slots = asyncio.Semaphore(MAX_POLLS)

    async def one(source: Source) -> Visited:
        async with slots:
            visited = await _visit(source, leases, tools, again=again, on_wait=on_wait)
        on_visited(visited)
        return visited

    done = await asyncio.gather(*map(one, sources), return_exceptions=True)
    if errors := [item for item in done if isinstance(item, BaseException)]:
        raise errors[0]
    return [item for item in done if isinstance(item, Visited)]


async def _visit(
    source: Source, leases: Leases, tools: Tools, *, again: bool, on_wait: Callable[[str], None]
) -> Visited:
    try:
        async with leases.hold(source, tools.clock, on_wait) as lease:
            state = lease.state
            if state.wait_until and state.wait_until > tools.clock():
                why = f"asked us to wait until {state.wait_until:%Y-%m-%d %H:%M} UTC"
                return Visited(source, left=why, held=True)
            if state.paused and not again:
                why = f"is paused since {state.paused:%Y-%m-%d %H:%M} UTC; `aggregator resume {source.name}`"
                return Visited(source, left=why, held=True)
            if state.due >= STOPPED and not again:
                return Visited(source, left=f"{state.status}: {state.error}")
            outcome = await poll(source, lease, tools, again=again)
        looks_due = source.revisit and state.revisit_at and state.revisit_at <= tools.clock()
        if outcome.state.failures or outcome.state.wait_until or not looks_due:
            return Visited(source, outcome)
        async with leases.hold(source, tools.clock, on_wait) as lease:
            return Visited(source, outcome, looked=await look_again(source, lease, tools))
    except BusyError as exc:
        return Visited(source, left=str(exc))


async def accept(
    source: Source, leases: Leases, clock: Callable[[], datetime], on_wait: Callable[[str], None]
) -> PollState:
    """Trust what a suspect source shows; return the state in which it was. Raises BusyError."""
    async with leases.hold(source, clock, on_wait) as lease:
        if lease.state.status == "suspect":
            await lease.save(accepted(source, lease.state, clock()), clock())
        return lease.state
