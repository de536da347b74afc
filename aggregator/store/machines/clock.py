"""The clock of the database, which is the same for every machine that shares it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from aggregator.store.machines.time import DatabaseTime, uptime

MAX_OFFSET = timedelta(seconds=5)
"""A machine whose own clock is further from the database's is warned of."""

log = structlog.get_logger()


class DatabaseClock:
    """Gives the time by the database's clock, aware, in UTC, without asking it each time.

    ``own`` is the clock of this machine, which is only compared with it.
    """

    def __init__(self, store: DatabaseTime, own: Callable[[], datetime]) -> None:
        """Ask the database for the first time. Raises StoreError."""
        self._store = store
        self._own = own
        self._warned = False
        self.measure()

    def __call__(self) -> datetime:
        """Give the time; it waits for nothing."""
        return self._reading.time + timedelta(seconds=uptime() - self._reading.at)

    @property
    def offset(self) -> timedelta:
        """How far the clock of this machine is ahead of the database's."""
        return self._own() - self()

    def measure(self) -> None:
        """Ask the database again, and warn once where this machine's clock is off. Raises StoreError.

        What is to be measured every minute or so; it waits for the database. Where that is away, the last
        measurement goes on to count.
        """
        self._reading = self._store.read_clock()
        offset = self.offset
        if abs(offset) <= MAX_OFFSET:
            self._warned = False
        elif not self._warned:
            self._warned = True
            log.warning(
                "the clock of this machine is wrong; the database's counts in its place",
                ahead=f"{offset.total_seconds():+.0f} s",
            )
