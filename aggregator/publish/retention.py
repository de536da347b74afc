"""Removal of articles that a source keeps no longer (``keep_for``, ``keep_items``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from aggregator.settings import Source
from aggregator.store import Expired, Store

BATCH_SIZE = 20
REASON = "kept no longer (keep_for, keep_items)"


def has_end(source: Source) -> bool:
    """Tell whether a source keeps its articles for some time only."""
    return source.keep_for is not None or source.keep_items is not None


def list_expired(store: Store, sources: Sequence[Source], now: datetime) -> list[Expired]:
    """Count the articles that each source keeps no longer; sources that lose none are left out."""
    found = (store.count_expired(one.name, *_limits(one, now)) for one in sources if has_end(one))
    return [one for one in found if one.articles]


def expire(
    store: Store,
    sources: Sequence[Source],
    now: datetime,
    stopped: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Remove the articles that sources keep no longer, a few in each commit; return how many.

    It ends early when ``stopped``. The next publication removes their files.
    """
    total = 0
    for source in filter(has_end, sources):
        while not stopped():
            count = store.expire(source.name, *_limits(source, now), REASON, now, BATCH_SIZE)
            total += count
            progress(total)
            if count < BATCH_SIZE:
                break
    return total


def _limits(source: Source, now: datetime) -> tuple[datetime | None, int | None]:
    return (now - source.keep_for if source.keep_for else None), source.keep_items
