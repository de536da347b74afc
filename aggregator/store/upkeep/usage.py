"""Whether anybody has a database open, found without a change to it."""

import fcntl
import time
from pathlib import Path

from sqlalchemy import URL, text
from sqlalchemy.exc import SQLAlchemyError

from aggregator.errors import BusyError, StoreError
from aggregator.store.engines import postgresql_engine, public_name, read_url, reason_of

DEADMAN_BYTE = 128
"""Where each connection of SQLite locks the file of its shared memory (os_unix.c: ``UNIX_SHM_DMS``)."""

PATIENCE = 5
"""Seconds in which the connections of a process that was killed end."""

_OTHERS = text(
    "SELECT application_name, usename, client_addr, pid FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    " ORDER BY pid"
)


def require_unused(*addresses: str) -> None:
    """Raise BusyError where a database is open in another process, StoreError where it cannot be told.

    This process must not have it open, since SQLite's locks would end with the look at them (POSIX, fcntl).
    """
    for address in addresses:
        _require_unused(read_url(address))


def _require_unused(url: URL) -> None:
    name = public_name(url)
    for last in (*[False] * PATIENCE, True):
        try:
            others = _openers(Path(url.database or "")) if url.drivername == "sqlite" else _clients(url)
        except (OSError, ImportError, SQLAlchemyError) as exc:
            raise StoreError(f"the database cannot be opened: {reason_of(exc)} ({name})") from exc
        if not others:
            return
        if last:
            raise BusyError(f"{name} is in use by {others}: stop the daemon, and whatever else works on it")
        time.sleep(1)


def _openers(file: Path) -> str:
    shared = file.with_name(f"{file.name}-shm")
    if not shared.exists():
        return ""
    with shared.open("r+b") as memory:
        try:
            fcntl.lockf(memory, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, DEADMAN_BYTE)
        except (BlockingIOError, PermissionError):
            return "another process"
    return ""


def _clients(url: URL) -> str:
    engine = postgresql_engine(url, read_only=True)
    try:
        with engine.connect() as connection:
            rows = connection.execute(_OTHERS).all()
    finally:
        engine.dispose()
    named = (f"{row[0] or row[1]} (process {row[3]}, {row[2] or 'on its machine'})" for row in rows)
    return ", ".join(named)
