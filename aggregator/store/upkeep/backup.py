"""Backups of the database, made while it is in use, and their restoration, while nothing uses it."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL

from aggregator.errors import BusyError, StoreError
from aggregator.store.engines import read_url
from aggregator.store.migrations import knows

PAGES_PER_STEP = 1000
"""Pages that SQLite copies at a time; writers get their turn in between."""

Progress = Callable[[int, int], None]


def backup(address: str, file: Path, progress: Progress = lambda done, total: None) -> None:
    """Write a copy of a database to a file that appears only when it is whole.

    ``progress`` is called with the number of pages that are copied and of all pages. Raises StoreError.
    """
    url = read_url(address)
    part = file.with_name(f"{file.name}.part")
    with _explained(f"cannot write {file}"):
        if url.drivername == "sqlite":
            _copy(Path(url.database or ""), part, progress)
        else:
            _dump("pg_dump", url, "--format=custom", f"--file={part}")
        _put_in_place(part, file)


def restore(address: str, file: Path) -> Path | None:
    """Put a copy in the place of a database and return the path of the previous one, if there was one.

    Raises BusyError while the database is in use, StoreError if the copy is damaged or of a newer
    version of the program.
    """
    url = read_url(address)
    with _explained(f"cannot restore {file}"):
        if url.drivername == "sqlite":
            _check_copy(file)
            return _replace(Path(url.database or ""), file)
        _dump("pg_restore", url, "--clean", "--if-exists", "--no-owner", "--single-transaction", str(file))
    return None


def _copy(database: Path, part: Path, progress: Progress) -> None:
    if not database.is_file():
        raise StoreError(f"there is no database yet ({database})")
    part.unlink(missing_ok=True)
    with closing(_read_only(database)) as source, closing(sqlite3.connect(part)) as target:
        source.backup(
            target, pages=PAGES_PER_STEP, progress=lambda _, left, total: progress(total - left, total)
        )
        # Without a write-ahead log beside it the copy is one file.
        target.execute("PRAGMA journal_mode = DELETE")
        # A copy is another database, which ``Guard`` tells from the one under a running daemon.
        target.execute("PRAGMA application_id = 0")


def _check_copy(file: Path) -> None:
    if not file.is_file():
        raise StoreError("there is no such file")
    with closing(_read_only(file)) as copy:
        found = [row[0] for row in copy.execute("PRAGMA quick_check(3)")]
        if found != ["ok"]:
            raise StoreError(f"it is damaged: {found[0]}")
        tables = copy.execute("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'")
        if not tables.fetchone()[0]:
            raise StoreError("it is a database, but not one of aggregator")
        revision = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    if revision and not knows(revision[0]):
        raise StoreError(f"it is of a newer version of aggregator (its revision is {revision[0]})")


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
    _put_in_place(part, database)
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


def _put_in_place(part: Path, file: Path) -> None:
    """Write a finished file through to the disk and rename it into place."""
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _dump(program: str, url: URL, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; no process list shows the password, it goes by the environment."""
    if not (found := shutil.which(program)):
        raise StoreError(f"{program} is not installed (on Debian: apt install postgresql-client)")
    password = {"PGPASSWORD": url.password} if url.password else {}
    shown = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    done = subprocess.run(  # noqa: S603 - the user's own PostgreSQL
        [found, f"--dbname={shown}", *arguments],
        env={**os.environ, **password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StoreError(f"{program} says: {done.stderr.strip()[-500:]}")


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
