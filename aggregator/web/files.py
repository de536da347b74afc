"""A cache of the output's files, each valid as long as the file on disk stays the same."""

import asyncio
import os
import stat
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from aggregator.model.digest import hexdigest
from aggregator.output.compression import GZIP_SUFFIX, MIN_SIZE, TRAILER_SIZE, compress, trailer
from aggregator.output.directories import ABSENT, DIRECTORY, FILE
from aggregator.publish.media_types import is_packable, is_streamed, media_type
from aggregator.web.responses import Whole

CACHE_SIZE = 64 * 1024**2
"""Bytes in memory, packed and unpacked copies together."""
OVERHEAD = 1024
"""Bytes that a cached file costs beside its content, roughly."""
INDEX = "index.html"
Stamp = tuple[int, int, int, int, int]
"""Modification time in ns, size, inode, device and change time in ns; a changed file has another one."""


@dataclass(frozen=True, slots=True)
class _Served:
    stamp: Stamp
    media: str

    @property
    def modified(self) -> int:
        """The file's time in whole seconds since 1970, as exact as HTTP dates are."""
        return self.stamp[0] // 10**9


@dataclass(frozen=True, slots=True)
class Large(_Served):
    """A file that is read while it is sent. The receiver closes the ``descriptor``."""

    descriptor: int
    packed: None = None
    varies: bool = False

    @property
    def digest(self) -> str:
        """A text that differs between two states of the file."""
        return "-".join(f"{part:x}" for part in self.stamp[:3])

    def close(self) -> None:
        """Close the descriptor without reading."""
        os.close(self.descriptor)


@dataclass(frozen=True, slots=True)
class File(_Served):
    """A file's bytes as they are sent."""

    body: bytes
    packed: bytes | None
    """The gzip of ``body``; None where it is too small, or no text."""
    varies: bool
    """Whether the file may be sent packed."""
    digest: str
    """The hash of ``body``."""
    answers: dict[tuple[int, bool], Whole] = field(default_factory=dict)
    """Those given so far, by status and whether packed; each is the same for every client."""

    @property
    def cost(self) -> int:
        """Bytes of memory that it takes in the cache."""
        return len(self.body) + len(self.packed or b"") + OVERHEAD


class Files:
    """The regular files below a folder; those used last are cached in ``limit`` bytes.

    Every request compares the file's stamp, so that a change shows at once.
    """

    def __init__(self, root: Path, limit: int = CACHE_SIZE) -> None:
        self._root = root.absolute()
        self._limit = limit
        self._cached: OrderedDict[str, File] = OrderedDict()
        self._loading = asyncio.Lock()
        self.size = 0

    async def get(self, path: str) -> File | Large | None:
        """Give the file at a decoded path such as ``/feeds/rss.xml``; None where there is none to serve.

        A path that ends in ``/`` means the index page of that folder. Raises OSError where a file is
        there but cannot be read.
        """
        if file := self.held(path):
            return file
        with self._opened(path) as opened:
            if not opened:
                return None
            descriptor, stamp = opened
            media = media_type(parts_of(path)[-1])
            if is_streamed(path, media, stamp[1]):
                return Large(stamp, media, os.dup(descriptor))
        async with self._loading:  # one at a time, so that many requests for one new feed read it once
            file = self.held(path) or await run_in_threadpool(self._load, path)
            if file:
                self._cache(path, file)
            return file

    async def exists(self, path: str) -> bool:
        """Tell whether there is a file to serve at this path."""
        with self._opened(path) as opened:
            return opened is not None

    def held(self, path: str) -> File | None:
        """Give the cached file at a path, as long as it is the one on disk and no folder became a link."""
        file = self._cached.get(path)
        if not file:
            return None
        *folders, name = parts_of(path)
        place = str(self._root)
        try:
            for folder in folders:
                place = f"{place}/{folder}"
                if not stat.S_ISDIR(os.lstat(place).st_mode):
                    return None
            # Only regular files have been read, and a link in the place of one is another inode.
            if _stamp(os.lstat(f"{place}/{name}")) != file.stamp:
                return None
        except OSError:
            return None
        self._cached.move_to_end(path)
        return file

    def _load(self, path: str) -> File | None:
        with self._opened(path) as opened:
            if not opened:
                return None
            descriptor, stamp = opened
            with open(descriptor, "rb", closefd=False) as stream:
                body = stream.read()
        parts = parts_of(path)
        whole = "/".join(("", *parts))
        varies = is_packable(whole)
        packed = self._load_packed(whole, body) if varies else None
        digest = hexdigest(body)
        return File(stamp, media_type(parts[-1]), body, packed, varies, digest)

    def _load_packed(self, path: str, body: bytes) -> bytes | None:
        """Read the gzip beside a file, or pack it. One of older bytes, which a crash left, does not count."""
        with self._opened(path + GZIP_SUFFIX) as opened:
            if opened:
                with open(opened[0], "rb", closefd=False) as stream:
                    packed = stream.read()
                if packed[-TRAILER_SIZE:] == trailer(body):
                    return packed
        return compress(body) if len(body) >= MIN_SIZE else None

    def _cache(self, path: str, file: File) -> None:
        if old := self._cached.pop(path, None):
            self.size -= old.cost
        if file.cost > self._limit:
            return
        self._cached[path] = file
        self.size += file.cost
        while self.size > self._limit:
            self.size -= self._cached.popitem(last=False)[1].cost

    @contextmanager
    def _opened(self, path: str) -> Iterator[tuple[int, Stamp] | None]:
        """Open the regular file at a path, or give None."""
        with ExitStack() as stack:
            try:
                found = self._walk(path, stack)
            except OSError as exc:
                if exc.errno not in ABSENT:
                    raise
                found = None
            yield found

    def _walk(self, path: str, stack: ExitStack) -> tuple[int, Stamp] | None:
        """Open each folder below the one before, so that one that is swapped meanwhile leads nowhere else."""
        *folders, name = parts_of(path)
        if not all(map(is_plain, [*folders, name])):
            return None
        folder = _open(self._root, os.O_RDONLY | os.O_DIRECTORY, None, stack)
        for part in folders:
            folder = _open(part, DIRECTORY, folder, stack)
        file = _open(name, FILE, folder, stack)
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            return None
        return file, _stamp(status)


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev, status.st_ctime_ns


def _open(path: str | Path, flags: int, folder: int | None, stack: ExitStack) -> int:
    descriptor = os.open(path, flags, dir_fd=folder)
    stack.callback(os.close, descriptor)
    return descriptor


def parts_of(path: str) -> list[str]:
    """Split a decoded path; one that ends in ``/`` means the index page of that folder."""
    parts = path.removeprefix("/").split("/")
    return [*parts[:-1], parts[-1] or INDEX]


def is_plain(part: str) -> bool:
    """Tell whether a part of a path can be a name that we write: not hidden, not "..", all printable."""
    return part.isprintable() and "\\" not in part and not part.startswith(".")
