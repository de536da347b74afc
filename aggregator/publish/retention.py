"""Removal of articles that a source keeps no longer (``keep_for``, ``keep_items``), or that goes itself."""

from collections.abc import Callable, Sequence
from datetime import datetime

from aggregator.errors import AggregatorError
from aggregator.render.paths import topic_folder
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
    confirmed: bool | None = None,
) -> int:
    """Remove the articles that sources keep no longer, a few in each commit; return how many.

    It ends early when ``stopped``. The next publication removes their files. ``confirmed`` tells whether
    servers say the same time as ``now``, None where none did. Raises AggregatorError where the clock may be
    wrong: what seems old by it may be of yesterday.
    """
    if not any(map(has_end, sources)):
        return 0
    if (believed := store.believed_time(now, confirmed)) != now:
        raise AggregatorError(
            f"the clock says {now:%Y-%m-%d}, last believed was {believed:%Y-%m-%d}; nothing is taken out "
            "until servers say the same, it stood for a day, or --trust-clock says that it is right"
        )
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


def forget(store: Store, source: str, now: datetime, progress: Callable[[int], None]) -> int:
    """Take a source that left the configuration out of the output, with its articles; return how many.

    A few articles are removed in each commit. The next publication removes the files.
    """
    total = 0
    while count := store.forget_articles(source, BATCH_SIZE):
        total += count
        progress(total)
    store.forget_source(source, lambda topic: f"site/{topic_folder(topic)}", now)
    return total
