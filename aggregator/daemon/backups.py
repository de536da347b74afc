"""Copies of the database on a schedule; the names of those in the folder say when the last one was made."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from aggregator.daemon.backoff import Backoff
from aggregator.decide.backups import backup_due, kept_backups
from aggregator.errors import AggregatorError, StoreError
from aggregator.model import Occurrence
from aggregator.settings import Config
from aggregator.store.upkeep.backup import backup
from aggregator.store.upkeep.backup_files import backup_name, find_backups, remove_unfinished

RETRY = timedelta(hours=1)
"""How long after a failure the next copy is tried: to read a whole database again costs something."""

log = structlog.get_logger()


class Backups:
    """Makes the copies that ``[backup]`` asks for, one at a time."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._started = clock()
        self._failed: datetime | None = None
        self._backoff = Backoff("cannot make a backup")

    def make(self, config: Config, stopped: Callable[[], bool]) -> Occurrence | None:
        """Make a copy if one is due, and let go of those that the settings keep no longer.

        Return what came of it for the events: a failure, or that there is none any more.
        """
        now, settings = self._clock(), config.backup
        if settings is None or (self._failed and self._failed <= now < self._failed + RETRY):
            return None
        folder, storage, timezone = Path(settings.folder), config.storage, config.site.timezone
        # A copy from the future was named by a clock that was wrong: it neither counts nor goes.
        copies = {time: file for time, file in find_backups(folder, storage.file).items() if time <= now}
        if backup_due(settings, timezone, max(copies, default=None), min(self._started, now)) > now:
            return None
        file = folder / backup_name(storage.file, now)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            remove_unfinished(folder, storage.file)
            count = backup(storage.database, file, lambda done, total: _go_on(stopped))
            copies[now] = file
            for time in copies.keys() - kept_backups(copies.keys(), settings, timezone):
                copies[time].unlink(missing_ok=True)
        except (AggregatorError, OSError) as exc:
            if stopped():
                return None
            self._failed = now
            cause = _cause(exc)
            self._backoff.failed(StoreError(cause), folder=str(folder))
            # Events are published: what PostgreSQL says may name hosts and users.
            return Occurrence("backup", kind="backup-failed", detail=cause.partition(": ")[0])
        self._failed = None
        self._backoff.succeeded()
        log.info("backup made", file=str(file), articles=count)
        return Occurrence("backup")


def _go_on(stopped: Callable[[], bool]) -> None:
    if stopped():
        raise StoreError("the daemon stops")


def _cause(exc: Exception) -> str:
    """Say why it failed, without the name of the file, which is another one each time."""
    cause = exc.__cause__ or exc
    return (cause.strerror if isinstance(cause, OSError) else None) or str(cause)
