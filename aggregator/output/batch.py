"""Documents written beside their names, brought to the disk together and then renamed."""

import os
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from aggregator.model import Document
from aggregator.output import compression, directories
from aggregator.output.compression import GZIP_SUFFIX, TRAILER_SIZE
from aggregator.output.directories import Directories, Parts, sync_side_by_side

NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL


@dataclass(frozen=True, slots=True)
class _Move:
    """A change of one name that :meth:`Batch.commit` makes."""

    document: Parts
    """The document for which it is made."""
    directory: int
    name: str
    descriptor: int | None = None
    """The temporary file to be renamed to ``name``; None where ``name`` is to be removed."""


class Batch:
    """Documents on their way into place.

    What :meth:`commit` has not renamed by the end of a ``with`` leaves no trace.
    """

    def __init__(self, roots: Mapping[str, Path], threads: Executor) -> None:
        self._directories = Directories(roots)
        self._threads = threads
        self._moves: deque[_Move] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        for move in self._moves:
            if move.descriptor is not None:
                os.close(move.descriptor)
                with suppress(OSError):
                    os.unlink(temporary(move.name), dir_fd=move.directory)
        self._directories.__exit__(*exc_info)

    def add(self, document: Document, parts: Parts) -> bool:
        """Write a document and its gzip where the files differ; tell whether the document itself does.

        The gzip is renamed first, so that whoever reads the new document finds one that fits. Raises
        PublishError.
        """
        with self._directories.wrapped_errors("write", parts):
            directory, name = self._directories.descriptor(parts[:-1], make=True), parts[-1]
            changed = (
                directories.size(directory, name) != len(document.body)
                or directories.read(directory, name) != document.body
            )
            self._add_gzip(document, parts, directory, changed)
            if changed:
                self._write(parts, directory, name, document.body)
            else:
                # A crash may have left one, and the document is back to what it was.
                directories.remove(directory, temporary(name))
        return changed

    def remove(self, path: str, parts: Parts) -> None:
        """Remove a document and what lies beside it. Raises PublishError."""
        with self._directories.wrapped_errors("remove", parts), suppress(FileNotFoundError):
            directory, name = self._directories.descriptor(parts[:-1]), parts[-1]
            # The gzip goes first: nginx would serve it without its document.
            for file in (name + GZIP_SUFFIX, name) if compression.is_text(path) else (name,):
                directories.remove(directory, temporary(file))
                if directories.remove(directory, file):
                    self._directories.note_change(parts[:-1])

    def commit(self) -> None:
        """Put everything in place: the bytes are on the disk before the names, and both at the end.

        Raises PublishError.
        """
        sync_side_by_side(self._threads, self._sync, self._moves)
        while self._moves:
            move = self._moves[0]
            with self._directories.wrapped_errors("write", move.document):
                if self._make(move):
                    self._directories.note_change(move.document[:-1])
            self._moves.popleft()
        self._directories.sync(self._threads)

    def _sync(self, move: _Move) -> None:
        if move.descriptor is not None:
            with self._directories.wrapped_errors("write", move.document):
                os.fsync(move.descriptor)

    def _make(self, move: _Move) -> bool:
        """Change a name; tell whether it needed a change."""
        if move.descriptor is None:
            return directories.remove(move.directory, move.name)
        os.replace(temporary(move.name), move.name, src_dir_fd=move.directory, dst_dir_fd=move.directory)
        os.close(move.descriptor)
        return True

    def _add_gzip(self, document: Document, parts: Parts, directory: int, changed: bool) -> None:
        if not compression.is_text(document.path):
            return
        name, body = parts[-1] + GZIP_SUFFIX, document.body
        if not compression.is_compressed(document.path, body):
            directories.remove(directory, temporary(name))
            self._moves.append(_Move(parts, directory, name))
        elif changed or directories.read(directory, name, TRAILER_SIZE) != compression.trailer(body):
            self._write(parts, directory, name, compression.compress(body))
        else:
            directories.remove(directory, temporary(name))

    def _write(self, document: Parts, directory: int, name: str, body: bytes) -> None:
        try:
            descriptor = os.open(temporary(name), NEW_FILE, 0o666, dir_fd=directory)
        except FileExistsError:  # a crash may have left it
            directories.remove(directory, temporary(name))
            descriptor = os.open(temporary(name), NEW_FILE, 0o666, dir_fd=directory)
        self._moves.append(_Move(document, directory, name, descriptor))
        rest = memoryview(body)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        if hasattr(os, "posix_fadvise"):
            # Writing begins now, so that one journal commit of the file system serves a batch (as in dpkg).
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def temporary(name: str) -> str:
    """The name under which a file is written first; no document's name begins with a dot."""
    return f".{name}.part"
