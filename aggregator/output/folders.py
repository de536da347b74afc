"""The folders we write, each page at its place below one of them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from aggregator.errors import BusyError, PublishError
from aggregator.model import Page

POLL_SECONDS = 0.1


class Folders:
    """Output folders by name: a page's path begins with the name of its folder (``site/index.html``)."""

    def __init__(self, roots: Mapping[str, Path]) -> None:
        self.roots = dict(roots)

    def write(self, page: Page) -> bool:
        """Put a page in place, whole or not at all; tell whether anything changed.

        The bytes are on the disk before the name is. Raises PublishError.
        """
        target = self._place(page.path)
        beside = _beside(target)
        try:
            if _same(target, page.body):
                return False
            target.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as file:
                file.write(page.body)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
        except OSError as exc:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise PublishError(f"cannot write {target}: {exc.strerror}") from exc
        return True

    def remove(self, path: str) -> None:
        """Remove a page, if it is there. Raises PublishError."""
        target = self._place(path)
        try:
            target.unlink(missing_ok=True)
            _beside(target).unlink(missing_ok=True)
        except OSError as exc:
            raise PublishError(f"cannot remove {target}: {exc.strerror}") from exc

    def read(self, path: str) -> bytes | None:
        """Give the bytes at a path, None where there is no such file. Raises PublishError."""
        target = self._place(path)
        try:
            return target.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as exc:
            raise PublishError(f"cannot read {target}: {exc.strerror}") from exc

    def files(self) -> Iterator[str]:
        """List every file in the folders, as paths of pages, in no order."""
        for name, root in self.roots.items():
            for folder, _, files in os.walk(root):
                for file in files:
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

    def _place(self, path: str) -> Path:
        name, _, rest = path.partition("/")
        parts = rest.split("/")
        if name not in self.roots or any(part in ("", ".", "..") or "\\" in part for part in parts):
            raise PublishError(f"{path!r} is not a place below the output folders")
        return self.roots[name].joinpath(*parts)


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
