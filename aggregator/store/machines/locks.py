"""Locks of PostgreSQL that one process has at a time, on whatever machine."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Self

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from aggregator.store.database import Database
from aggregator.store.machines.session import own_session

BEAT_SECONDS = 3.0
"""Between two signs of life of whoever has a lock."""
SILENCE_SECONDS = 15
"""The server ends a session that was silent for so long, and its lock with it."""
LOST_SECONDS = 10.0
"""Whoever had no answer for so long counts the lock as lost, before the server does."""

_PUBLISHING = 0x616770  # any number that no other program locks in this database


class SessionLock:
    """A lock that lasts as long as a session with the database, which has a connection of its own.

    A context manager that gives the lock up in the end; it belongs to one thread.
    """

    def __init__(
        self, engine: Engine, wrapped: Callable[[str], AbstractContextManager[None]], number: int
    ) -> None:
        self._engine = engine
        self._wrapped = wrapped
        self._number = number
        self._connection: Connection | None = None
        self._answered = 0.0
        self._ended = threading.Event()
        self._beating: threading.Thread | None = None

    def take(self) -> bool:
        """Take the lock, unless another process has it; tell whether it is ours. Raises StoreError."""
        with self._wrapped("locked"):
            connection = self._connection = self._connection or self._connect()
            if not connection.scalar(select(func.pg_try_advisory_lock(self._number))):
                return False
        self._answered = time.monotonic()
        self._beating = threading.Thread(target=self._beat, args=(connection,), daemon=True)
        self._beating.start()
        return True

    def is_lost(self) -> bool:
        """Tell whether another process may have the lock by now, because the session has ended."""
        return time.monotonic() - self._answered > LOST_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._ended.set()
        if self._beating:
            self._beating.join(BEAT_SECONDS)
        if self._connection:
            self._connection.close()

    def _connect(self) -> Connection:
        return own_session(self._engine.execution_options(isolation_level="AUTOCOMMIT"), SILENCE_SECONDS)

    def _beat(self, connection: Connection) -> None:
        """Say that we are alive, until the lock is given up or the session has ended."""
        while not self._ended.wait(BEAT_SECONDS):
            try:
                connection.execute(select(1))
            except SQLAlchemyError:
                self._answered = -LOST_SECONDS
                return
            self._answered = time.monotonic()


class Locks(Database):
    """Locks of the whole database; only PostgreSQL has them."""

    def publishing_lock(self) -> SessionLock:
        """Make the lock of whoever publishes from this database."""
        return SessionLock(self._engine, self._wrapped, _PUBLISHING)
