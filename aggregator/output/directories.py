"""Folders opened one below the other, so that nothing swapped in between leads elsewhere."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from aggregator.errors import PublishError

# A link is refused at every step (O_NOFOLLOW); O_NONBLOCK, or opening a FIFO would wait for a writer.
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENXIO}
UNABLE = {errno.EINVAL, errno.ENOTSUP}  # a file system that syncs files but no folders
Parts = tuple[str, ...]
"""A place: the name of a root, folders below it, perhaps the name of a file."""


class Places:
    """The folders below some roots, held open until the end of a ``with``.

    A root may be a symbolic link, as its owner likes; below it none is followed: whoever can put one there
    must not make us write elsewhere.
    """

    def __init__(self, roots: Mapping[str, Path]) -> None:
        self._roots = roots
        self._open: dict[Parts, int] = {}
        self._touched: set[Parts] = set()

    def __enter__(self) -> Places:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: object, trace: TracebackType | None) -> None:
        for descriptor in self._open.values():
            os.close(descriptor)

    def shown(self, place: Parts) -> Path:
        """A place as the user knows it, below the configured folder."""
        return self._roots[place[0]].joinpath(*place[1:])

    def folder(self, place: Parts, *, make: bool = False) -> int:
        """Open a folder, or make it. Raises OSError, PublishError where a link is in the way."""
        if place not in self._open:
            self._open[place] = self._open_below(place, make) if place[1:] else self._open_root(place, make)
        return self._open[place]

    def touch(self, folder: Parts) -> None:
        """Note that names in an open folder have changed."""
        self._touched.add(folder)

    def settle(self) -> None:
        """Bring the names that have changed to the disk. Raises PublishError."""
        for place in self._touched:
            with saying("write", self.shown(place)):
                try:
                    os.fsync(self._open[place])
                except OSError as exc:
                    if exc.errno not in UNABLE:
                        raise
        self._touched.clear()

    def _open_root(self, place: Parts, make: bool) -> int:
        root = self._roots[place[0]]
        if make:
            root.mkdir(parents=True, exist_ok=True)
        return os.open(root, os.O_RDONLY | os.O_DIRECTORY)

    def _open_below(self, place: Parts, make: bool) -> int:
        above, name = self.folder(place[:-1], make=make), place[-1]
        try:
            return os.open(name, FOLDER, dir_fd=above)
        except FileNotFoundError:
            if not make:
                raise
        except NotADirectoryError as exc:
            if stat.S_ISLNK(os.lstat(name, dir_fd=above).st_mode):
                message = f"{self.shown(place)} is a symbolic link, which is not followed; remove it"
                raise PublishError(message) from exc
            raise
        with contextlib.suppress(FileExistsError):  # another one of us was faster
            os.mkdir(name, dir_fd=above)
            self.touch(place[:-1])
        return os.open(name, FOLDER, dir_fd=above)


def read(folder: int, name: str, last: int | None = None) -> bytes | None:
    """Read a file, or its ``last`` bytes; None where there is no regular file. Raises OSError."""
    try:
        descriptor = os.open(name, FILE, dir_fd=folder)
    except OSError as exc:
        if exc.errno in ABSENT:
            return None
        raise
    with open(descriptor, "rb") as file:
        said = os.fstat(descriptor)
        if not stat.S_ISREG(said.st_mode):
            return None
        if last is not None:
            file.seek(max(0, said.st_size - last))
        return file.read()


def size(folder: int, name: str) -> int | None:
    """Size of a regular file, None where there is none. Raises OSError."""
    try:
        said = os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return None
    return said.st_size if stat.S_ISREG(said.st_mode) else None


def remove(folder: int, name: str) -> bool:
    """Remove a file, tell whether there was one. Raises OSError."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def saying(what: str, path: Path) -> Iterator[None]:
    """Say of an error of the system which file it was about. Raises PublishError."""
    try:
        yield
    except OSError as exc:
        raise PublishError(f"cannot {what} {path}: {exc.strerror or exc}") from exc
