"""What RSS and Atom share of feedgen: a feed begun, an entry added; each form extends both."""

from __future__ import annotations

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator

from aggregator.render import paths
from aggregator.render.feeds.feed import Feed
from aggregator.render.feeds.item import Item

MRSS = "http://search.yahoo.com/mrss/"
ARCHIVE = "application/atom+xml"


class FeedElements(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """What a form adds to a feed; ``feed`` is to be set before it is written."""

    feed: Feed

    def extend_ns(self) -> dict[str, str]:
        """The prefixes of the document; Media RSS is declared only where it is used."""
        return {"media": MRSS} if any(item.picture or item.enclosures for item in self.feed.items) else {}


class ItemElements(BaseEntryExtension):  # type: ignore[misc]
    """What a form adds to an entry; ``feed`` and ``item`` are to be set before it is written."""

    feed: Feed
    item: Item

    def mirror_link(self) -> dict[str, str]:
        """The attributes of the link to our share page."""
        return {"rel": "related", "href": self.item.share, "type": "text/html", "title": self.feed.publisher}


def start(
    feed: Feed, address: str, media_type: str, of_feed: type[FeedElements], of_item: type[ItemElements]
) -> FeedGenerator:
    """A feed with everything but its own date, and without its entries."""
    generator = FeedGenerator()
    generator.id(feed.id)
    generator.title(feed.title)
    generator.language(feed.site.language)
    generator.generator("aggregator")
    generator.register_extension("elements", of_feed, of_item)
    generator.elements.feed = feed
    generator.link(href=address, rel="self", type=media_type)
    if feed.hub:
        generator.link(href=feed.hub, rel="hub")
    if feed.current:
        generator.link(href=feed.current, rel="current", type=ARCHIVE)
    if feed.previous:
        generator.link(href=feed.previous, rel="prev-archive", type=ARCHIVE)
    # RSS takes the last link for the channel's own.
    generator.link(href=feed.home, rel="alternate", type="text/html")
    return generator


def add_entry(generator: FeedGenerator, feed: Feed, item: Item) -> FeedEntry:
    """An entry with its id, title, address and categories, after those before it."""
    entry = generator.add_entry(order="append")
    entry.id(item.id)
    entry.title(item.title)
    entry.link(href=item.original)
    entry.elements.feed, entry.elements.item = feed, item
    for category in item.categories:
        scheme = paths.absolute(feed.site, paths.category_path(category))
        entry.category(term=category.label, scheme=scheme, label=category.label)
    for tag in item.tags:
        entry.category(term=tag, label=tag)
    return entry
