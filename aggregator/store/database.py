"""SQLite and PostgreSQL behind one door: opening, migrating, reading, writing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    Table,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    table,
    text,
)
from sqlalchemy import column as named_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DataError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from aggregator.errors import StoreError
from aggregator.store.schema import REVISION

BUSY_SECONDS = 30
"""How long a writer of SQLite waits for another one."""

REFUSED = (DataError, IntegrityError, ProgrammingError)
"""What a database that is well says of a bad value or statement (PEP 249, Exceptions)."""

CHUNK = 500
"""Parameters in one statement; both databases take more, neither gets faster."""

DAMAGED = ("malformed", "file is not a database")
"""What SQLite says of a file that is no whole database."""

Item = TypeVar("Item")

_MIGRATION_LOCK = 0x6167677265  # any number that nobody else locks


class Database:
    """One SQLite file or PostgreSQL database whose tables are of this program's version."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name
        # One snapshot for all statements of a reader: SQLite's WAL gives it, PostgreSQL has to be asked.
        self._reader = engine.execution_options(
            begin="BEGIN",
            **(
                {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
                if engine.dialect.name == "postgresql"
                else {}
            ),
        )
        self._writer = engine.execution_options(begin="BEGIN IMMEDIATE")

    @classmethod
    def open(cls, address: str) -> Self:
        """Open a database, make or migrate its tables. Raises StoreError."""
        url = read_url(address)
        name = _without_password(url)
        try:
            if url.drivername == "sqlite":
                Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
                engine = _sqlite_engine(url)
            else:
                engine = _postgresql_engine(url)
        except (OSError, ImportError, SQLAlchemyError) as exc:
            raise StoreError(f"the database cannot be opened: {_reason(exc)} ({name})") from exc
        database = cls(engine, name)
        try:
            database._bring_up()
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database and waits for no writer."""
        with self._wrapped("read"), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection whose changes are committed together at the end, or not at all."""
        with self._wrapped("written to"), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _wrapped(self, what: str) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as exc:
            message = f"the database cannot be {what}: {_reason(exc)} ({self._name})"
            raise StoreError(message, refused=isinstance(exc, REFUSED)) from exc

    def _bring_up(self) -> None:
        with self.read() as connection:
            if _revision(connection) == REVISION:
                return
        with self.write() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            # Another process may have migrated it while this one waited for the lock.
            if (found := _revision(connection)) == REVISION:
                return
            from aggregator.store.migrations import knows, migrate  # alembic takes 0.2 s to import

            if found and not knows(found):
                raise StoreError(
                    f"the database is of a newer version of aggregator (its revision is {found}, "
                    f"this program's is {REVISION}): {self._name}"
                )
            migrate(connection)


def upsert(
    connection: Connection, target: Table, rows: Sequence[Mapping[str, Any]], keys: Iterable[Column[Any]]
) -> None:
    """Insert rows; where one with the same keys is there, set its other columns instead."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(target)
    names = [key.name for key in keys]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in names}
    connection.execute(
        statement.on_conflict_do_update(index_elements=names, set_=changed)
        if changed
        else statement.on_conflict_do_nothing(index_elements=names),
        rows,
    )


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Cut a sequence of any length into pieces that fit one statement."""
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


def read_url(address: str) -> URL:
    """Read the address of a database. Raises StoreError, which does not repeat it."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        # The original error may quote the password.
        url = None
    # A database in memory would be another one for each thread.
    usable = url is not None and (
        (url.drivername == "sqlite" and url.database not in (None, "", ":memory:"))
        or url.drivername == "postgresql"
    )
    if url is None or not usable:
        raise StoreError(
            "the database's address cannot be read; it looks like "
            '"sqlite:///var/aggregator.db" or "postgresql://user@host/name"'
        )
    return url


def _without_password(url: URL) -> str:
    return url.difference_update_query(["password", "sslpassword"]).render_as_string(hide_password=True)


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _configure(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        # The driver would begin transactions at the first write, which is too late to wait for a lock.
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            connection.cursor().execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options()["begin"])

    return engine


def _postgresql_engine(url: URL) -> Engine:
    # A server may have been restarted since the last call: ask before a pooled connection is used.
    engine = create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def _configure(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        # In another zone, psycopg cannot read the last hours of year 9999.
        connection.cursor().execute("SET TIME ZONE 'UTC'")
        connection.commit()

    return engine


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version = table("alembic_version", named_column("version_num"))
    return connection.scalar(select(version.c.version_num))


def _reason(exc: Exception) -> str:
    if isinstance(exc, ModuleNotFoundError):
        return "PostgreSQL needs psycopg; install aggregator[postgresql]"
    reason = str(getattr(exc, "orig", None) or exc).strip()
    if any(sign in reason for sign in DAMAGED):
        return f"{reason}; see `aggregator check --database`, and `aggregator restore` for a copy"
    return reason
