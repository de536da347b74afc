"""The time by the clock of the database."""

import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from aggregator.store.columns import Time
from aggregator.store.database import Database

SAMPLES = 3
"""Times that the database is asked in a row; the quickest answer counts, as the first waits for a BEGIN."""
_CLOCK = select(func.clock_timestamp(type_=Time()))


@dataclass(frozen=True, slots=True)
class Reading:
    """A time by the database's clock, and when it was so."""

    time: datetime
    at: float
    """In seconds since this machine was started."""
    took: float
    """Seconds in which it was read; half of them is how wrong ``at`` may be."""


class DatabaseTime(Database):
    """Reads the database's clock; SQLite has none, so only PostgreSQL can be asked."""

    def read_clock(self) -> Reading:
        """Read the clock of PostgreSQL as it is now, not as the transaction began."""
        with self._read() as connection:
            return min((self._sample(connection) for _ in range(SAMPLES)), key=lambda one: one.took)

    @staticmethod
    def _sample(connection: Connection) -> Reading:
        before = uptime()
        told = connection.execute(_CLOCK).scalar_one()
        after = uptime()
        return Reading(told, (before + after) / 2, after - before)


def uptime() -> float:
    """Return the seconds since this machine was started; they go on while it sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
