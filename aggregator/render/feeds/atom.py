"""A feed as Atom 1.0 (RFC 4287), an archive of it (RFC 5005, 4), and what was taken out of it (RFC 6721).

feedgen loses ``rel``, ``type`` and ``length`` of an entry's links, takes an entry's source for RSS's, and
knows no language of an entry. It makes elements without a namespace, for ``xmlns`` is an attribute to it.
"""

from __future__ import annotations

from lxml import etree

from aggregator.render import paths
from aggregator.render.feeds.feed import Feed, name_feed
from aggregator.render.feeds.generator import MRSS, FeedElements, ItemElements, add_entry, start

HISTORY = "http://purl.org/syndication/history/1.0"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def write_atom(feed: Feed, address: str) -> bytes:
    """The feed as Atom 1.0, had under ``address``."""
    generator = start(feed, address, "application/atom+xml", AtomFeedElements, EntryElements)
    generator.author(name=feed.publisher)
    generator.updated(feed.updated)
    for item in feed.items:
        entry = add_entry(generator, feed, item)
        entry.updated(item.updated)
        entry.author(name=item.author)
        if item.content:
            entry.content(item.content, type="html")
        if item.summary:
            entry.summary(item.summary)
    return bytes(generator.atom_str())


class AtomFeedElements(FeedElements):
    """What says that a feed is an archive, and what was taken out of it."""

    def extend_ns(self) -> dict[str, str]:
        """The prefixes of the document, each only where it is used."""
        archive = {"fh": HISTORY} if self.feed.current else {}
        graves = {"at": TOMBSTONES} if self.feed.graves else {}
        return super().extend_ns() | archive | graves

    def extend_atom(self, feed: etree._Element) -> etree._Element:
        """Add to a ``feed`` element, before its entries."""
        if self.feed.current:
            etree.SubElement(feed, f"{{{HISTORY}}}archive")
        for grave in self.feed.graves:
            said = {"ref": grave.id, "when": grave.when.isoformat()}
            etree.SubElement(feed, f"{{{TOMBSTONES}}}deleted-entry", said)
        return feed


class EntryElements(ItemElements):
    """The first date, language, mirror, source and files of an entry."""

    def extend_atom(self, entry: etree._Element) -> etree._Element:
        """Add to an ``entry`` element."""
        item = self.item
        etree.SubElement(entry, "published").text = item.published.isoformat()
        if item.language:
            entry.set(LANGUAGE, item.language)
        if item.share != item.original:
            etree.SubElement(entry, "link", self.mirror_link())
        for enclosure in item.enclosures:
            link = {"rel": "enclosure", "href": enclosure.address, "type": enclosure.media_type}
            if enclosure.length is not None:
                link["length"] = str(enclosure.length)
            if enclosure.title:
                link["title"] = enclosure.title
            etree.SubElement(entry, "link", link)
        entry.append(self._source())
        if item.picture:
            etree.SubElement(entry, f"{{{MRSS}}}thumbnail", url=item.picture)
        return entry

    def _source(self) -> etree._Element:
        """The feed of ours that has the articles of this one's source; its own address may hold a secret.

        Of its date only so much is known that it is no older than the entry.
        """
        site, topic = self.feed.site, paths.source_topic(self.item.source)
        source = etree.Element("source")
        etree.SubElement(source, "id").text = paths.feed_urn(topic)
        etree.SubElement(source, "title").text = name_feed(site, topic.label)
        etree.SubElement(source, "updated").text = self.item.updated.isoformat()
        address = paths.absolute(site, paths.feed_path(topic, "atom"))
        etree.SubElement(source, "link", rel="self", href=address, type="application/atom+xml")
        return source
