"""The elements that feedgen leaves out or gets wrong, written through its extension door.

In RSS it turns a body without a summary into the description, keeps one link an item, and formats
dates by switching the locale of the whole process. In Atom it loses ``rel``, ``type`` and ``length`` of an
entry's links and knows no language of an entry.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from lxml import etree

from aggregator.render.feed_item import Item

RSS_ATOM_LINK = "{http://www.w3.org/2005/Atom}link"
RSS_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


class UnwrittenDate(datetime):
    """A date that feedgen keeps but, since it is false, does not write; FeedElements writes the true one."""

    def __bool__(self) -> bool:
        return False


UNWRITTEN = UnwrittenDate(1970, 1, 1, tzinfo=UTC)


class FeedElements(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """The date of an RSS channel; ``updated`` is to be set before the feed is written."""

    updated: datetime

    def extend_rss(self, feed: etree._Element) -> etree._Element:
        """Add lastBuildDate to the channel of an ``rss`` element."""
        etree.SubElement(feed[0], "lastBuildDate").text = format_datetime(self.updated)
        return feed


class ItemElements(BaseEntryExtension):  # type: ignore[misc]
    """The date, mirror and attachments of ``item``, which is to be set before the feed is written."""

    item: Item
    publisher: str

    def extend_rss(self, entry: etree._Element) -> etree._Element:
        """Add to an RSS ``item`` element. Of several attachments it gets the first: readers take one."""
        item = self.item
        etree.SubElement(entry, "pubDate").text = format_datetime(item.published)
        if item.content:
            etree.SubElement(entry, RSS_CONTENT).text = item.content
        if item.share != item.original:
            etree.SubElement(entry, RSS_ATOM_LINK, self._mirror_link())
        for attachment in item.attachments[:1]:
            enclosure = {"url": attachment.address, "length": str(attachment.length or 0)}
            etree.SubElement(entry, "enclosure", enclosure, type=attachment.media_type)
        return entry

    def extend_atom(self, entry: etree._Element) -> etree._Element:
        """Add to an Atom ``entry`` element, whose children feedgen makes without a namespace."""
        item = self.item
        etree.SubElement(entry, "published").text = item.published.isoformat()
        if item.language:
            entry.set(XML_LANGUAGE, item.language)
        if item.share != item.original:
            etree.SubElement(entry, "link", self._mirror_link())
        for attachment in item.attachments:
            link = {"rel": "enclosure", "href": attachment.address, "type": attachment.media_type}
            if attachment.length is not None:
                link["length"] = str(attachment.length)
            if attachment.title:
                link["title"] = attachment.title
            etree.SubElement(entry, "link", link)
        return entry

    def _mirror_link(self) -> dict[str, str]:
        return {"rel": "related", "href": self.item.share, "type": "text/html", "title": self.publisher}
