"""Feeds in RSS or Atom, and their entries, begun with feedgen; functions of ours complete the elements.

An entry is written once, and put into every feed that shows it.

Such a function writes what feedgen (1.0) does not write, or not well, and gets the finished element:

- an RSS date: feedgen formats it by switching the locale of the whole process;
- the text of an RSS item: feedgen makes it the description where there is no summary;
- links of an RSS channel or item, beside the first: feedgen drops them;
- links of an Atom entry: feedgen loses their ``rel``, ``type`` and ``length``;
- the source of an Atom entry: feedgen gives it no id and no date, which RFC 4287 (4.2.11) asks for;
- the language of an entry, Media RSS, archives and tombstones: feedgen does not know them.

Elements of Atom have no namespace in feedgen's tree, where ``xmlns`` is an attribute; ours follow it.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from aggregator.render import paths
from aggregator.render.feeds.feed import Feed, name_feed
from aggregator.render.feeds.item import Item
from aggregator.settings import Site

MEDIA_RSS = "http://search.yahoo.com/mrss/"
DC, DCTERMS = "http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/"
TERMS = {
    "number": f"{{{DC}}}identifier",
    "agency": f"{{{DC}}}publisher",
    "subject": f"{{{DC}}}subject",
    "written": f"{{{DCTERMS}}}created",
    "issued": f"{{{DCTERMS}}}issued",
    "effective": f"{{{DCTERMS}}}valid",
    "access": f"{{{DCTERMS}}}accessRights",
}
"""The terms of the DCMI Metadata Terms that say what these named facts are."""
DECLARATION = re.compile(rb' xmlns(:\w+)?="[^"]*"')
Complete = Callable[[etree._Element], None]
"""Adds to an element what feedgen cannot write."""


class _Extension(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    """What feedgen calls when it has written a feed or an entry; its attributes are set before that."""

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


def begin_entry(site: Site, item: Item, complete: Complete) -> FeedEntry:
    """Begin an entry with its id, title, address and categories."""
    entry = FeedEntry()
    entry.register_extension("ours", _Extension)
    entry.id(item.id)
    entry.title(item.title)
    entry.link(href=item.original)
    entry.ours.complete = complete
    for category in item.categories:
        scheme = paths.absolute(site, paths.category_path(category))
        entry.category(term=category.label, scheme=scheme, label=category.label)
    for tag in item.tags:
        entry.category(term=tag, label=tag)
    for one in item.fields:
        for value in one.values:
            entry.category(term=value, scheme=paths.field_scheme(site, one), label=value)
    return entry


def add_terms(item: Item, element: etree._Element) -> None:
    """Add the named facts of an item for which Dublin Core has a term, one element for each value."""
    for one in item.fields:
        for value in one.values if one.name in TERMS else ():
            etree.SubElement(element, TERMS[one.name]).text = value


def term_namespaces(feed: Feed) -> dict[str, str]:
    """The namespaces of the terms that a feed uses, by prefix."""
    used = {TERMS[one.name] for item in feed.items for one in item.fields if one.name in TERMS}
    spaces = {"dc": DC, "dcterms": DCTERMS}
    return {prefix: space for prefix, space in spaces.items() if any(space in term for term in used)}


def write_element(element: etree._Element, namespaces: Mapping[str, str]) -> bytes:
    """Write an entry as it stands in a feed, which has declared the ``namespaces``."""
    around = etree.Element("feed", nsmap={**namespaces})
    around.append(element)
    start, end, rest = etree.tostring(element, encoding="UTF-8").partition(b">")
    return DECLARATION.sub(b"", start) + end + rest


def insert_entries(feed: bytes, entries: Iterable[bytes], end: bytes) -> bytes:
    """Put entries into a feed that was written without them, before its ``end``."""
    return b"".join((feed.removesuffix(end), *entries, end))


def mirror_link(site: Site, item: Item) -> dict[str, str]:
    """The attributes of the link to our share page."""
    return {"rel": "related", "href": item.share, "type": "text/html", "title": name_feed(site, "")}
