"""The folders we write, each page at its place below one of them."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from aggregator.errors import BusyError, PublishError
from aggregator.model import Document
from aggregator.output import compression as packing
from aggregator.output import directories as places
from aggregator.output.batch import Batch
from aggregator.output.compression import PACKED
from aggregator.output.directories import Parts, Places, saying

POLL_SECONDS = 0.1
# Files that are brought to the disk together, each open until then: far below what a process may open.
TOGETHER = 64


class Folders:
    """Output folders by name: a page's path begins with the name of its folder (``site/index.html``)."""

    def __init__(self, roots: Mapping[str, Path]) -> None:
        self.roots = dict(roots)

    def write(self, pages: Iterable[Document]) -> list[str]:
        """Put pages in place, each whole or not at all, with its packed form; list the paths of what changed.

        The bytes are on the disk before the name is, and both are when this returns. Pages are put there some
        at a time. Between two renames a packed form may be that of another state of its page, which its own
        checksum tells; written again, it is mended. Raises PublishError.
        """
        changed: list[str] = []
        for group in _groups(pages):
            with Batch(self.roots) as batch:
                new = [page.path for page in group if batch.add(page, self._place(page.path))]
                batch.settle()
            changed += new
        return changed

    def remove(self, paths: Sequence[str]) -> None:
        """Remove pages and their packed forms, where they are there. Raises PublishError."""
        for start in range(0, len(paths), TOGETHER):
            with Batch(self.roots) as batch:
                for path in paths[start : start + TOGETHER]:
                    batch.drop(path, self._place(path))
                batch.settle()

    def has(self, path: str) -> bool:
        """Tell whether there is a file at a path. Raises PublishError."""
        place = self._place(path)
        with self._opened(place) as folder:
            return folder is not None and places.size(folder, place[-1]) is not None

    def read(self, path: str) -> bytes | None:
        """Give the bytes at a path, None where there is no such file. Raises PublishError."""
        place = self._place(path)
        with self._opened(place) as folder:
            return None if folder is None else places.read(folder, place[-1])

    def packing_fault(self, page: Document) -> str:
        """Say in a word what is wrong with the packed form of a page that is in place; empty for nothing."""
        if not packing.is_text(page.path):
            return ""
        place = self._place(page.path)
        with self._opened(place) as folder:
            packed = None if folder is None else places.read(folder, place[-1] + PACKED)
        if not packing.is_packed(page.path, page.body):
            return "" if packed is None else "unexpected"
        if packed is None:
            return "missing"
        return "" if packing.holds(packed, page.body) else "changed"

    def files(self) -> Iterator[str]:
        """List every file in the folders, as paths of pages, in no order; packed forms go with their page.

        Raises PublishError where a folder cannot be read.
        """
        for name, root in self.roots.items():
            for above, folders, files in os.walk(root, onerror=_complain):
                held = set(files)
                below = Path(above).relative_to(root)
                links = [one for one in folders if Path(above, one).is_symlink()]
                for path in ((Path(name) / below / one).as_posix() for one in [*files, *links]):
                    page = path.removesuffix(PACKED)
                    if page == path or not packing.is_text(page) or Path(page).name not in held:
                        yield path

    def shown(self, path: str) -> str:
        """Give a page's path as the user knows it, below the configured folder."""
        name, *parts = path.split("/")
        return str(self.roots[name].joinpath(*parts))

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

    @contextmanager
    def _opened(self, place: Parts) -> Iterator[int | None]:
        """The folder of a place; None where there is none. Raises PublishError."""
        with Places(self.roots) as opened, saying("read", opened.shown(place)):
            try:
                folder = opened.folder(place[:-1])
            except (FileNotFoundError, NotADirectoryError):
                folder = None
            yield folder

    def _place(self, path: str) -> Parts:
        name, *parts = path.split("/")
        # What begins with a dot is hidden: the way up, and what lies beside a page until it is whole.
        if name not in self.roots or not parts or any(_is_unsafe(part) for part in parts):
            raise PublishError(f"{path!r} is not a place below the output folders")
        if parts[-1].endswith(PACKED) and packing.is_text(path.removesuffix(PACKED)):
            raise PublishError(f"{path!r} is where the packed form of another page lies")
        return (name, *parts)


def _is_unsafe(part: str) -> bool:
    return not part or part.startswith(".") or "\\" in part or "\0" in part


def _groups(pages: Iterable[Document]) -> Iterator[list[Document]]:
    """Pages that are put in place together: no path twice, so that the last one stays."""
    group: dict[str, Document] = {}
    for page in pages:
        if page.path in group or len(group) >= TOGETHER:
            yield list(group.values())
            group = {}
        group[page.path] = page
    yield list(group.values())


def _complain(exc: OSError) -> None:
    """Say which folder cannot be read; one that is not there has nothing in it."""
    if not isinstance(exc, FileNotFoundError):
        raise PublishError(f"cannot read {exc.filename}: {exc.strerror}") from exc


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
