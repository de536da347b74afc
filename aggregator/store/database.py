"""The connection to SQLite or PostgreSQL: opening, migrating, one transaction for each call."""

import os
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Engine,
    Executable,
    Row,
    Select,
    Update,
    inspect,
    select,
    table,
    text,
)
from sqlalchemy import column as named_column
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError, SQLAlchemyError

from aggregator.errors import StoreError
from aggregator.store.columns import MANY, is_among
from aggregator.store.counters import lock
from aggregator.store.engines import postgresql_engine, public_name, read_url, reason_of, sqlite_engine
from aggregator.store.schema import MOVING, REVISION

REFUSALS = (DataError, IntegrityError, ProgrammingError)
"""Errors by which a healthy database rejects a bad value or statement (PEP 249, Exceptions)."""

MAX_STATEMENTS = 256
"""Statements of queries and columns that are remembered: building one takes longer than running it."""

MAX_PARAMETERS = 500
"""Parameters in one statement; both databases take more, neither gets faster."""

Item = TypeVar("Item")

_MIGRATION_LOCK = 0x6167677265  # any number that no other program locks in this database


class _Snapshots(threading.local):
    connection: Connection | None = None
    """By which this thread reads inside of a snapshot."""


class Database:
    """One SQLite file or PostgreSQL database whose tables are of this program's version.

    Threads may share an instance, and processes a database. Each public method of a subclass is one
    transaction and may raise StoreError when the database fails; nothing of that call is stored then.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name
        self._file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._opened: tuple[int, int] | None = None
        self._guarded: int | None = None
        self._overwritten = False
        self._snapshots = _Snapshots()
        # All statements of a reader see one snapshot: SQLite's WAL gives it, PostgreSQL has to be asked.
        self._reader = (
            engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            if engine.dialect.name == "postgresql"
            else engine
        )

    @classmethod
    def open(cls, address: str, *, read_only: bool = False) -> Self:
        """Open ``sqlite:///path`` or ``postgresql://…``; make missing tables, migrate older ones.

        Through one that is ``read_only`` nothing can be written; its tables have to be there and of this
        version. Raises StoreError, whose message does not contain the address's password.
        """
        url = read_url(address)
        name = public_name(url)
        try:
            if url.drivername == "sqlite":
                if not read_only:
                    Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
                engine = sqlite_engine(url, read_only=read_only)
            else:
                engine = postgresql_engine(url, read_only=read_only)
        except (OSError, ImportError, SQLAlchemyError) as exc:
            raise StoreError(f"the database cannot be opened: {reason_of(exc)} ({name})") from exc
        database = cls(engine, name)
        try:
            database._migrate(read_only)
            database._opened = database._file_number()
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()
        if self._guarded is not None:
            os.close(self._guarded)
            self._guarded = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all that this thread reads until the end be of one state, whatever is written meanwhile."""
        with self._read() as connection:
            before, self._snapshots.connection = self._snapshots.connection, connection
            try:
                yield
            finally:
                self._snapshots.connection = before

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the database and waits for no writer."""
        if self._snapshots.connection is not None:
            with self._wrapped("read"):
                yield self._snapshots.connection
            return
        self._require_file()
        with self._wrapped("read"), self._begin(self._reader, "BEGIN") as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        """Yield a connection whose changes are committed together at the end, or not at all."""
        self._require_file()
        with self._wrapped("written to"), self._begin(self._engine, "BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _begin(self, engine: Engine, statement: str) -> Iterator[Connection]:
        """Yield a connection in a transaction, which begins with this statement in SQLite."""
        with engine.begin() as connection:
            # An event of the engine would do it, too, and make each statement of all look for events.
            if self._file:
                connection.exec_driver_sql(statement)
            yield connection

    @contextmanager
    def _write_alone(self) -> Iterator[Connection]:
        """Do as ``_write``, after all other writers have ended: calls that change several rows need it."""
        with self._write() as connection:
            lock(connection)
            yield connection

    def _require_file(self) -> None:
        """Raise StoreError where the file that is open is no longer the one at its path, or no longer ours.

        SQLite would go on in a file that has no name any more, and all of it would be lost at the end.
        """
        found = self._file_number()
        if self._opened and (found != self._opened or self._overwritten):
            happened = "was replaced by another file" if found else "was removed"
            happened = "was overwritten" if found == self._opened else happened
            raise StoreError(
                f"the database {happened} while it was in use; nothing is kept until it is back, "
                f"or the program is restarted ({self._name})"
            )

    def _file_number(self) -> tuple[int, int] | None:
        """Return what tells the file at the database's path from any other; None where there is none."""
        try:
            status = os.stat(self._file) if self._file else None
        except FileNotFoundError:
            return None
        return (status.st_dev, status.st_ino) if status else None

    @contextmanager
    def _wrapped(self, what: str) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as exc:
            message = f"the database cannot be {what}: {reason_of(exc)} ({self._name})"
            raise StoreError(message, refused=isinstance(exc, REFUSALS)) from exc

    def _migrate(self, read_only: bool) -> None:
        with self._read() as connection:
            if (found := revision_of(connection)) == REVISION:
                return
        if found == MOVING:
            raise StoreError(
                "another database was being moved into this one, and not all of it is here; "
                f"the same `aggregator migrate-database` goes on ({self._name})"
            )
        if read_only:
            raise StoreError(
                "the database is of another version of aggregator; start the daemon, or call "
                f"`aggregator sources`, to bring it up to date ({self._name})"
            )
        with self._write() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            # Another process may have migrated it while this one waited for the lock.
            if (found := revision_of(connection)) == REVISION:
                return
            from aggregator.store.migrations import knows, migrate  # importing alembic takes 0.2 s

            if found and not knows(found):
                raise StoreError(
                    f"the database is of a newer version of aggregator (its revision is {found}, "
                    f"this program's is {REVISION}): {self._name}"
                )
            migrate(connection, found)


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Cut a sequence into pieces of at most ``MAX_PARAMETERS`` items, for one statement each."""
    return (items[start : start + MAX_PARAMETERS] for start in range(0, len(items), MAX_PARAMETERS))


def rows_in(
    connection: Connection, query: Select[Any], column: ColumnElement[Any], values: Collection[Any]
) -> Iterator[Row[Any]]:
    """Yield the rows of a query in which a column has one of many values."""
    if values:
        asked = asking(query, column)
        for some in chunks(list(values)):
            yield from connection.execute(asked, {MANY.key: some}).all()  # one by one costs twice as much


@lru_cache(MAX_STATEMENTS)
def asking(query: Select[Any], column: ColumnElement[Any]) -> Select[Any]:
    """Return the query for rows in which a column has one of many values, for ``rows_of``."""
    return query.where(is_among(column, MANY))


def rows_of(
    connection: Connection, asked: Executable, values: Collection[Any], **others: Any
) -> Sequence[Row[Any]]:
    """Return the rows of a query for many values; it is built once, for that takes longer than to run it."""
    return connection.execute(asked, {MANY.key: list(values), **others}).all() if values else []


def change_in(
    connection: Connection, change: Update | Delete, column: ColumnElement[Any], values: Collection[Any]
) -> None:
    """Change or delete the rows in which a column has one of many values."""
    for some in chunks(list(values)):
        connection.execute(change.where(is_among(column, some)))


def revision_of(connection: Connection) -> str | None:
    """Return the revision of a database's tables, None where it has none of ours."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version = table("alembic_version", named_column("version_num"))
    return connection.scalar(select(version.c.version_num))
