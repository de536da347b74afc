"""The rows of lists of articles, remembered: the newest articles stand in several lists, day by day."""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock

from markupsafe import Markup

from aggregator.model import KeptArticle
from aggregator.render import filters

MAX_ROWS = 4096
"""Articles in lists, and teasers of them, that are remembered, each of less than a KB."""


class Rows:
    """Writes the rows of one store's articles, of which those that were written last are remembered."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], str] = {}
        self._lock = Lock()
        self._lineage = ""

    def follow(self, lineage: str) -> None:
        """Forget the rows where the lineage is another one: others may have their ids and versions."""
        with self._lock:
            if lineage != self._lineage:
                self._known.clear()
            self._lineage = lineage

    def write(
        self,
        row: Callable[..., Markup],
        to: Callable[[str], str],
        articles: Sequence[KeptArticle],
        teasers: Mapping[str, str],
        with_categories: bool,
    ) -> Markup:
        """Articles one after the other as the macro ``row`` writes each."""
        written = []
        for kept in articles:
            teaser = teasers.get(kept.id, "")
            categories = tuple([one.category for one in kept.filings])
            key = to, kept.id, kept.version, kept.label, categories, teaser, with_categories
            found = self._known.get(key)
            written.append(found or self._remember(key, row(kept, teaser, with_categories)))
        return Markup("".join(written))  # noqa: S704 - the macro escapes

    def teasers(self, articles: Sequence[KeptArticle]) -> dict[str, str]:
        """The teasers of a list."""
        return filters.teasers(articles, self._teaser)

    def _teaser(self, kept: KeptArticle) -> str:
        key = "teaser", kept.id, kept.version, kept.shown
        found = self._known.get(key)
        return self._remember(key, filters.beyond_title(kept.article)) if found is None else found

    def _remember(self, key: tuple[object, ...], written: str) -> str:
        """Remember what was written, in the place of what has been known for the longest time."""
        with self._lock:
            if len(self._known) >= MAX_ROWS:
                del self._known[next(iter(self._known))]
            self._known[key] = written
        return written
