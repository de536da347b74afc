"""The clock of the database, which is the same for every machine that shares it."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from aggregator.errors import StoreError
from aggregator.model.cluster import MAX_OFFSET
from aggregator.store.machines.time import DatabaseTime, uptime

MEASURE_SECONDS = 60.0
"""Between two measurements. Clocks of machines drift by far less than a second in that time."""

log = structlog.get_logger()


class DatabaseClock:
    """Gives the time by the database's clock, aware, in UTC, without waiting for the database.

    It is measured now and then, in a thread; where the database is away, the last measurement goes on to
    count. ``own`` is the clock of this machine, which is only compared with it.
    """

    def __init__(self, store: DatabaseTime, own: Callable[[], datetime]) -> None:
        """Ask the database for the first time. Raises StoreError."""
        self._store = store
        self._own = own
        self._warned = False
        self._measuring = threading.Lock()
        self._tried = uptime()
        self._reading = store.read_clock()
        self._warn()

    def __call__(self) -> datetime:
        """Give the time."""
        if uptime() - self._tried >= MEASURE_SECONDS and self._measuring.acquire(blocking=False):
            self._tried = uptime()
            threading.Thread(target=self._measure_again, name="clock", daemon=True).start()
        return self._reading.time + timedelta(seconds=uptime() - self._reading.at)

    @property
    def offset(self) -> timedelta:
        """How far the clock of this machine is ahead of the database's."""
        return self._own() - self()

    def measure(self) -> None:
        """Ask the database again. Raises StoreError."""
        self._reading = self._store.read_clock()
        self._warn()

    def _warn(self) -> None:
        """Warn where this machine's clock is off, once until it is right again."""
        offset = self.offset
        if abs(offset.total_seconds()) <= MAX_OFFSET:
            self._warned = False
        elif not self._warned:
            self._warned = True
            log.warning(
                "the clock of this machine is wrong; the database's counts in its place",
                ahead=f"{offset.total_seconds():+.0f} s",
            )

    def _measure_again(self) -> None:
        try:
            self.measure()
        except StoreError:
            pass
        finally:
            self._measuring.release()
