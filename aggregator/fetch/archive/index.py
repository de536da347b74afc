"""The index of a source's WARC files: an SQLite file beside them, made again from them where it is lost."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

BUSY_SECONDS = 30
TABLES = """
CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, size INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS captures (
  number INTEGER PRIMARY KEY, address TEXT NOT NULL, time TEXT NOT NULL, status INTEGER NOT NULL,
  media_type TEXT NOT NULL, digest TEXT NOT NULL, file TEXT NOT NULL, start INTEGER NOT NULL,
  length INTEGER NOT NULL, payload INTEGER);
CREATE TABLE IF NOT EXISTS deposited (name TEXT PRIMARY KEY, place TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS captures_address ON captures (address, number);
CREATE INDEX IF NOT EXISTS captures_digest ON captures (digest, number);
CREATE INDEX IF NOT EXISTS captures_file ON captures (file);
CREATE INDEX IF NOT EXISTS captures_payload ON captures (payload);
"""


@dataclass(frozen=True, slots=True)
class Capture:
    """Where an answer lies."""

    number: int
    address: str
    time: datetime
    status: int
    media_type: str
    digest: str
    """SHA-256 of the body; empty where the record has none."""
    file: str
    start: int
    length: int
    """Bytes of the compressed record."""
    payload: int | None = None
    """The number of the capture that has the body, where this one only refers to it."""


class Index:
    """The captures and the files of one source."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator["Index"]:
        """Open an index for one transaction; nobody else writes the files of this source meanwhile.

        Raises sqlite3.Error.
        """
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            # It can be made again, so a commit need not wait for the disk.
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")
            connection.executescript(TABLES)
            connection.execute("BEGIN IMMEDIATE")
            yield cls(connection)
            connection.execute("COMMIT")

    def sizes(self) -> dict[str, int]:
        """Return by file how many bytes of it are indexed, in the order of the names."""
        return dict(self._connection.execute("SELECT name, size FROM files ORDER BY name"))

    def note_size(self, file: str, size: int) -> None:
        """Note how many bytes of a file are indexed."""
        self._connection.execute("INSERT OR REPLACE INTO files VALUES (?, ?)", (file, size))

    def deposited(self) -> dict[str, str]:
        """Return where the copy of each file lies that has one."""
        return dict(self._connection.execute("SELECT name, place FROM deposited"))

    def note_deposited(self, file: str, place: str) -> None:
        """Note where the copy of a file lies."""
        self._connection.execute("INSERT OR REPLACE INTO deposited VALUES (?, ?)", (file, place))

    def add(self, capture: Capture) -> int:
        """Add a capture and return its number; the one that it has is not used."""
        row = (
            None,
            capture.address,
            capture.time.astimezone(UTC).isoformat(),
            capture.status,
            capture.media_type,
            capture.digest,
            capture.file,
            capture.start,
            capture.length,
            capture.payload,
        )
        cursor = self._connection.execute("INSERT INTO captures VALUES (?,?,?,?,?,?,?,?,?,?)", row)
        return int(cursor.lastrowid or 0)

    def of_address(self, address: str) -> list[Capture]:
        """Return the captures of an address, the last one first."""
        return self._select("address = ? ORDER BY number DESC", address)

    def of_digest(self, digest: str) -> list[Capture]:
        """Return the captures of a body, the last one first."""
        return self._select("digest = ? AND digest != '' ORDER BY number DESC", digest)

    def payload_of(self, digest: str) -> Capture | None:
        """Return the last record that has a body whole."""
        found = self._select("digest = ? AND digest != '' AND payload IS NULL ORDER BY number DESC", digest)
        return found[0] if found else None

    def numbered(self, number: int) -> Capture | None:
        """Return a capture by its number."""
        return next(iter(self._select("number = ?", number)), None)

    def referred(self) -> set[tuple[str, str]]:
        """Return the pairs of files of which the first one has records that refer to the second one."""
        rows = self._connection.execute(
            "SELECT DISTINCT one.file, other.file FROM captures one JOIN captures other"
            " ON one.payload = other.number WHERE one.file != other.file"
        )
        return set(rows)

    def forget(self, file: str) -> None:
        """Forget a file and its captures."""
        self._connection.execute("DELETE FROM captures WHERE file = ?", (file,))
        self._connection.execute("DELETE FROM files WHERE name = ?", (file,))
        self._connection.execute("DELETE FROM deposited WHERE name = ?", (file,))

    def _select(self, where: str, *values: Any) -> list[Capture]:
        rows = self._connection.execute(f"SELECT * FROM captures WHERE {where}", values)  # noqa: S608 - ours
        return [
            Capture(number, address, datetime.fromisoformat(time), *rest)
            for number, address, time, *rest in rows
        ]
