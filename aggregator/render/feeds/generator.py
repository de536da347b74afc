"""Feeds in RSS or Atom, begun with feedgen; functions of ours complete the elements, and write the entries.

An entry is written once, and put into every feed that shows it.

Such a function writes what feedgen (1.0) does not write, or not well, and gets the finished element:

- an RSS date: feedgen formats it by switching the locale of the whole process;
- links of an RSS channel, beside the first: feedgen drops them;
- archives and tombstones: feedgen does not know them.

Elements of Atom have no namespace in feedgen's tree, where ``xmlns`` is an attribute; ours follow it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from feedgen.ext.base import BaseEntryExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from aggregator.render.feeds.elements import DC, DCTERMS, MEDIA_RSS, TERMS
from aggregator.render.feeds.feed import Feed
from aggregator.render.feeds.item import Item
from aggregator.settings import Site

Complete = Callable[[etree._Element], None]
"""Adds to an element what feedgen cannot write."""
WriteEntry = Callable[[Site, Item], bytes]
"""Writes an item; the last of its elements names the source, where it has one."""


class _Extension(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    """What feedgen calls when it has written a feed; its attributes are set before that."""

    complete: Complete
    namespaces: Mapping[str, str]

    def extend_ns(self) -> dict[str, str]:
        return dict(self.namespaces)

    def extend_rss(self, element: etree._Element) -> etree._Element:
        self.complete(element)
        return element

    extend_atom = extend_rss


def begin_feed(
    feed: Feed, address: str, media_type: str, complete: Complete, namespaces: Mapping[str, str]
) -> FeedGenerator:
    """Begin a feed with what both forms have in common; ``namespaces`` are by prefix.

    Media RSS is declared only where it is used.
    """
    generator = FeedGenerator()
    generator.id(feed.id)
    generator.title(feed.title)
    generator.language(feed.site.language)
    generator.generator("aggregator")
    generator.updated(feed.updated)
    # feedgen writes this date of RSS wherever there is one, and sets it to now by itself.
    generator._FeedGenerator__rss_lastBuildDate = None
    generator.register_extension("ours", _Extension, _Extension)
    media = {"media": MEDIA_RSS} if any(item.picture or item.enclosures for item in feed.items) else {}
    generator.ours.complete, generator.ours.namespaces = complete, media | {**namespaces}
    generator.link(href=address, rel="self", type=media_type)
    if feed.hub:
        generator.link(href=feed.hub, rel="hub")
    if feed.current:
        generator.link(href=feed.current, rel="current", type="application/atom+xml")
    if feed.previous:
        generator.link(href=feed.previous, rel="prev-archive", type="application/atom+xml")
    # feedgen takes the last link for that of the RSS channel.
    generator.link(href=feed.home, rel="alternate", type="text/html")
    return generator


def term_namespaces(feed: Feed) -> dict[str, str]:
    """The namespaces of the terms that a feed uses, by prefix."""
    used = {TERMS[one.name] for item in feed.items for one in item.fields if one.name in TERMS}
    prefixes = {term.partition(":")[0] for term in used}
    return {prefix: space for prefix, space in (("dc", DC), ("dcterms", DCTERMS)) if prefix in prefixes}


def entries_of(feed: Feed, form: str, write: WriteEntry, end: bytes) -> Iterator[bytes]:
    """Give the entries of a feed, each written once for all feeds that show it.

    In the feed of their source it goes without saying (RFC 4287, 4.2.11), so that they end before it.
    """
    for item in feed.items:
        written = item.written.get(form) or item.written.setdefault(form, write(feed.site, item))
        own = item.source and item.source == feed.source
        yield written.rpartition(b"<source")[0] + end if own else written


def insert_entries(feed: bytes, entries: Iterable[bytes], end: bytes) -> bytes:
    """Put entries into a feed that was written without them, before its ``end``."""
    return b"".join((feed.removesuffix(end), *entries, end))
