"""A feed as Atom 1.0 (RFC 4287), an archive of it (RFC 5005, 4), and what was removed from it (RFC 6721)."""

from functools import partial

from lxml import etree

from aggregator.render import paths
from aggregator.render.feeds.feed import Feed, name_feed
from aggregator.render.feeds.generator import (
    DC,
    DCTERMS,
    MEDIA_RSS,
    add_terms,
    begin_entry,
    begin_feed,
    insert_entries,
    mirror_link,
    term_namespaces,
    write_element,
)
from aggregator.render.feeds.item import Item
from aggregator.settings import Site

HISTORY = "http://purl.org/syndication/history/1.0"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def write_atom(feed: Feed, address: str) -> bytes:
    """The feed as Atom 1.0, served at ``address``."""
    namespaces = {"fh": HISTORY} if feed.current else {}
    if feed.deleted:
        namespaces["at"] = TOMBSTONES
    namespaces |= term_namespaces(feed)
    complete = partial(_complete_feed, feed)
    generator = begin_feed(feed, address, "application/atom+xml", complete, namespaces)
    generator.author(name=feed.publisher)
    entries = [item.written.get("atom") or write_entry(feed.site, item) for item in feed.items]
    return insert_entries(generator.atom_str(), entries, b"</feed>")


def write_entry(site: Site, item: Item) -> bytes:
    """Write an item as it stands in every feed."""
    entry = begin_entry(site, item, partial(_complete_entry, site, item))
    entry.updated(item.updated)
    entry.author([{"name": name} for name in item.authors])
    if item.content:
        entry.content(item.content, type="html")
    if item.summary:
        entry.summary(item.summary)
    namespaces = {"media": MEDIA_RSS, "dc": DC, "dcterms": DCTERMS}
    item.written["atom"] = write_element(entry.atom_entry(), namespaces)
    return item.written["atom"]


def _complete_feed(feed: Feed, element: etree._Element) -> None:
    """Add, before the entries, what says that a feed is an archive, and its tombstones."""
    if feed.current:
        etree.SubElement(element, f"{{{HISTORY}}}archive")
    for entry in feed.deleted:
        attributes = {"ref": entry.id, "when": entry.when.isoformat()}
        etree.SubElement(element, f"{{{TOMBSTONES}}}deleted-entry", attributes)


def _complete_entry(site: Site, item: Item, element: etree._Element) -> None:
    """Add the first date, language, mirror, source and files of an entry."""
    etree.SubElement(element, "published").text = item.published.isoformat()
    if item.language:
        element.set(LANGUAGE, item.language)
    if item.share != item.original:
        etree.SubElement(element, "link", mirror_link(site, item))
    for enclosure in item.enclosures:
        link = {"rel": "enclosure", "href": enclosure.address, "type": enclosure.media_type}
        if enclosure.length is not None:
            link["length"] = str(enclosure.length)
        if enclosure.title:
            link["title"] = enclosure.title
        etree.SubElement(element, "link", link)
    add_terms(item, element)
    if item.source:
        _add_source(site, item, element)
    if item.picture:
        etree.SubElement(element, f"{{{MEDIA_RSS}}}thumbnail", url=item.picture)


def _add_source(site: Site, item: Item, element: etree._Element) -> None:
    """Name the feed of ours that has the source's articles; the source's own address may hold a secret.

    Of that feed's date only so much is known that it is no older than the entry.
    """
    topic = paths.source_topic(item.source)
    address = paths.absolute(site, paths.feed_path(topic, "atom"))
    source = etree.SubElement(element, "source")
    etree.SubElement(source, "id").text = paths.feed_urn(topic)
    etree.SubElement(source, "title").text = name_feed(site, item.source_label)
    etree.SubElement(source, "updated").text = item.updated.isoformat()
    etree.SubElement(source, "link", rel="self", href=address, type="application/atom+xml")
