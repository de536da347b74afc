"""Removal of articles and raw answers that a source keeps no longer, or of a source that goes itself."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from aggregator.errors import AggregatorError
from aggregator.fetch.archive.archive import ArchiveFile
from aggregator.render.paths import topic_folder
from aggregator.settings import Source
from aggregator.store import Expired, Store

BATCH_SIZE = 20
REASON = "kept no longer (keep_for, keep_items)"


class RawAnswers(Protocol):
    """Files of raw answers: an archive alone, or one with copies of them."""

    def expired(self, source: str, before: datetime) -> list[ArchiveFile]:
        """Return the files from before a day that nothing refers to."""

    def remove(self, source: str, names: list[str]) -> None:
        """Remove files."""


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
    _require_time(store, now, confirmed)
    total = 0
    for source in filter(has_end, sources):
        while not stopped():
            count = store.expire(source.name, *_limits(source, now), REASON, now, BATCH_SIZE)
            total += count
            progress(total)
            if count < BATCH_SIZE:
                break
    return total


def expired_files(
    archive: RawAnswers, sources: Sequence[Source], now: datetime
) -> dict[str, list[ArchiveFile]]:
    """Return by source the files of raw answers that are older than ``archive_for``. Raises ArchiveError."""
    limits = ((one, now - one.archive_for) for one in sources if one.archive_for)
    limited = {name: before for one, before in limits for name in (one.name, *one.was)}
    found = {name: archive.expired(name, before) for name, before in limited.items()}
    return {name: files for name, files in found.items() if files}


def expire_files(
    archive: RawAnswers, store: Store, sources: Sequence[Source], now: datetime, confirmed: bool | None = None
) -> int:
    """Remove these files and return how many, as ``expire`` does; raises ArchiveError, too.

    A bucket with copies raises PublishError.
    """
    expired = expired_files(archive, sources, now)
    if expired:
        _require_time(store, now, confirmed)
    for name, files in expired.items():
        archive.remove(name, [file.name for file in files])
    return sum(map(len, expired.values()))


def _require_time(store: Store, now: datetime, confirmed: bool | None) -> None:
    """Raise AggregatorError where the clock may be wrong."""
    if (believed := store.believed_time(now, confirmed)) != now:
        raise AggregatorError(
            f"the clock says {now:%Y-%m-%d}, last believed was {believed:%Y-%m-%d}; nothing is taken out "
            "until servers say the same, it stood for a day, or --trust-clock says that it is right"
        )


def _limits(source: Source, now: datetime) -> tuple[datetime | None, int | None]:
    return (now - source.keep_for if source.keep_for else None), source.keep_items


def forget(store: Store, source: str, now: datetime, progress: Callable[[int], None]) -> int:
    """Take a source that left the configuration out of the output, with its articles; return how many.

    A few articles are removed in each commit. The next publication removes the files.
    """
    total = 0
    while count := store.forget_articles(source, now, BATCH_SIZE):
        total += count
        progress(total)
    store.forget_source(source, lambda topic: f"site/{topic_folder(topic)}", now)
    return total
