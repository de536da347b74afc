"""A source's list walked back through its pages: one commit a page, and on from there after a stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aggregator.app import App
from aggregator.errors import ReadError
from aggregator.poll.list import is_end
from aggregator.poll.older import Step, begin, step
from aggregator.poll.sweep import claim, releasing
from aggregator.settings import Source


@dataclass(frozen=True, slots=True)
class Walked:
    """How far a backfill came: pages of the list, new articles, and why it ended there."""

    pages: int
    articles: int
    end: str


async def walk_back(
    app: App,
    source: Source,
    clock: Callable[[], datetime],
    *,
    pages: int | None,
    since: datetime | None,
    progress_of: Callable[[int, int, int], None],
    on_wait: Callable[[str], None],
) -> Walked:
    """Read up to ``pages`` pages more, or back to ``since``, or the whole list.

    Each page is a commit, which also says where to go on. Raises FetchError, ReadError, BusyError.
    """
    held = await asyncio.to_thread(app.store.backfill, source.name)
    progress = held if held and held.fingerprint == source.fingerprint else begin(source)
    walked = Walked(0, 0, f"{pages} pages read" if pages else "")
    seen: frozenset[str] = frozenset()
    async with app.fetcher() as fetcher:
        while pages is None or walked.pages < pages:
            state = await claim(app, source, clock, on_wait)
            if state.wait_until and state.wait_until > clock():
                await asyncio.to_thread(app.store.release, source.name, app.owner)
                return _ended(walked, f"the server asked us to wait until {state.wait_until:%H:%M} UTC")
            try:
                async with releasing(app, source):
                    done = await step(
                        source,
                        state,
                        progress,
                        app.store,
                        fetcher,
                        clock,
                        since=since,
                        seen=seen,
                        progress_of=progress_of,
                    )
                    await asyncio.to_thread(_save, app, done, clock())
            except ReadError as exc:
                if progress.number == 1 or not is_end(exc):
                    raise
                await asyncio.to_thread(app.store.end_backfill, source.name)
                return _ended(walked, "the list ends here")
            walked = Walked(walked.pages + 1, walked.articles + len(done.outcome.new), walked.end)
            if done.progress is None:
                return _ended(walked, done.end)
            progress = done.progress
            seen |= frozenset(entry.key for entry in done.page.listing.entries)
    return walked


def _save(app: App, done: Step, now: datetime) -> None:
    app.store.save(done.outcome, now, app.owner, done.progress)
    if done.progress is None:
        app.store.end_backfill(done.outcome.source)


def _ended(walked: Walked, why: str) -> Walked:
    return Walked(walked.pages, walked.articles, why)
