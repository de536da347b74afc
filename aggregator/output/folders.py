"""The output folders: documents are written, read and removed by their paths."""

import errno
import fcntl
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Self

from aggregator.errors import PublishError
from aggregator.model import Document
from aggregator.model.digest import hexdigest
from aggregator.output import compression, directories
from aggregator.output.batch import Batch
from aggregator.output.compression import GZIP_SUFFIX
from aggregator.output.directories import MAX_SYNCS, Directories, Parts
from aggregator.output.waiting import wait_for

NAME_FILE = ".aggregator-folder"
"""Lies in a folder of a cluster, and tells it from those at the same path of other machines."""
POSITION_FILE = ".aggregator-position"
"""Lies in a folder that is made from PostgreSQL, and tells from which state of the database."""
BATCH_SIZE = 64
"""Documents that are brought to the disk together. Each stays open until then; a process may open 1,024."""


class Folders:
    """Output folders by name: a document's path begins with the name of its folder (``site/index.html``)."""

    def __init__(self, roots: Mapping[str, Path]) -> None:
        self.roots = dict(roots)
        # They stay, because to start them costs more than what they do, and end with this object.
        self._threads = ThreadPoolExecutor(MAX_SYNCS, thread_name_prefix="sync")

    def write(
        self, documents: Iterable[Document], noting: Callable[[Sequence[str]], None] | None = None
    ) -> list[str]:
        """Put documents in place, each whole or not at all, with its gzip; return the paths of those changed.

        They are put there in batches, of whose changes ``noting`` hears before. When this returns, bytes and
        names are on the disk. A crash between two renames may leave a gzip that is of another state of its
        document, as its checksum tells; writing the document again mends it. Raises PublishError.
        """
        changed: list[str] = []
        for group in _batches(documents):
            with Batch(self.roots, self._threads) as batch:
                new = [one.path for one in group if batch.add(one, self._parts(one.path))]
                if noting and new:
                    noting(new)
                batch.commit()
            changed += new
        return changed

    def remove(self, paths: Sequence[str]) -> None:
        """Remove documents and their gzips, as far as they exist. Raises PublishError."""
        for start in range(0, len(paths), BATCH_SIZE):
            with Batch(self.roots, self._threads) as batch:
                for path in paths[start : start + BATCH_SIZE]:
                    batch.remove(path, self._parts(path))
                batch.commit()

    def has(self, path: str) -> bool:
        """Tell whether there is a file at a path. Raises PublishError."""
        parts = self._parts(path)
        with self._directory(parts) as directory:
            return directory is not None and directories.size(directory, parts[-1]) is not None

    def missing(self, paths: Sequence[str]) -> list[str]:
        """Return those of some paths at which there is no file. Raises PublishError."""
        return [path for path in paths if not self.has(path)]

    def read(self, path: str) -> bytes | None:
        """Return the bytes at a path, None where there is no such file. Raises PublishError."""
        return self._read(path)

    def inspect(self) -> Self:
        """Give what looks at the files: these folders themselves."""
        return self

    def fault(self, path: str, expected: bytes | str) -> tuple[str, str] | None:
        """Say which file of a document is not what it should be, and what is wrong with it.

        ``expected`` are its bytes, or the hexdigest of them. Raises PublishError.
        """
        found = self._read(path)
        if found is None:
            return path, "missing"
        if found != expected and hexdigest(found) != expected:
            return path, "changed"
        fault = self.gzip_fault(Document(path, found))
        return (f"{path}{GZIP_SUFFIX}", fault) if fault else None

    def gzip_fault(self, document: Document) -> str:
        """Say in a word what is wrong with the gzip beside a document in place; empty for nothing."""
        if not compression.is_text(document.path):
            return ""
        found = self._read(document.path, GZIP_SUFFIX)
        if not compression.is_compressed(document.path, document.body):
            return "" if found is None else "unexpected"
        if found is None:
            return "missing"
        return "" if compression.unpacks_to(found, document.body) else "changed"

    def files(self) -> Iterator[str]:
        """Yield the path of every file in the folders but the gzips of documents, in no order.

        Raises PublishError where a folder cannot be read.
        """
        for name, root in self.roots.items():
            for above, folders, files in os.walk(root, onerror=_raise_unreadable):
                present = set(files)
                present -= {NAME_FILE, POSITION_FILE}
                folder = Path(name) / Path(above).relative_to(root)
                links = [one for one in folders if Path(above, one).is_symlink()]
                for file in (*present, *links):
                    document = file.removesuffix(GZIP_SUFFIX)
                    is_gzip = document != file and document in present
                    if not (is_gzip and compression.is_text((folder / document).as_posix())):
                        yield (folder / file).as_posix()

    def shown(self, path: str) -> str:
        """The path of a document as the user knows it, below the configured folder."""
        name, *parts = path.split("/")
        return str(self.roots[name].joinpath(*parts))

    def covers(self, path: str) -> bool:
        """Tell whether a path belongs to one of these folders."""
        return path.partition("/")[0] in self.roots

    def exists(self, name: str) -> bool:
        """Tell whether a folder is there."""
        return self.roots[name].exists()

    @contextmanager
    def lock(
        self, *, wait: float, on_wait: Callable[[str], None], stopped: Callable[[], bool]
    ) -> Iterator[None]:
        """Keep other processes of ours from publishing to the folders.

        Where another one does, ``on_wait`` gets a message once, and we wait up to ``wait`` seconds or until
        ``stopped``. Raises BusyError after that, PublishError where a folder cannot be made.
        """
        root = self.roots["site"]
        with lock_directory(root, f"to {root}", wait=wait, on_wait=on_wait, stopped=stopped):
            yield

    def _read(self, path: str, suffix: str = "") -> bytes | None:
        parts = self._parts(path)
        with self._directory(parts) as directory:
            return None if directory is None else directories.read(directory, parts[-1] + suffix)

    @contextmanager
    def _directory(self, parts: Parts) -> Iterator[int | None]:
        """The open directory of a file; None where there is none. Raises PublishError."""
        with Directories(self.roots) as opened, opened.wrapped_errors("read", parts):
            try:
                directory = opened.descriptor(parts[:-1])
            except (FileNotFoundError, NotADirectoryError):
                directory = None
            yield directory

    def _parts(self, path: str) -> Parts:
        name, *parts = path.split("/")
        if name not in self.roots or not parts or any(is_unsafe(part) for part in parts):
            raise PublishError(f"{path!r} is not a place below the output folders")
        if parts[-1].endswith(GZIP_SUFFIX) and compression.is_text(path.removesuffix(GZIP_SUFFIX)):
            raise PublishError(f"{path!r} is where the packed form of another page lies")
        return (name, *parts)


@contextmanager
def lock_directory(
    directory: Path, what: str, *, wait: float, on_wait: Callable[[str], None], stopped: Callable[[], bool]
) -> Iterator[None]:
    """Do as ``Folders.lock``, for any directory; ``what`` says in messages what is published."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        # A directory can be locked itself, so that no lock file lies among the documents.
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as exc:
        raise PublishError(f"cannot use {directory}: {exc.strerror}") from exc
    try:
        wait_for(partial(_take, handle), what, wait=wait, on_wait=on_wait, stopped=stopped)
        yield
    finally:
        os.close(handle)


def name_folder(directory: Path) -> str:
    """Return the name by which a folder is known whichever machine sees it, made where it has none.

    Raises PublishError.
    """
    file = directory / NAME_FILE
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError), file.open("x") as made:
            made.write(secrets.token_hex(16))
        return file.read_text("utf-8", "replace")
    except OSError as exc:
        raise PublishError(f"cannot use {directory}: {exc.strerror}") from exc


def is_unsafe(part: str) -> bool:
    """Whether a part of a path is no name of ours."""
    # Names with a dot in front are hidden: the parent directory, and files that are not whole yet.
    return not part or part.startswith(".") or "\\" in part or "\0" in part


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Documents that are put in place together: no path occurs twice, so that the last one wins."""
    batch: dict[str, Document] = {}
    for document in documents:
        if document.path in batch or len(batch) >= BATCH_SIZE:
            yield list(batch.values())
            batch = {}
        batch[document.path] = document
    yield list(batch.values())


def _raise_unreadable(exc: OSError) -> None:
    """Raise a PublishError that names the folder which cannot be read; a missing folder is an empty one."""
    if not isinstance(exc, FileNotFoundError):
        raise PublishError(f"cannot read {exc.filename}: {exc.strerror}") from exc


def _take(handle: int) -> bool:
    """Lock an open directory; tell whether no other process has it locked."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as exc:
        # Some file systems of a network know no locks. The database's own still keeps others out.
        if exc.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            raise
    return True
