"""The right to hand out work, which one session of PostgreSQL has at a time, and what work there is."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Select,
    column,
    exists,
    func,
    select,
    table,
    text,
)

from aggregator.store.database import Database
from aggregator.store.machines.leases import DUE, FREE, LOOKS_DUE
from aggregator.store.machines.session import own_session
from aggregator.store.schema import sources

IDLE_SECONDS = 10
"""A dispatcher that says nothing for so long, as it was stopped or is cut off, loses the right."""

_DISPATCH_LOCK = 0x6167646973  # any number that no other program locks in this database
_jobs = table("procrastinate_jobs", column("queueing_lock"), column("lock"), column("status"))
_WAITING = select(_jobs.c.lock).where(_jobs.c.status == text("'todo'"))


def _due_first(condition: ColumnElement[bool], time: Column[datetime]) -> Select[Any]:
    """Select the sources of which nothing is under way, those whose time came first in front."""
    return (
        select(sources.c.name)
        .where(sources.c.active, sources.c.paused.is_(None), condition, FREE)
        .where(~exists().where(_jobs.c.queueing_lock == sources.c.name))
        .order_by(time, sources.c.name)
    )


_DUE_FIRST = _due_first(DUE, sources.c.due), _due_first(LOOKS_DUE, sources.c.revisit_at)


class DispatchSession:
    """A session that asks for the right and keeps it for as long as it lives; for one thread.

    All calls raise StoreError where the database cannot be used; then the right is lost.
    """

    def __init__(self, engine: Engine, wrapped: Callable[[str], AbstractContextManager[None]]) -> None:
        self._engine = engine
        self._wrapped = wrapped
        self._connection: Connection | None = None
        self._session: Any = None

    def take(self) -> bool:
        """Take the right, which only the first has that asks for it; tell whether this session has it."""
        with self.transaction() as connection:
            return bool(connection.scalar(select(func.pg_try_advisory_lock(_DISPATCH_LOCK))))

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield the session's connection, for one transaction; after an error there is another session."""
        try:
            with self._wrapped("used"):
                if self._connection is None:
                    self._connection = own_session(self._engine, IDLE_SECONDS)
                    self._session = self._connection.connection.dbapi_connection
                with self._connection.begin():
                    yield self._connection
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the session, and with it the right."""
        if self._connection is not None:
            self._session.close()
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


class Dispatch(Database):
    """Who hands out work; only PostgreSQL can be asked."""

    def dispatch_session(self) -> DispatchSession:
        """Make a session of its own that may ask for the right."""
        return DispatchSession(self._engine, self._wrapped)


def waiting_locks(connection: Connection) -> Sequence[str]:
    """Return the lock of each job that nobody has taken yet."""
    return connection.scalars(_WAITING).all()


def due_sources(connection: Connection, now: datetime, limit: int) -> Sequence[str]:
    """Return the names of up to ``limit`` sources that are due and free and for which there is no job.

    Last come those of which only articles are due to be looked at again.
    """
    names: dict[str, None] = {}
    for select_due in _DUE_FIRST:
        if left := limit - len(names):
            names |= dict.fromkeys(connection.scalars(select_due.limit(left), {"now": now}))
    return list(names)
