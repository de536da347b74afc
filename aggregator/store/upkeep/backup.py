"""Backups of the database, made while it is in use, and their restoration, while nothing uses it."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL

from aggregator.errors import BusyError, StoreError
from aggregator.store.engines import read_url
from aggregator.store.schema import MOVING
from aggregator.store.upkeep.backup_files import being_written, put_in_place
from aggregator.store.upkeep.dumps import dump, read_dump, restore_dump
from aggregator.store.upkeep.usage import require_unused

PAGES_PER_STEP = 1000
"""Pages that SQLite copies at a time; writers get their turn in between."""

Progress = Callable[[int, int], None]


def backup(address: str, file: Path, progress: Progress = lambda done, total: None) -> int:
    """Write a copy of a database to a file that appears only when it is whole, and has been read again.

    ``progress`` is called with the number of pages that are copied and of all pages, and may raise to end
    it. Return the number of articles in the copy. Raises StoreError.
    """
    url = read_url(address)
    with _explained(f"cannot write {file}"), being_written(file) as part:
        if url.drivername == "sqlite":
            _copy(Path(url.database or ""), part, progress)
        else:
            dump(url, part, lambda: progress(0, 1))
        counted, noted = _check_copy(url, part)
        if counted != noted:
            raise StoreError(f"it has {counted} articles, and says that it has {noted}")
    return counted


def restore(address: str, file: Path) -> Path | None:
    """Put a copy in the place of a database and return the path of the previous one, if there was one.

    Raises BusyError while the database is in use, StoreError if the copy is damaged or of a newer
    version of the program.
    """
    url = read_url(address)
    with _explained(f"cannot restore {file}"):
        _check_copy(url, file)
        if url.drivername == "sqlite":
            return _replace(Path(url.database or ""), file)
        require_unused(address)
        restore_dump(url, file)
    return None


def _copy(database: Path, part: Path, progress: Progress) -> None:
    if not database.is_file():
        raise StoreError(f"there is no database yet ({database})")
    _require_room(part.parent, database.stat().st_size)
    with closing(_read_only(database)) as source, closing(sqlite3.connect(part)) as target:
        # What is not whole is thrown away, so nothing needs a journal beside it.
        target.execute("PRAGMA journal_mode = OFF")
        source.backup(
            target, pages=PAGES_PER_STEP, progress=lambda _, left, total: progress(total - left, total)
        )
        # Without a write-ahead log beside it the copy is one file.
        target.execute("PRAGMA journal_mode = DELETE")
        # A copy is another database, which ``Guard`` tells from the one under a running daemon.
        target.execute("PRAGMA application_id = 0")


def _require_room(folder: Path, size: int) -> None:
    """Refuse to fill a disk, which may be that of the database itself. Raises StoreError."""
    if (free := shutil.disk_usage(folder).free) < size:
        raise StoreError(f"there is no room: it takes {size // 1024**2} MB, {free // 1024**2} MB are free")


def _check_copy(url: URL, file: Path) -> tuple[int, int]:
    """Read a copy; return how many articles it has, and how many it says it has. Raises StoreError."""
    if not file.is_file():
        raise StoreError("there is no such file")
    revision, counted, noted = (_read_copy if url.drivername == "sqlite" else read_dump)(file)
    if not revision:
        raise StoreError("it is a database, but not one of aggregator")
    if revision == MOVING:
        raise StoreError("another database was being moved into it, and not all of it is there")
    from aggregator.store.migrations import knows  # alembic takes 0.2 s and 9 MB

    if not knows(revision):
        raise StoreError(f"it is of a newer version of aggregator (its revision is {revision})")
    return counted, noted


def _read_copy(file: Path) -> tuple[str, int, int]:
    """Do as ``read_dump``, of a file of SQLite."""
    with closing(_read_only(file)) as copy:
        found = [row[0] for row in copy.execute("PRAGMA quick_check(3)")]
        if found != ["ok"]:
            raise StoreError(f"it is damaged: {found[0]}")
        tables = copy.execute("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'")
        if not tables.fetchone()[0]:
            return "", 0, 0
        (revision,) = copy.execute("SELECT version_num FROM alembic_version").fetchone()
        counts = copy.execute("SELECT (SELECT count(*) FROM articles), articles FROM totals").fetchone()
    return revision, *(counts or (0, 0))


def _replace(database: Path, file: Path) -> Path | None:
    part = database.with_name(f"{database.name}.part")
    database.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, part)
    before = None
    if database.exists():
        _require_unused(database)
        before = _free_name(database)
        # A link, not a rename: if the process ends here, the database is still in its place.
        os.link(database, before)
        for suffix in ("-wal", "-shm"):
            # SQLite would read the logs of the previous database into the new one.
            stray = database.with_name(database.name + suffix)
            if stray.exists():
                stray.rename(before.with_name(before.name + suffix))
    put_in_place(part, database)
    return before


def _require_unused(database: Path) -> None:
    """Raise BusyError if another process has the database open; else merge its log into its one file."""
    try:
        with closing(sqlite3.connect(database, timeout=1)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as exc:
        raise BusyError(f"{database} is in use ({exc}): stop the daemon first") from exc
    except sqlite3.DatabaseError:
        return  # The database is damaged, which is why it is being restored.


def _free_name(database: Path) -> Path:
    names = (database.with_name(f"{database.name}.before{number or ''}") for number in range(10_000))
    return next(name for name in names if not name.exists())


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Raise every error as a StoreError that says what could not be done."""
    try:
        yield
    except BusyError:
        raise
    except (OSError, sqlite3.Error, StoreError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        raise StoreError(f"{what}: {reason}") from exc
