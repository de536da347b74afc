"""Directories opened one below the other, so that nothing swapped in between leads elsewhere."""

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

from aggregator.errors import PublishError

# O_NOFOLLOW refuses a link at every step; without O_NONBLOCK, opening a FIFO would wait for a writer.
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO}
# Some file systems sync files but no directories.
NO_DIRECTORY_SYNC = {errno.EINVAL, errno.ENOTSUP}
MAX_SYNCS = 4
"""Threads that wait for the disk side by side."""
Parts = tuple[str, ...]
"""A path in its parts: the name of a root, the directories below it, perhaps the name of a file."""
Item = TypeVar("Item")


class Directories:
    """The directories below some roots, held open until the end of a ``with``.

    A root may be a symbolic link if its owner likes. Below it no link is followed, because whoever can put
    one there must not make us write elsewhere.
    """

    def __init__(self, roots: Mapping[str, Path]) -> None:
        self._roots = roots
        self._open: dict[Parts, int] = {}
        self._changed: set[Parts] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        for descriptor in self._open.values():
            os.close(descriptor)

    def shown(self, parts: Parts) -> Path:
        """The path as the user knows it, below the configured folder."""
        return self._roots[parts[0]].joinpath(*parts[1:])

    @contextmanager
    def wrapped_errors(self, action: str, parts: Parts) -> Iterator[None]:
        """Turn errors of the system into errors that name the action and the file. Raises PublishError."""
        try:
            yield
        except OSError as exc:
            raise PublishError(f"cannot {action} {self.shown(parts)}: {exc.strerror or exc}") from exc

    def descriptor(self, parts: Parts, *, make: bool = False) -> int:
        """Open a directory, or make it. Raises OSError, PublishError where a link is in the way."""
        if parts not in self._open:
            self._open[parts] = self._open_below(parts, make) if parts[1:] else self._open_root(parts, make)
        return self._open[parts]

    def note_change(self, parts: Parts) -> None:
        """Note that names in an open directory have changed."""
        self._changed.add(parts)

    def sync(self, threads: Executor) -> None:
        """Bring the names that have changed to the disk. Raises PublishError."""
        sync_side_by_side(threads, self._sync, self._changed)
        self._changed.clear()

    def _sync(self, parts: Parts) -> None:
        with self.wrapped_errors("write", parts):
            try:
                os.fsync(self._open[parts])
            except OSError as exc:
                if exc.errno not in NO_DIRECTORY_SYNC:
                    raise

    def _open_root(self, parts: Parts, make: bool) -> int:
        root = self._roots[parts[0]]
        if make:
            root.mkdir(parents=True, exist_ok=True)
        return os.open(root, os.O_RDONLY | os.O_DIRECTORY)

    def _open_below(self, parts: Parts, make: bool) -> int:
        above, name = self.descriptor(parts[:-1], make=make), parts[-1]
        try:
            return os.open(name, DIRECTORY, dir_fd=above)
        except FileNotFoundError:
            if not make:
                raise
        except NotADirectoryError as exc:
            if stat.S_ISLNK(os.lstat(name, dir_fd=above).st_mode):
                message = f"{self.shown(parts)} is a symbolic link, which is not followed; remove it"
                raise PublishError(message) from exc
            raise
        with contextlib.suppress(FileExistsError):  # another process made it first
            os.mkdir(name, dir_fd=above)
            self.note_change(parts[:-1])
        return os.open(name, DIRECTORY, dir_fd=above)


def sync_side_by_side(threads: Executor, sync: Callable[[Item], None], items: Collection[Item]) -> None:
    """Bring items to the disk, which takes many at a time as long as one. Raises what ``sync`` does."""
    # Each thread has its share at once: to hand over one by one costs as much as to write.
    count, listed = min(MAX_SYNCS, len(items)), list(items)
    shares = [threads.submit(_sync_all, sync, listed[start::count]) for start in range(count)]
    wait(shares)  # one that fails leaves none behind that is at work
    for share in shares:
        share.result()


def _sync_all(sync: Callable[[Item], None], items: Sequence[Item]) -> None:
    for item in items:
        sync(item)


def read(directory: int, name: str, last: int | None = None) -> bytes | None:
    """Read a file, or its ``last`` bytes; None where there is no regular file. Raises OSError."""
    try:
        descriptor = os.open(name, FILE, dir_fd=directory)
    except OSError as exc:
        if exc.errno in ABSENT:
            return None
        raise
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        if last is not None:
            file.seek(max(0, status.st_size - last))
        return file.read()


def size(directory: int, name: str) -> int | None:
    """The size of a regular file in bytes; None where there is none. Raises OSError."""
    try:
        status = os.lstat(name, dir_fd=directory)
    except FileNotFoundError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def remove(directory: int, name: str) -> bool:
    """Remove a file; tell whether there was one. Raises OSError."""
    try:
        os.unlink(name, dir_fd=directory)
    except FileNotFoundError:
        return False
    return True
