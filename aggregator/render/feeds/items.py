"""The items of articles, read once for all the feeds that show them."""

from cachetools import LRUCache

from aggregator.model import KeptArticle
from aggregator.render.feeds.item import Item, read_item
from aggregator.settings import Site

MAX_SIZE = 10 * 1024**2
"""Characters of text that are remembered, about; an item has its text four times."""


class Items:
    """Reads articles for the feeds of a site, and remembers those that were read last."""

    def __init__(self, site: Site, size: int = MAX_SIZE) -> None:
        self._site = site
        self._known: LRUCache[str, tuple[KeptArticle, Item]] = LRUCache(size, _size)

    def read(self, kept: KeptArticle) -> Item:
        """Give the item of an article; it is read anew where anything of the article is another."""
        known = self._known.get(kept.id)
        if known and known[0] == kept:
            return known[1]
        item = read_item(self._site, kept)
        if _size((kept, item)) <= self._known.maxsize:
            self._known[kept.id] = kept, item
        return item


def _size(known: tuple[KeptArticle, Item]) -> int:
    return 5 * len(known[1].content) + 4096
