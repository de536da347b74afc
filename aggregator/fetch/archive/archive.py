"""The archive of raw answers: WARC files in a folder for each source, rolled by day and size."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from aggregator.errors import ArchiveError
from aggregator.fetch.archive.exchange import Exchange
from aggregator.fetch.archive.index import Capture, Index
from aggregator.fetch.archive.warc import (
    Record,
    begin_file,
    members,
    read_at,
    read_record,
    request_record,
    response_record,
)

ROLL_SIZE = 1024**3
"""Bytes from which on a file is rolled, as is usual for WARC."""
MAX_REFERENCE = timedelta(days=7)
"""Time after which a body is written whole again, so that retention need not keep old files for new ones."""
INDEX = "index.db"


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """A file of a source's archive."""

    name: str
    day: date
    size: int


class Archive:
    """The raw answers of sources, below ``folder``. Threads and processes may share it.

    Every method raises ArchiveError.
    """

    def __init__(self, folder: Path, roll_size: int = ROLL_SIZE) -> None:
        self._folder = folder
        self._roll_size = roll_size
        self._lock = threading.Lock()
        self._mended: set[str] = set()  # sources of which every file was looked at

    def keep(self, source: str, exchange: Exchange) -> None:
        """Write an exchange; a body that is there already is referred to."""
        _require_library()
        with self._opened(source, make=True) as index:
            earlier = _earlier(index, exchange)
            record, identity = response_record(exchange, earlier)
            pair = record + (request_record(exchange, identity) if exchange.request else b"")
            name, size = self._file(index, source, exchange.time)
            begin = b"" if size else begin_file(name, source)
            self._append(self._folder / source / name, size, begin + pair)
            start = size + len(begin)
            digest = earlier.digest if earlier else exchange.digest
            index.add(
                Capture(
                    0,
                    exchange.address,
                    exchange.time,
                    exchange.status,
                    exchange.media_type,
                    digest,
                    name,
                    start,
                    len(record),
                    earlier.number if earlier else None,
                )
            )
            index.note_size(name, start + len(pair))

    def find(self, source: str, *, address: str = "", digest: str = "") -> list[Capture]:
        """Return the captures of an address, or of a body by its SHA-256, the last one first."""
        with self._opened(source) as index:
            return index.of_address(address) if address else index.of_digest(digest)

    def read(self, source: str, capture: Capture) -> Record:
        """Return the record of a capture."""
        _require_library()
        try:
            return read_record(self.raw(source, capture))
        except Exception as exc:  # warcio raises what it likes of a file that somebody else has written
            raise ArchiveError(f"{capture.file} cannot be read at {capture.start}: {exc}") from exc

    def raw(self, source: str, capture: Capture) -> bytes:
        """Return the bytes of a capture's record."""
        try:
            return read_at(self.path(source, capture.file), capture.start, capture.length)
        except OSError as exc:
            raise ArchiveError(f"{capture.file} cannot be read: {exc.strerror}") from exc

    def raw_pair(self, source: str, capture: Capture) -> bytes:
        """Return the bytes of a capture's record, and of the record of its request behind it."""
        path, end = self.path(source, capture.file), capture.start + capture.length
        answer = self.raw(source, capture)
        with path.open("rb") as file:
            start, length = next(members(file, end), (end, 0))
        request = read_at(path, start, length)
        return answer + request if request and read_record(request).kind == "request" else answer

    def payload(self, source: str, capture: Capture) -> Capture | None:
        """Return the capture that has the body of one; None where that is gone."""
        if capture.payload is None:
            return capture
        with self._opened(source) as index:
            return index.numbered(capture.payload)

    def path(self, source: str, name: str) -> Path:
        """Return where a file of a source lies."""
        return self._folder / source / name

    def files(self, source: str) -> list[ArchiveFile]:
        """Return the files of a source, the oldest first."""
        with self._opened(source) as index:
            sizes = index.sizes()
        return [ArchiveFile(name, _day_of(name), size) for name, size in sizes.items()]

    def deposited(self, source: str) -> dict[str, str]:
        """Return where in a bucket the copy of each file lies that has one."""
        with self._opened(source) as index:
            return index.deposited()

    def note_deposited(self, source: str, name: str, place: str) -> None:
        """Note where the copy of a file lies."""
        with self._opened(source) as index:
            index.note_deposited(name, place)

    def expired(self, source: str, before: datetime) -> list[ArchiveFile]:
        """Return the files from before a day, without those to which a file that stays refers."""
        with self._opened(source) as index:
            refers = index.referred()
        files = self.files(source)
        gone = {file.name for file in files if file.day < before.date()}
        while held := {to for by, to in refers if by not in gone and to in gone}:
            gone -= held
        return [file for file in files if file.name in gone]

    def remove(self, source: str, names: list[str]) -> None:
        """Remove files."""
        with self._opened(source) as index:
            for name in names:
                with suppress(FileNotFoundError):
                    (self._folder / source / name).unlink()
                index.forget(name)

    @contextmanager
    def _opened(self, source: str, *, make: bool = False) -> Iterator[Index]:
        """Open the index of a source, mended; nobody else writes its files meanwhile."""
        folder = self._folder / source
        path = folder / INDEX
        try:
            if make:
                folder.mkdir(parents=True, exist_ok=True)
            elif not folder.is_dir():
                path = Path(":memory:")
            with self._lock, Index.open(path) as index:
                if folder.is_dir():
                    self._mend(index, source)
                yield index
        except sqlite3.Error as exc:
            if not isinstance(exc, sqlite3.OperationalError):  # such as one that is locked
                for file in folder.glob(f"{INDEX}*"):
                    file.unlink(missing_ok=True)
                self._mended.discard(source)
            raise ArchiveError(f"{path}: {exc}; a damaged index is made anew at the next answer") from exc
        except OSError as exc:
            raise ArchiveError(f"{folder}: {exc.strerror or exc}") from exc

    def _mend(self, index: Index, source: str) -> None:
        """Index what a crash left behind the indexed part of files, and cut off what is no whole record.

        After the first time, only the last file can have such an end.
        """
        folder, known = self._folder / source, index.sizes()
        first_time = source not in self._mended
        paths = sorted(folder.glob("*.warc.gz")) if first_time else [folder / max(known)] if known else []
        for name in known.keys() - {path.name for path in paths} if first_time else ():
            index.forget(name)
        for path in filter(Path.exists, paths):
            size, indexed = path.stat().st_size, known.get(path.name, 0)
            if size != indexed:
                _mend_file(index, path, indexed if size > indexed else 0)
        self._mended.add(source)

    def _file(self, index: Index, source: str, time: datetime) -> tuple[str, int]:
        """Give the file to write to, and its size: a new one where the day's last one is full.

        A clock that is set back adds to no file of a day that is over.
        """
        sizes = index.sizes()
        day = max(time.astimezone(UTC).date(), _day_of(max(sizes)) if sizes else date.min)
        stem = f"{source}-{day:%Y%m%d}"
        today = {name: size for name, size in sizes.items() if name.startswith(f"{stem}-")}
        name = max(today, default="")
        if name and today[name] < self._roll_size:
            return name, today[name]
        return f"{stem}-{len(today) + 1:05}.warc.gz", 0

    def _append(self, path: Path, size: int, data: bytes) -> None:
        """Write behind the end of a file, or leave it as it was."""
        with path.open("ab") as file:
            try:
                file.write(data)
                file.flush()
            except OSError:
                os.ftruncate(file.fileno(), size)
                raise


def _require_library() -> None:
    if find_spec("warcio") is None:
        raise ArchiveError("raw answers need `pip install aggregator[evidence]`")


def _earlier(index: Index, exchange: Exchange) -> Capture | None:
    """Give the capture to whose body an exchange may refer."""
    if exchange.status == 304:
        last = next((one for one in index.of_address(exchange.address) if one.status < 300), None)
        found = last and index.payload_of(last.digest)
    else:
        found = index.payload_of(exchange.digest) if exchange.body and exchange.request else None
    recent = found and abs(exchange.time - found.time) <= MAX_REFERENCE
    return found if recent or exchange.status == 304 else None


def _mend_file(index: Index, path: Path, start: int) -> None:
    """Index the whole records of a file from ``start`` on, and cut off the rest."""
    _require_library()
    if start == 0:
        index.forget(path.name)
    with path.open("r+b") as file:
        end = start
        for begin, length in members(file, start):
            with suppress(Exception):  # a whole member of gzip that is no record of ours stays as it is
                _index_record(index, path.name, begin, length, read_record(read_at(path, begin, length)))
            end = begin + length
        file.truncate(end)
    index.note_size(path.name, end)


def _index_record(index: Index, name: str, start: int, length: int, record: Record) -> None:
    if record.kind not in ("response", "resource", "revisit"):
        return
    types = (value for key, value in record.head if key.lower() == "content-type")
    media_type = next(types, "").partition(";")[0].strip().lower()
    address, digest = record.headers["WARC-Target-URI"], record.digest
    held = index.payload_of(digest) if record.kind == "revisit" else None
    if record.kind == "revisit" and held is None:
        return
    payload = held.number if held else None
    index.add(
        Capture(0, address, record.time, record.status, media_type, digest, name, start, length, payload)
    )


def _day_of(name: str) -> date:
    return datetime.strptime(name.rsplit("-", 2)[1], "%Y%m%d").replace(tzinfo=UTC).date()
