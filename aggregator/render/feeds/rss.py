"""A feed as RSS 2.0, with Dublin Core, Media RSS and the links of Atom."""

import html
from email.utils import format_datetime
from functools import lru_cache, partial

from lxml import etree

from aggregator.model import Episode
from aggregator.render import paths
from aggregator.render.feeds.elements import categories, element, markup, mirror, terms, thumbnail
from aggregator.render.feeds.enclosures import Enclosure
from aggregator.render.feeds.feed import EPOCH, Feed
from aggregator.render.feeds.generator import begin_feed, entries_of, insert_entries, term_namespaces
from aggregator.render.feeds.item import Item
from aggregator.render.xml import as_uri
from aggregator.settings import Site

ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
ATOM = "{http://www.w3.org/2005/Atom}"


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
    entries = entries_of(feed, "rss", write_item, b"</item>")
    return insert_entries(generator.rss_str(), entries, b"</channel></rss>")


def write_item(site: Site, item: Item) -> bytes:
    """Write an item as it stands in every feed; what names its source comes last.

    RSS allows one enclosure; further files are written as Media RSS. ``atom:updated`` tells a reader of a
    change, for which RSS has no element. The text is the description itself where its source has no summary.
    """
    parts = [
        element("title", item.title),
        element("link", item.original),
        element("description", html.escape(item.summary, quote=False)) if item.summary else "",
        f'<guid isPermaLink="false">{item.id}</guid>',
        *categories(site, item, _write_category),
        f"<pubDate>{format_datetime(item.published)}</pubDate>",
        f"<atom:updated>{item.updated.isoformat()}</atom:updated>" if item.updated != item.published else "",
        markup("content:encoded" if item.summary else "description", item.content),
        mirror("atom:link", item),
        *map(_write_enclosure, item.enclosures[:1]),
        *map(_write_file, item.enclosures[1:]),
        *terms(item),
        thumbnail(item),
        *(element("dc:creator", name) for name in item.authors),
        element("dc:language", item.language) if item.language else "",
        _name_source(site, item.source, item.source_label),
    ]
    return f"<item>{''.join(parts)}</item>".encode()


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


@lru_cache(1024)  # the same ones stand in many entries
def _write_category(name: str, scheme: str) -> str:
    return element("category", name, **({"domain": scheme} if scheme else {}))


@lru_cache(1024)
def _name_source(site: Site, name: str, label: str) -> str:
    """Name the feed of ours that has the source's articles; the source's own address may hold a secret."""
    return element(
        "source", label, url=paths.absolute(site, paths.feed_path(paths.source_topic(name), "rss"))
    )


def _write_enclosure(enclosure: Enclosure) -> str:
    length = f"{enclosure.length or 0}"
    written = element("enclosure", url=enclosure.address, length=length, type=enclosure.media_type)
    return written + _write_episode(enclosure.episode) if enclosure.episode else written


def _write_file(enclosure: Enclosure) -> str:
    duration = enclosure.episode.duration if enclosure.episode else None
    facts = {"fileSize": enclosure.length, "duration": duration or None}
    known = {name: f"{value}" for name, value in facts.items() if value is not None}
    title = element("media:title", enclosure.title, type="plain") if enclosure.title else ""
    opened = element("media:content", url=enclosure.address, type=enclosure.media_type, **known)
    return f"{opened.removesuffix('/>')}>{title}</media:content>" if title else opened


def _write_episode(episode: Episode) -> str:
    """Write iTunes' elements."""
    facts = {"duration": episode.duration, "season": episode.season, "episode": episode.number}
    told = [element(f"itunes:{name}", f"{value}") for name, value in facts.items() if value]
    picture = as_uri(episode.picture)
    return "".join([*told, element("itunes:image", href=picture) if picture else ""])
