"""The folders we write, each page at its place below one of them."""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import os
import struct
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from aggregator.errors import BusyError, PublishError
from aggregator.model import Page

POLL_SECONDS = 0.1
PACKED = ".gz"
TEXTS = (".html", ".css", ".xml", ".atom", ".json", ".opml", ".txt")
# Bytes below which packing is not worth a file.
SMALL = 512


class Folders:
    """Output folders by name: a page's path begins with the name of its folder (``site/index.html``)."""

    def __init__(self, roots: Mapping[str, Path]) -> None:
        self.roots = dict(roots)

    def write(self, page: Page) -> bool:
        """Put a page in place, whole or not at all, and its packed form beside it; tell whether it changed.

        The bytes are on the disk before the name is. Between the two renames the packed form may be that
        of the page before, which its own checksum tells; written again, it is mended. Raises PublishError.
        """
        target = self._place(page.path)
        try:
            changed = not _same(target, page.body)
            if changed:
                _put(target, page.body)
            if self._is_packed(page.path) and not fits(packed_form(target), page.body):
                if len(page.body) < SMALL:
                    packed_form(target).unlink(missing_ok=True)
                else:
                    _put(packed_form(target), gzip.compress(page.body, 6, mtime=0))
        except OSError as exc:
            raise PublishError(f"cannot write {target}: {exc.strerror}") from exc
        return changed

    def remove(self, path: str) -> None:
        """Remove a page and its packed form, if they are there. Raises PublishError."""
        target = self._place(path)
        try:
            for one in (packed_form(target), target):
                one.unlink(missing_ok=True)
                _beside(one).unlink(missing_ok=True)
        except OSError as exc:
            raise PublishError(f"cannot remove {target}: {exc.strerror}") from exc

    def has(self, path: str) -> bool:
        """Tell whether there is a file at a path."""
        return self._place(path).is_file()

    def read(self, path: str) -> bytes | None:
        """Give the bytes at a path, None where there is no such file. Raises PublishError."""
        target = self._place(path)
        try:
            return target.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as exc:
            raise PublishError(f"cannot read {target}: {exc.strerror}") from exc

    def is_mispacked(self, path: str) -> bool:
        """Tell whether the packed form of a page is that of another state of it."""
        target = self._place(path)
        body = self.read(path) if self._is_packed(path) and packed_form(target).exists() else None
        return body is not None and not fits(packed_form(target), body)

    def files(self) -> Iterator[str]:
        """List every file in the folders, as paths of pages, in no order; packed forms go with their page."""
        for name, root in self.roots.items():
            for folder, _, files in os.walk(root):
                held = set(files)
                for file in files:
                    if file.endswith(PACKED) and file.removesuffix(PACKED) in held:
                        continue
                    yield f"{name}/{(Path(folder) / file).relative_to(root).as_posix()}"

    def shown(self, path: str) -> str:
        """Give a page's path as the user knows it, below the configured folder."""
        return str(self._place(path))

    def covers(self, path: str) -> bool:
        """Tell whether a path belongs to one of these folders."""
        return path.partition("/")[0] in self.roots

    @contextmanager
    def lock(
        self, *, wait: float, on_wait: Callable[[str], None], stopped: Callable[[], bool]
    ) -> Iterator[None]:
        """Hold the folders against every other process of ours.

        Where another one holds them, ``on_wait`` is told once and we wait up to ``wait`` seconds,
        or until ``stopped``. Raises BusyError after that, PublishError where a folder cannot be made.
        """
        root = self.roots["site"]
        try:
            root.mkdir(parents=True, exist_ok=True)
            # A directory can be locked itself, so that no lock file lies among the pages.
            handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as exc:
            raise PublishError(f"cannot use {root}: {exc.strerror}") from exc
        try:
            _acquire(handle, root, wait, on_wait, stopped)
            yield
        finally:
            os.close(handle)

    def _is_packed(self, path: str) -> bool:
        """Whether a page is sent over HTTP and text; posts are for a program that reads files."""
        return path.startswith("site/") and path.endswith(TEXTS)

    def _place(self, path: str) -> Path:
        name, _, rest = path.partition("/")
        parts = rest.split("/")
        if name not in self.roots or any(part in ("", ".", "..") or "\\" in part for part in parts):
            raise PublishError(f"{path!r} is not a place below the output folders")
        place = self.roots[name]
        for part in parts:
            place = place / part
            try:
                linked = place.is_symlink()
            except OSError as exc:  # a name that is too long, say
                raise PublishError(f"cannot use {place}: {exc.strerror}") from exc
            # Whoever can put a link there must not make us write elsewhere.
            if linked:
                raise PublishError(f"{place} is a symbolic link, which is not followed; remove it")
        return place


def packed_form(target: Path) -> Path:
    """Where the gzip of a file lies: beside it, as nginx looks for it (gzip_static)."""
    return target.with_name(target.name + PACKED)


def fits(packed: Path, body: bytes) -> bool:
    """Tell by its trailer (RFC 1952, 2.3.1) whether a gzip holds these bytes; none fits what is too small."""
    try:
        with packed.open("rb") as file:
            file.seek(-8, os.SEEK_END)
            return file.read(8) == trailer(body)
    except FileNotFoundError:
        return len(body) < SMALL
    except OSError:
        return False


def trailer(body: bytes) -> bytes:
    """The end of every gzip of these bytes: their CRC-32 and length."""
    return struct.pack("<II", zlib.crc32(body), len(body) & 0xFFFFFFFF)


def _put(target: Path, body: bytes) -> None:
    beside = _beside(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def _beside(target: Path) -> Path:
    # One name a target: what a crash leaves behind is overwritten, or removed with it.
    return target.with_name(f".{target.name}.part")


def _same(target: Path, body: bytes) -> bool:
    try:
        return target.stat().st_size == len(body) and target.read_bytes() == body
    except (FileNotFoundError, NotADirectoryError):
        return False


def _acquire(
    handle: int, root: Path, wait: float, on_wait: Callable[[str], None], stopped: Callable[[], bool]
) -> None:
    deadline = time.monotonic() + wait
    told = False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            if not told:
                on_wait(f"another aggregator is publishing to {root}; waiting for it")
                told = True
            if time.monotonic() >= deadline or stopped():
                raise BusyError(f"another aggregator is publishing to {root}; try again later") from exc
            time.sleep(POLL_SECONDS)
        else:
            return
