"""Whether the file of the database still holds the database that was opened."""

import os
import secrets
from contextlib import closing

from sqlalchemy import Connection, select

from aggregator.store.database import Database
from aggregator.store.schema import totals

HEADER_SIZE = 100
MAGIC = b"SQLite format 3\0"
USER_VERSION, APPLICATION_ID = slice(60, 64), slice(68, 72)
"""Where an SQLite file has these (https://www.sqlite.org/fileformat.html, section 1.3)."""


class Guard(Database):
    """Notices that another database, an older copy, or anything else was written over the file in place.

    SQLite would go on with what it has in memory and in its log, and mix both with what is in the file. Each
    database has an application id of its own, and a user version that grows with what is in the file.
    """

    _mark = (0, 0, 0)
    """The application id, the user version and the sequence that were seen last."""
    _header: tuple[int, int] | None = None
    """The application id and the user version that stood in the file itself."""
    _written = 0
    """When the file was written, in nanoseconds."""

    def guard(self) -> None:
        """Begin to look after a SQLite file. Raises StoreError."""
        if self._file is not None:
            self._renew_mark()
            # It stays open, since a file that is closed loses the locks that SQLite has on it (POSIX, fcntl).
            self._guarded = os.open(self._file, os.O_RDONLY)
            self._note_file(self._guarded)

    def look(self) -> None:
        """Look whether the file is still the database that is guarded; if not, no call uses it any more."""
        if self._guarded is None:
            return
        number, count, sequence = self._mark
        before, header = self._header, _read_header(self._guarded)
        grown = header is not None and before is not None and header[0] == number and header[1] >= before[1]
        same = grown or header == before
        if same:
            with self._wrapped("read"), self._begin(self._reader, "BEGIN") as connection:
                mark = _read_mark(connection)
            same = mark[0] == number and mark[1] >= count and mark[2] >= sequence
        self._overwritten = not same
        if same:
            self._mark = mark
            if header == before and os.fstat(self._guarded).st_mtime_ns != self._written:
                # SQLite has merged its log, and a copy of the file as it was before is an older one now.
                self._renew_mark()
            self._note_file(self._guarded)

    def _renew_mark(self) -> None:
        with self._write() as connection:
            number, count, _ = _read_mark(connection)
            number = number or secrets.randbelow(2**31 - 1) + 1
            connection.exec_driver_sql(f"PRAGMA application_id = {number}")
            connection.exec_driver_sql(f"PRAGMA user_version = {count + 1}")
        with self._wrapped("written to"), closing(self._engine.raw_connection()) as raw:
            # Until then the mark stands in the log alone.
            raw.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
        with self._read() as connection:
            self._mark = _read_mark(connection)

    def _note_file(self, file: int) -> None:
        self._header, self._written = _read_header(file), os.fstat(file).st_mtime_ns


def _read_header(file: int) -> tuple[int, int] | None:
    """Return the application id and the user version in a file; None where it is no SQLite file."""
    header = os.pread(file, HEADER_SIZE, 0)
    if not header.startswith(MAGIC) or len(header) < HEADER_SIZE:
        return None
    return int.from_bytes(header[APPLICATION_ID]), int.from_bytes(header[USER_VERSION])


def _read_mark(connection: Connection) -> tuple[int, int, int]:
    number, count = (
        connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
        for name in ("application_id", "user_version")
    )
    return number, count, connection.scalar(select(totals.c.sequence)) or 0
