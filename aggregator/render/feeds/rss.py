"""A feed as RSS 2.0, with what feedgen leaves out or gets wrong written through its extension door.

feedgen turns a body without a summary into the description, keeps one link of a channel or an item, and
formats dates by switching the locale of the whole process.
"""

from __future__ import annotations

import html
from datetime import UTC, datetime
from email.utils import format_datetime

from lxml import etree

from aggregator.render import paths
from aggregator.render.feeds.feed import Feed
from aggregator.render.feeds.generator import MRSS, FeedElements, ItemElements, add_entry, start

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
MEDIA = f"{{{MRSS}}}"


class UnwrittenDate(datetime):
    """A date that feedgen keeps but, since it is false, does not write; ChannelElements writes ours."""

    def __bool__(self) -> bool:
        return False


UNWRITTEN = UnwrittenDate(1970, 1, 1, tzinfo=UTC)


def write_rss(feed: Feed, address: str) -> bytes:
    """The feed as RSS 2.0, had under ``address``."""
    generator = start(feed, address, "application/rss+xml", ChannelElements, RssItemElements)
    generator.description(feed.title)
    generator.updated(UNWRITTEN)
    generator.load_extension("dc")
    for item in feed.items:
        entry = add_entry(generator, feed, item)
        entry.dc.dc_creator(item.author)
        if item.summary:
            # Readers take an item's description for HTML, its title for text.
            entry.description(html.escape(item.summary, quote=False))
        if item.language:
            entry.dc.dc_language(item.language)
    return bytes(generator.rss_str())


class ChannelElements(FeedElements):
    """The date of a channel and the links that RSS has no element for."""

    def extend_rss(self, feed: etree._Element) -> etree._Element:
        """Add to the channel of an ``rss`` element."""
        channel = feed[0]
        etree.SubElement(channel, "lastBuildDate").text = format_datetime(self.feed.updated)
        if self.feed.hub:
            etree.SubElement(channel, f"{ATOM}link", rel="hub", href=self.feed.hub)
        if self.feed.previous:
            archive = {"rel": "prev-archive", "href": self.feed.previous, "type": "application/atom+xml"}
            etree.SubElement(channel, f"{ATOM}link", archive)
        return feed


class RssItemElements(ItemElements):
    """The dates, text, mirror, source and files of an item."""

    def extend_rss(self, entry: etree._Element) -> etree._Element:
        """Add to an ``item`` element.

        It may hold one enclosure; further files stand as Media RSS has them. ``atom:updated`` tells a reader
        of a change, for which RSS has no element.
        """
        item, site = self.item, self.feed.site
        etree.SubElement(entry, "pubDate").text = format_datetime(item.published)
        etree.SubElement(entry, f"{ATOM}updated").text = item.updated.isoformat()
        if item.content:
            etree.SubElement(entry, f"{CONTENT}encoded").text = item.content
        if item.share != item.original:
            etree.SubElement(entry, f"{ATOM}link", self.mirror_link())
        source = paths.feed_path(paths.source_topic(item.source), "rss")
        etree.SubElement(entry, "source", url=paths.absolute(site, source)).text = item.source
        for enclosure in item.enclosures[:1]:
            said = {"url": enclosure.address, "length": str(enclosure.length or 0)}
            etree.SubElement(entry, "enclosure", said, type=enclosure.media_type)
        for enclosure in item.enclosures[1:]:
            said = {"url": enclosure.address, "type": enclosure.media_type}
            if enclosure.length is not None:
                said["fileSize"] = str(enclosure.length)
            file = etree.SubElement(entry, f"{MEDIA}content", said)
            if enclosure.title:
                etree.SubElement(file, f"{MEDIA}title", type="plain").text = enclosure.title
        if item.picture:
            etree.SubElement(entry, f"{MEDIA}thumbnail", url=item.picture)
        return entry
