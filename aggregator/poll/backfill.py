"""A source's list walked back through its pages: one commit a page, and on from there after a stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.errors import ReadError
from aggregator.poll.leases import Leases
from aggregator.poll.list import is_end
from aggregator.poll.older import begin, step
from aggregator.poll.tools import Tools
from aggregator.settings import Source


@dataclass(frozen=True, slots=True)
class Walked:
    """How far a backfill came: pages of the list, new articles, and why it ended there."""

    pages: int
    articles: int
    end: str


async def walk_back(
    source: Source,
    leases: Leases,
    tools: Tools,
    *,
    pages: int | None,
    since: datetime | None,
    progress_of: Callable[[int, int, int], None],
    on_wait: Callable[[str], None],
) -> Walked:
    """Read up to ``pages`` pages more, or back to ``since``, or the whole list.

    Each page is a commit, which also says where to go on. Raises FetchError, ReadError, BusyError.
    """
    store, clock = tools.store, tools.clock
    held = await asyncio.to_thread(store.backfill, source.name)
    progress = held if held and held.fingerprint == source.fingerprint else begin(source)
    walked = Walked(0, 0, f"{pages} pages read" if pages else "")
    seen: frozenset[str] = frozenset()
    while pages is None or walked.pages < pages:
        try:
            async with leases.hold(source, clock, on_wait) as lease:
                wait_until = lease.state.wait_until
                if wait_until and wait_until > clock():
                    return replace(walked, end=f"the server asked us to wait until {wait_until:%H:%M} UTC")
                done = await step(
                    source, lease.state, progress, tools, since=since, seen=seen, progress_of=progress_of
                )
                await lease.save(done.outcome, clock(), done.progress)
        except ReadError as exc:
            if progress.number == 1 or not is_end(exc):
                raise
            await asyncio.to_thread(store.end_backfill, source.name)
            return replace(walked, end="the list ends here")
        walked = Walked(walked.pages + 1, walked.articles + len(done.outcome.new), walked.end)
        if done.progress is None:
            await asyncio.to_thread(store.end_backfill, source.name)
            return replace(walked, end=done.end)
        progress = done.progress
        seen |= frozenset(entry.key for entry in done.page.listing.entries)
    return walked
