"""A feed as RSS 2.0, with Dublin Core, Media RSS and the links of Atom."""

import html
from email.utils import format_datetime
from functools import partial

from lxml import etree

from aggregator.model import Episode
from aggregator.render import paths
from aggregator.render.feeds.feed import EPOCH, Feed
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
from aggregator.render.feeds.item import SUMMARY_LENGTH, Item
from aggregator.render.xml import as_uri
from aggregator.settings import Site
from aggregator.text.excerpt import opening

ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": DC,
    "dcterms": DCTERMS,
    "itunes": ITUNES,
    "media": MEDIA_RSS,
}
ATOM = f"{{{NAMESPACES['atom']}}}"
CONTENT = f"{{{NAMESPACES['content']}}}"
MEDIA = f"{{{MEDIA_RSS}}}"


def write_rss(feed: Feed, address: str) -> bytes:
    """The feed as RSS 2.0, served at ``address``."""
    episodes = any(item.enclosures and item.enclosures[0].episode for item in feed.items)
    complete, namespaces = partial(_complete_channel, feed), {"itunes": ITUNES} if episodes else {}
    # feedgen declares dc itself.
    namespaces |= {prefix: space for prefix, space in term_namespaces(feed).items() if prefix != "dc"}
    generator = begin_feed(feed, address, "application/rss+xml", complete, namespaces)
    # Readers take descriptions for HTML, and titles for text.
    generator.description(html.escape(feed.title, quote=False))
    generator.load_extension("dc")
    entries = [item.written.get("rss") or write_item(feed.site, item) for item in feed.items]
    return insert_entries(generator.rss_str(), entries, b"</channel></rss>")


def write_item(site: Site, item: Item) -> bytes:
    """Write an item as it stands in every feed."""
    entry = begin_entry(site, item, partial(_complete_item, site, item))
    entry.load_extension("dc")
    entry.dc.dc_creator(list(item.authors))
    # Programs that show no text of ours show this.
    if summary := item.summary or opening(item.content, SUMMARY_LENGTH):
        entry.description(html.escape(summary, quote=False))
    if item.language:
        entry.dc.dc_language(item.language)
    item.written["rss"] = write_element(entry.rss_entry(), NAMESPACES)
    return item.written["rss"]


def _complete_channel(feed: Feed, rss: etree._Element) -> None:
    """Add the date and the links that RSS has no element for."""
    channel = rss[0]
    if feed.updated != EPOCH:
        etree.SubElement(channel, "lastBuildDate").text = format_datetime(feed.updated)
    if feed.hub:
        etree.SubElement(channel, f"{ATOM}link", rel="hub", href=feed.hub)
    if feed.previous:
        archive = {"rel": "prev-archive", "href": feed.previous, "type": "application/atom+xml"}
        etree.SubElement(channel, f"{ATOM}link", archive)


def _complete_item(site: Site, item: Item, element: etree._Element) -> None:
    """Add the dates, text, mirror, source and files of an item.

    RSS allows one enclosure; further files are written as Media RSS. ``atom:updated`` tells a reader of a
    change, for which RSS has no element.
    """
    etree.SubElement(element, "pubDate").text = format_datetime(item.published)
    etree.SubElement(element, f"{ATOM}updated").text = item.updated.isoformat()
    if item.content:
        etree.SubElement(element, f"{CONTENT}encoded").text = item.content
    if item.share != item.original:
        etree.SubElement(element, f"{ATOM}link", mirror_link(site, item))
    source = paths.feed_path(paths.source_topic(item.source), "rss")
    etree.SubElement(element, "source", url=paths.absolute(site, source)).text = item.source_label
    for enclosure in item.enclosures[:1]:
        attributes = {"url": enclosure.address, "length": str(enclosure.length or 0)}
        etree.SubElement(element, "enclosure", attributes, type=enclosure.media_type)
        if enclosure.episode:
            _add_episode(enclosure.episode, element)
    for enclosure in item.enclosures[1:]:
        attributes = {"url": enclosure.address, "type": enclosure.media_type}
        if enclosure.length is not None:
            attributes["fileSize"] = str(enclosure.length)
        if enclosure.episode and enclosure.episode.duration:
            attributes["duration"] = str(enclosure.episode.duration)
        file = etree.SubElement(element, f"{MEDIA}content", attributes)
        if enclosure.title:
            etree.SubElement(file, f"{MEDIA}title", type="plain").text = enclosure.title
    add_terms(item, element)
    if item.picture:
        etree.SubElement(element, f"{MEDIA}thumbnail", url=item.picture)


def _add_episode(episode: Episode, element: etree._Element) -> None:
    """Add iTunes' elements, which feedgen writes only for pictures in JPEG or PNG."""
    facts = {"duration": episode.duration, "season": episode.season, "episode": episode.number}
    for name, value in facts.items():
        if value:
            etree.SubElement(element, f"{{{ITUNES}}}{name}").text = str(value)
    if picture := as_uri(episode.picture):
        etree.SubElement(element, f"{{{ITUNES}}}image", href=picture)
