"""How sources are described: the label under which their articles stand, and how much of those is shown."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import get_args

from aggregator.model import KeptArticle, Shown
from aggregator.render.visibility import shown
from aggregator.settings import Source
from aggregator.store import PublicPart, Store


class Descriptions:
    """The descriptions of sources, as they are configured or, once they have left, as the store has them.

    In ``private`` documents every text is shown in full.
    """

    def __init__(self, sources: Sequence[Source], store: Store, *, private: bool = False) -> None:
        self.configured: dict[str, tuple[str, Shown]] = {
            source.name: (source.shown_as, source.publish) for source in sources
        }
        self._departed: dict[str, tuple[str, Shown]] = {}
        self._store = store
        self._private = private

    def of(self, sources: Iterable[str]) -> dict[str, tuple[str, Shown]]:
        """Label, and how much is shown, of those of the sources that are configured."""
        return {name: self.configured[name] for name in sources if name in self.configured}

    def shown(self, kept: KeptArticle) -> KeptArticle:
        """As much of an article as is published, with the label of its source."""
        label, mode = self._description(kept.article.source)
        # Where nobody gave a label, lists show no name beside a category.
        label = "" if label == kept.article.source else label
        labelled = kept if kept.label == label else replace(kept, label=label)
        return labelled if mode == "full" or self._private else shown(labelled, mode)

    def shown_all(self, articles: Iterable[KeptArticle]) -> list[KeptArticle]:
        """Articles with as much of them as is published."""
        return [self.shown(kept) for kept in articles]

    def public_part(self) -> PublicPart | None:
        """How much of the texts is published, for searches; None where it is all of them."""
        parts = self.partly_published()
        return PublicPart(parts, self.shown) if parts and not self._private else None

    def partly_published(self) -> dict[str, Shown]:
        """The sources of whose texts not all is published, with how much that is."""
        modes = self._store.partly_published() | {name: mode for name, (_, mode) in self.configured.items()}
        return {name: mode for name, mode in modes.items() if mode != "full"}

    def label(self, source: str) -> str:
        """The label of a source."""
        return self._description(source)[0]

    def _description(self, source: str) -> tuple[str, Shown]:
        """How a source is described, or was before it left: what was not shown whole is not shown now."""
        if source in self.configured:
            return self.configured[source]
        if source not in self._departed:
            label, mode = self._store.description(source)
            self._departed[source] = label, next((one for one in get_args(Shown) if one == mode), "full")
        return self._departed[source]
