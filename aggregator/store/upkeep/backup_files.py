"""The files of backups: how they are named, found, and written so that none looks whole before it is."""

import contextlib
import errno
import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from aggregator.errors import BusyError

TIME_IN_NAME = "%Y%m%dT%H%M%SZ"
PART = ".part"


def backup_name(database: str, now: datetime) -> str:
    """Name a backup by the file of its database (empty for PostgreSQL) and the time."""
    stem, suffix = _stem_and_suffix(database)
    return f"{stem}-{now.astimezone(UTC):{TIME_IN_NAME}}{suffix}"


def find_backups(folder: Path, database: str, ending: str = "") -> dict[datetime, Path]:
    """Find the whole backups of a database in a folder, by the times in their names."""
    stem, suffix = map(re.escape, _stem_and_suffix(database))
    name = re.compile(rf"{stem}-(\d{{8}}T\d{{6}}Z){suffix}{re.escape(ending)}")
    backups: dict[datetime, Path] = {}
    for file in folder.glob("*"):
        if (match := name.fullmatch(file.name)) and file.is_file():
            with contextlib.suppress(ValueError):  # digits that are no time: somebody else named it
                backups[datetime.strptime(match[1], TIME_IN_NAME).replace(tzinfo=UTC)] = file
    return backups


def remove_unfinished(folder: Path, database: str) -> None:
    """Remove what is left of backups that were being written when their process ended."""
    for part in find_backups(folder, database, PART).values():
        with part.open("rb") as handle, contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()


@contextmanager
def being_written(file: Path) -> Iterator[Path]:
    """Give the file to write in place of another one; in the end it is put there, or is gone.

    It is locked meanwhile. Raises BusyError where another process writes it, and FileExistsError where a
    folder, a pipe or a device is in its place.
    """
    if file.exists() and not file.is_file():
        raise FileExistsError(errno.EEXIST, "it is not a file")
    part = file.with_name(file.name + PART)
    with part.open("ab") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise BusyError(f"another process writes {file}") from exc
        try:
            handle.truncate(0)
            yield part
            put_in_place(part, file)
        finally:
            part.unlink(missing_ok=True)


def put_in_place(part: Path, file: Path) -> None:
    """Write a finished file through to the disk and rename it into place."""
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _stem_and_suffix(database: str) -> tuple[str, str]:
    file = Path(database or "aggregator.pgdump")
    return file.stem, file.suffix
