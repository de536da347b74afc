"""A feed as Atom 1.0 (RFC 4287), an archive of it (RFC 5005, 4), and what was removed from it (RFC 6721)."""

from functools import lru_cache, partial

from lxml import etree

from aggregator.render import paths
from aggregator.render.feeds.elements import categories, element, markup, mirror, terms, thumbnail
from aggregator.render.feeds.enclosures import Enclosure
from aggregator.render.feeds.feed import Feed, name_feed
from aggregator.render.feeds.generator import begin_feed, entries_of, insert_entries, term_namespaces
from aggregator.render.feeds.item import Item
from aggregator.settings import Site

HISTORY = "http://purl.org/syndication/history/1.0"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"


def write_atom(feed: Feed, address: str) -> bytes:
    """The feed as Atom 1.0, served at ``address``."""
    namespaces = {"fh": HISTORY} if feed.current else {}
    if feed.deleted:
        namespaces["at"] = TOMBSTONES
    namespaces |= term_namespaces(feed)
    complete = partial(_complete_feed, feed)
    generator = begin_feed(feed, address, "application/atom+xml", complete, namespaces)
    generator.author(name=feed.publisher)
    return insert_entries(
        generator.atom_str(), entries_of(feed, "atom", write_entry, b"</entry>"), b"</feed>"
    )


def write_entry(site: Site, item: Item) -> bytes:
    """Write an item as it stands in every feed; what names its source comes last."""
    parts = [
        f"<id>{item.id}</id>",
        element("title", item.title),
        f"<updated>{item.updated.isoformat()}</updated>",
        *(f"<author>{element('name', name)}</author>" for name in item.authors),
        markup("content", item.content, type="html"),
        element("link", href=item.original),
        element("summary", item.summary) if item.summary else "",
        *categories(site, item, _write_category),
        f"<published>{item.published.isoformat()}</published>",
        mirror("link", item),
        *map(_write_enclosure, item.enclosures),
        *terms(item),
        thumbnail(item),
        _write_source(site, item) if item.source else "",
    ]
    language = f' xml:lang="{item.language}"' if item.language else ""
    return f"<entry{language}>{''.join(parts)}</entry>".encode()


def _complete_feed(feed: Feed, element: etree._Element) -> None:
    """Add, before the entries, what says that a feed is an archive, and its tombstones."""
    if feed.current:
        etree.SubElement(element, f"{{{HISTORY}}}archive")
    for entry in feed.deleted:
        attributes = {"ref": entry.id, "when": entry.when.isoformat()}
        etree.SubElement(element, f"{{{TOMBSTONES}}}deleted-entry", attributes)


@lru_cache(1024)  # the same ones stand in many entries
def _write_category(name: str, scheme: str) -> str:
    return element("category", term=name, **({"scheme": scheme} if scheme else {}))


def _write_enclosure(enclosure: Enclosure) -> str:
    length = {} if enclosure.length is None else {"length": f"{enclosure.length}"}
    title = {"title": enclosure.title} if enclosure.title else {}
    return element(
        "link", rel="enclosure", href=enclosure.address, type=enclosure.media_type, **length, **title
    )


def _write_source(site: Site, item: Item) -> str:
    """Of that feed's date it is only known that it is no older than the entry (RFC 4287, 4.2.11)."""
    updated = f"<updated>{item.updated.isoformat()}</updated>"
    return f"<source>{updated}{_name_source(site, item.source, item.source_label)}</source>"


@lru_cache(1024)
def _name_source(site: Site, name: str, label: str) -> str:
    """Name the feed of ours that has the source's articles; the source's own address may hold a secret."""
    topic = paths.source_topic(name)
    address = paths.absolute(site, paths.feed_path(topic, "atom"))
    parts = [
        f"<id>{paths.feed_urn(topic)}</id>",
        element("title", name_feed(site, label)),
        element("link", rel="self", href=address),
    ]
    return "".join(parts)
