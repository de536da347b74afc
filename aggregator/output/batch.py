"""Files written beside their places, brought to the disk together and then renamed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from aggregator.model import Document
from aggregator.output import compression as packing
from aggregator.output import directories as places
from aggregator.output.compression import PACKED
from aggregator.output.directories import Parts, Places, saying

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


@dataclass(frozen=True, slots=True)
class _Move:
    """A file to be renamed to ``name`` once it is on the disk; one to be removed has no ``descriptor``."""

    place: Parts
    folder: int
    name: str
    descriptor: int | None = None


class Batch:
    """Pages on their way to their places.

    What :meth:`settle` has not renamed by the end of a ``with`` is as if it had never come.
    """

    def __init__(self, roots: Mapping[str, Path]) -> None:
        self._places = Places(roots)
        self._moves: deque[_Move] = deque()

    def __enter__(self) -> Batch:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: object, trace: TracebackType | None) -> None:
        for move in self._moves:
            if move.descriptor is not None:
                os.close(move.descriptor)
                with suppress(OSError):
                    os.unlink(beside(move.name), dir_fd=move.folder)
        self._places.__exit__(kind, exc, trace)

    def add(self, page: Document, place: Parts) -> bool:
        """Write beside its place what differs from the file there; tell whether the page does.

        Its packed form is renamed first: whoever reads the new page finds one that fits. Raises PublishError.
        """
        with saying("write", self._places.shown(place)):
            folder, name = self._places.folder(place[:-1], make=True), place[-1]
            changed = places.size(folder, name) != len(page.body) or places.read(folder, name) != page.body
            if packing.is_packed(page.path, page.body):
                end = places.read(folder, name + PACKED, packing.TRAILER)
                if end != packing.trailer(page.body):
                    self._write(place, folder, name + PACKED, packing.pack(page.body))
                else:
                    places.remove(folder, beside(name + PACKED))
            elif packing.is_text(page.path):
                places.remove(folder, beside(name + PACKED))
                self._moves.append(_Move(place, folder, name + PACKED))
            if changed:
                self._write(place, folder, name, page.body)
            else:
                # What a crash left behind, where the page is back to what it was.
                places.remove(folder, beside(name))
        return changed

    def drop(self, page: str, place: Parts) -> None:
        """Remove a page and what lies beside it. Raises PublishError."""
        with saying("remove", self._places.shown(place)), suppress(FileNotFoundError):
            folder, name = self._places.folder(place[:-1]), place[-1]
            # The packed form goes first: nginx would serve it without its page.
            for one in (name + PACKED, name) if packing.is_text(page) else (name,):
                places.remove(folder, beside(one))
                if places.remove(folder, one):
                    self._places.touch(place[:-1])

    def settle(self) -> None:
        """Put everything in place: the bytes are on the disk before the name is, and both at the end.

        Raises PublishError.
        """
        for move in self._moves:
            if move.descriptor is not None:
                with saying("write", self._places.shown(move.place)):
                    os.fsync(move.descriptor)
        while self._moves:
            move = self._moves[0]
            with saying("write", self._places.shown(move.place)):
                if move.descriptor is None:
                    if places.remove(move.folder, move.name):
                        self._places.touch(move.place[:-1])
                else:
                    os.replace(beside(move.name), move.name, src_dir_fd=move.folder, dst_dir_fd=move.folder)
                    os.close(move.descriptor)
                    self._places.touch(move.place[:-1])
            self._moves.popleft()
        self._places.settle()

    def _write(self, place: Parts, folder: int, name: str, body: bytes) -> None:
        places.remove(folder, beside(name))  # a crash may have left it
        descriptor = os.open(beside(name), NEW, 0o666, dir_fd=folder)
        self._moves.append(_Move(place, folder, name, descriptor))
        with open(descriptor, "wb", closefd=False) as file:
            file.write(body)
        if hasattr(os, "posix_fadvise"):
            # Writing begins now: one commit of the file system's journal serves a batch (dpkg does the same).
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def beside(name: str) -> str:
    """Where a file is written first. No page's name begins with a dot, and each has a place of its own."""
    return f".{name}.part"
