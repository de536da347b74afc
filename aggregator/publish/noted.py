"""A destination whose changes are noted, for those who keep copies of documents: caches before it."""

from collections.abc import Iterable, Sequence

from aggregator.model import Document
from aggregator.output import Destination, Noting
from aggregator.output.destination import Places
from aggregator.render import paths
from aggregator.settings import Site
from aggregator.store import Store


class Noted(Places):
    """A destination of whose changes caches are told: each is noted before it is made, and told of after."""

    def __init__(self, destination: Destination, site: Site, store: Store) -> None:
        super().__init__([destination])
        self._site = site
        self._store = store

    def write(self, documents: Iterable[Document], noting: Noting | None = None) -> list[str]:
        """Put documents in place. Raises PublishError."""
        changed = super().write(documents, self._note)
        self._release(changed)
        return changed

    def remove(self, paths: Sequence[str]) -> None:
        """Remove documents. Raises PublishError."""
        self._note(paths)
        super().remove(paths)
        self._release(paths)

    def _note(self, documents: Sequence[str]) -> None:
        self._store.note_purges(self._addresses(documents))

    def _release(self, documents: Sequence[str]) -> None:
        self._store.release_purges(self._addresses(documents))

    def _addresses(self, documents: Sequence[str]) -> list[str]:
        own = [one.removeprefix("site/") for one in documents if one.startswith("site/")]
        return [paths.absolute(self._site, one) for one in own]
