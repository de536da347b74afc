"""How long articles stay: what a source's ``keep_for`` and ``keep_items`` let go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from aggregator.settings import Source
from aggregator.store import Expired, Store

BATCH = 20
REASON = "kept no longer (keep_for, keep_items)"


def has_end(source: Source) -> bool:
    """Tell whether a source keeps its articles for some time only."""
    return source.keep_for is not None or source.keep_items is not None


def list_expired(store: Store, sources: Sequence[Source], now: datetime) -> list[Expired]:
    """Say of each source what it keeps no longer; those that lose nothing are left out."""
    found = (store.count_expired(one.name, *_limits(one, now)) for one in sources if has_end(one))
    return [one for one in found if one.articles]


def expire(
    store: Store,
    sources: Sequence[Source],
    now: datetime,
    stopped: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Take out what sources keep no longer, a few in each commit, until ``stopped``; return how many.

    The next publication takes them off the disk.
    """
    total = 0
    for source in filter(has_end, sources):
        while not stopped():
            count = store.expire(source.name, *_limits(source, now), REASON, now, BATCH)
            total += count
            progress(total)
            if count < BATCH:
                break
    return total


def _limits(source: Source, now: datetime) -> tuple[datetime | None, int | None]:
    return (now - source.keep_for if source.keep_for else None), source.keep_items
