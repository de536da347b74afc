"""Where documents are put: what publishing asks of a place, be it folders or buckets."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from aggregator.model import Document
from aggregator.output.folders import Folders

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


def open_destination(roots: Mapping[str, str]) -> Destination:
    """Give the places of these names, each at the path of a folder."""
    return Folders({name: Path(root) for name, root in roots.items()})
