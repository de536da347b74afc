"""Where documents are put: what publishing asks of a place, be it folders or buckets."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from aggregator.errors import PublishError
from aggregator.model import Document
from aggregator.output.folders import Folders
from aggregator.settings.values import BUCKET

Noting = Callable[[Sequence[str]], None]
"""Gets the paths of documents that are about to change."""


class Inspection(Protocol):
    """A look at what lies in a place. Each method raises PublishError where it cannot be read."""

    def fault(self, path: str, expected: bytes | str) -> tuple[str, str] | None:
        """Say which file of a document is not what it should be, and in a word what is wrong with it.

        ``expected`` are its bytes, or the hexdigest of them. None where all is well.
        """

    def files(self) -> Iterator[str]:
        """Yield the path of every file, without packed forms beside documents, in no order."""


class Destination(Protocol):
    """Places by name: a document's path begins with the name of its place (``site/index.html``)."""

    def write(self, documents: Iterable[Document], noting: Noting | None = None) -> list[str]:
        """Put documents in place, each whole or not at all; return the paths of those that changed.

        What is the same already is not touched. ``noting`` hears of changes before they are made. When this
        returns, the documents are there to stay. Raises PublishError.
        """

    def remove(self, paths: Sequence[str]) -> None:
        """Remove documents, as far as they exist. Raises PublishError."""

    def has(self, path: str) -> bool:
        """Tell whether there is a document at a path. Raises PublishError."""

    def missing(self, paths: Sequence[str]) -> list[str]:
        """Return those of some paths at which there is no document. Raises PublishError."""

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a document, None where there is none. Raises PublishError."""

    def inspect(self) -> Inspection:
        """Look at all that is there. Raises PublishError."""

    def shown(self, path: str) -> str:
        """The path of a document as the user knows it."""

    def covers(self, path: str) -> bool:
        """Tell whether a path belongs to one of these places."""

    def exists(self, name: str) -> bool:
        """Tell whether a place is there."""

    def lock(
        self, *, wait: float, on_wait: Callable[[str], None], stopped: Callable[[], bool]
    ) -> AbstractContextManager[None]:
        """Keep other processes of this machine from publishing there. Raises BusyError, PublishError."""


class Places:
    """Folders and buckets side by side; each document goes to the one that covers it."""

    def __init__(self, places: Sequence[Destination]) -> None:
        self._places = places

    def write(self, documents: Iterable[Document], noting: Noting | None = None) -> list[str]:
        """Put documents in place, those of one place after the other. Raises PublishError."""
        documents = list(documents)
        changed = []
        for place in self._places:
            changed += place.write([one for one in documents if place.covers(one.path)], noting)
        return changed

    def remove(self, paths: Sequence[str]) -> None:
        """Remove documents. Raises PublishError."""
        for place in self._places:
            place.remove([path for path in paths if place.covers(path)])

    def has(self, path: str) -> bool:
        """Tell whether there is a document at a path. Raises PublishError."""
        return self._of(path).has(path)

    def missing(self, paths: Sequence[str]) -> list[str]:
        """Return those of some paths at which there is no document. Raises PublishError."""
        covered = ([path for path in paths if place.covers(path)] for place in self._places)
        return [
            path for place, some in zip(self._places, covered, strict=True) for path in place.missing(some)
        ]

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a document, None where there is none. Raises PublishError."""
        return self._of(path).read(path)

    def inspect(self) -> "Inspections":
        """Look at all that is there. Raises PublishError."""
        return Inspections([(place, place.inspect()) for place in self._places])

    def shown(self, path: str) -> str:
        """The path of a document as the user knows it."""
        return self._of(path).shown(path)

    def covers(self, path: str) -> bool:
        """Tell whether a path belongs to one of these places."""
        return any(place.covers(path) for place in self._places)

    def exists(self, name: str) -> bool:
        """Tell whether a place is there."""
        return self._of(f"{name}/").exists(name)

    @contextmanager
    def lock(
        self, *, wait: float, on_wait: Callable[[str], None], stopped: Callable[[], bool]
    ) -> Iterator[None]:
        """Lock the place of the site. Raises BusyError, PublishError."""
        with self._of("site/").lock(wait=wait, on_wait=on_wait, stopped=stopped):
            yield

    def _of(self, path: str) -> Destination:
        for place in self._places:
            if place.covers(path):
                return place
        raise PublishError(f"{path!r} is not a place below the output folders")


class Inspections:
    """Looks at several places."""

    def __init__(self, looks: Sequence[tuple[Destination, Inspection]]) -> None:
        self._looks = looks

    def fault(self, path: str, expected: bytes | str) -> tuple[str, str] | None:
        """Say what is wrong with a document. Raises PublishError."""
        return next(look.fault(path, expected) for place, look in self._looks if place.covers(path))

    def files(self) -> Iterator[str]:
        """Yield the path of every file."""
        for _, look in self._looks:
            yield from look.files()


def open_destination(roots: Mapping[str, str], headers: Callable[[str], Mapping[str, str]]) -> Destination:
    """Give the places of these names, each the path of a folder or the address of a bucket.

    ``headers`` gives those with which the document at a path is served from a bucket. Raises PublishError.
    """
    folders = Folders({name: Path(root) for name, root in roots.items() if not root.startswith(BUCKET)})
    if len(folders.roots) == len(roots):
        return folders
    from aggregator.output.bucket import Bucket  # loaded only where there is one

    buckets = [Bucket(name, root, headers) for name, root in roots.items() if root.startswith(BUCKET)]
    return Places([*buckets, folders])
