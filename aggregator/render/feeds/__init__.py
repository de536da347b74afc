"""The articles of a topic as RSS 2.0, Atom 1.0 (RFC 4287) and JSON Feed 1.1, with its history (RFC 5005).

An article is read once (``item``, ``enclosures``); each form has a file that writes it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from aggregator.model import Document, KeptArticle, Tombstone, Topic
from aggregator.render import paths
from aggregator.render.feeds import atom, json_feed, rss
from aggregator.render.feeds.feed import EPOCH, Feed, read_feed
from aggregator.render.feeds.item import Item
from aggregator.render.feeds.items import Items
from aggregator.render.xml import xml_text
from aggregator.settings import Site

__all__ = [
    "EPOCH",
    "FORMS",
    "Feed",
    "Item",
    "Items",
    "read_feed",
    "render_archive",
    "render_changes",
    "render_feeds",
    "render_operations",
]

FORMS: Mapping[str, Callable[[Feed, str], bytes]] = MappingProxyType(
    {"rss": rss.write_rss, "atom": atom.write_atom, "json": json_feed.write_json}
)
"""The function that writes each form, from a feed and the address at which it is served."""


def render_feeds(
    site: Site,
    topic: Topic,
    articles: Sequence[KeptArticle],
    *,
    tombstones: Sequence[Tombstone] = (),
    archives: int = 0,
    hub: str = "",
    home: str | None = None,
    ended: bool = False,
    notice: Item | None = None,
    items: Items | None = None,
) -> list[Document]:
    """The subscription document of a topic in every form, with the articles in the order given.

    ``archives`` is how many are closed: RSS and Atom link to the newest (RFC 5005, 4). ``tombstones`` are
    written in Atom alone (RFC 6721). ``home`` is the address of the page that shows the same articles, where
    it is not the topic's own. ``notice`` tells of trouble, behind what is newer. With ``ended``, JSON Feed
    says ``expired``. ``items`` remembers the articles for further feeds. A feed is dated by the newest thing
    in it, so that the same articles give the same bytes.
    """
    feed = read_feed(
        site,
        paths.feed_urn(topic),
        label_of(topic),
        home or paths.absolute(site, paths.page_path(topic)),
        articles,
        tombstones=tombstones,
        previous=paths.absolute(site, paths.archive_path(topic, archives)) if archives else "",
        hub=hub,
        source=_source_of(topic),
        items=items,
    )
    return _write_forms(_with_notice(replace(feed, ended=ended), notice), topic)


def _with_notice(feed: Feed, notice: Item | None) -> Feed:
    """The feed with a notice in its place among the items, unless all of them are newer."""
    older = [item for item in feed.items if item.updated <= notice.updated] if notice else []
    if notice is None or (feed.items and not older):
        return feed
    place = feed.items.index(older[0]) if older else 0
    items = (*feed.items[:place], notice, *feed.items[place:])
    return replace(feed, items=items, updated=max(feed.updated, notice.updated))


def render_changes(site: Site, topic: Topic, changes: Sequence[Item], hub: str = "") -> list[Document]:
    """The feed of what happened to articles in every form, with items of ``change_item`` in their order."""
    return _write_forms(_feed_of_items(site, topic, changes, hub), topic)


def render_operations(site: Site, topic: Topic, events: Sequence[Item]) -> Document:
    """The feed of the program's own news, in Atom alone."""
    path, feed = paths.OPERATIONS_FEED, _feed_of_items(site, topic, events)
    return Document(path, atom.write_atom(feed, paths.absolute(site, path)))


def _feed_of_items(site: Site, topic: Topic, items: Sequence[Item], hub: str = "") -> Feed:
    home = paths.absolute(site, paths.page_path(topic))
    feed = read_feed(site, paths.feed_urn(topic), label_of(topic), home, (), hub=hub)
    updated = max((item.updated for item in items), default=feed.updated)
    return replace(feed, items=tuple(items), updated=updated)


def _write_forms(feed: Feed, topic: Topic) -> list[Document]:
    documents = []
    for form, write in FORMS.items():
        path = paths.feed_path(topic, form)
        documents.append(Document(path, write(feed, paths.absolute(feed.site, path))))
    return documents


def render_archive(
    site: Site, topic: Topic, number: int, articles: Sequence[KeptArticle], items: Items | None = None
) -> Document:
    """A closed archive of a topic as Atom (RFC 5005, 4), with the articles in the order given.

    It links to the subscription document and to the archive before it. There is none after it when it is
    written. It names no hub, because it never changes.
    """
    feed = read_feed(
        site,
        paths.feed_urn(topic),
        label_of(topic),
        paths.absolute(site, paths.page_path(topic)),
        articles,
        previous=paths.absolute(site, paths.archive_path(topic, number - 1)) if number > 1 else "",
        current=paths.absolute(site, paths.feed_path(topic, "atom")),
        source=_source_of(topic),
        items=items,
    )
    path = paths.archive_path(topic, number)
    return Document(path, atom.write_atom(feed, paths.absolute(site, path)))


def label_of(topic: Topic) -> str:
    """The label of a topic in the title of its feed; empty for everything."""
    return "" if topic.kind == "all" else xml_text(topic.label) or topic.name


def _source_of(topic: Topic) -> str:
    """The source whose feed it is; empty for that of several."""
    return topic.name if topic.kind == "source" else ""
