"""The engines of SQLAlchemy below the store: one for SQLite, one for PostgreSQL."""

import re
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from aggregator.errors import StoreError

BUSY_SECONDS = 30
"""Seconds that a writer of SQLite waits for another one."""

DAMAGE_SIGNS = ("malformed", "file is not a database")
"""Parts of the messages by which SQLite reports a damaged file."""


CONNECTING: dict[str, Any] = {
    "connect_timeout": 10,
    # A server whose machine is gone answers nothing, and the system's own patience is two hours.
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    # A pooler (pgbouncer) hands each transaction to another connection, which knows no prepared statement.
    "prepare_threshold": None,
}
"""What libpq and psycopg are told about connections, unless the address says otherwise."""

MAX_KEPT = 10
"""Connections that stay open: one for each thread of the daemon that calls the database, and two to spare."""

MAX_AGE = 1800
"""Seconds after which a connection is made anew, as when a name leads to another server by now."""

FULL = (
    "too many clients",
    "remaining connection slots",
    "too many connections",
    "no more connections allowed",
)
"""Parts of the messages by which PostgreSQL and pgbouncer say that they take no more connections."""


def read_url(address: str) -> URL:
    """Parse the address of a database. Raises StoreError, whose message does not repeat the address."""
    try:
        url = make_url(_with_hosts_apart(address))
    except (ArgumentError, ValueError):
        # The original error is dropped because it may quote the password.
        url = None
    # SQLite's ":memory:" is refused: each thread would get a database of its own.
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


def public_name(url: URL) -> str:
    """Return the address of a database without its password."""
    return url.difference_update_query(["password", "sslpassword"]).render_as_string(hide_password=True)


def _with_hosts_apart(address: str) -> str:
    """Write several hosts, which libpq has between commas, as parameters, where SQLAlchemy looks for them."""
    parts = re.fullmatch(r"(postgresql://(?:[^/?#]*@)?)([^/?#@]*,[^/?#@]*)(/[^?#]*)(?:\?(.*))?", address)
    if not parts:
        return address
    before, listed, path, parameters = parts.groups()
    hosts = [re.fullmatch(r"\[?(.*?)\]?(?::(\d+))?", one) for one in listed.split(",")]
    names, ports = (",".join(host[part] or "" for host in hosts if host) for part in (1, 2))
    return f"{before}{path}?host={names}&port={ports}" + (f"&{parameters}" if parameters else "")


def sqlite_engine(url: URL, *, read_only: bool = False) -> Engine:
    """Make the engine of a file of SQLite, which leaves it to its user to begin a transaction.

    Through a ``read_only`` one nothing can be written, whatever the statement.
    """
    options: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS}}
    if read_only:
        options["creator"] = lambda: _open_to_read(Path(url.database or ""))
    engine = create_engine(url, **options)

    @event.listens_for(engine, "connect")
    def _configure(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        # By default the driver begins a transaction at the first write, which is too late to wait for a lock.
        connection.isolation_level = None
        # A page of 8 KB, which only a new database gets, holds several articles; one of 4 KB holds one.
        made = ("page_size = 8192", "journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON")
        for pragma in ("query_only = ON",) if read_only else made:
            connection.cursor().execute(f"PRAGMA {pragma}")

    return engine


def _open_to_read(file: Path) -> sqlite3.Connection:
    address = f"{file.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)


def postgresql_engine(url: URL, *, read_only: bool = False) -> Engine:
    """Make the engine of a database of PostgreSQL, which refuses what a ``read_only`` one would write."""
    # The server may have restarted since the last call, so a pooled connection is tested before use. The one
    # that was used last is taken first, so that no more are open than work at once.
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args=connect_options(url),
        pool_pre_ping=True,
        pool_size=MAX_KEPT,
        pool_use_lifo=True,
        pool_recycle=MAX_AGE,
        execution_options={"postgresql_readonly": True} if read_only else {},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        # In other time zones psycopg cannot represent the last hours of the year 9999.
        connection.cursor().execute("SET TIME ZONE 'UTC'")
        connection.commit()

    return engine


def connect_options(url: URL) -> dict[str, Any]:
    """Return what libpq and psycopg are told about connections to a database."""
    return {name: value for name, value in CONNECTING.items() if name not in url.query}


def reason_of(exc: BaseException) -> str:
    """Say why the database failed, in its own words and with what helps."""
    if isinstance(exc, ModuleNotFoundError):
        return "PostgreSQL needs `pip install aggregator[postgresql]`"
    reason = " ".join(str(getattr(exc, "orig", None) or exc).split())
    if any(sign in reason for sign in DAMAGE_SIGNS):
        return f"{reason}; see `aggregator check --database`, and `aggregator restore` for a copy"
    if any(sign in reason for sign in FULL):
        return (
            f"{reason}; PostgreSQL has no connection left: raise max_connections, or put a pooler before it"
        )
    return reason
