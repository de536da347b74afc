"""Articles -> RSS 2.0, Atom 1.0 (RFC 4287) and JSON Feed 1.1, of one topic, with its history (RFC 5005).

What an item says is read once (``item``, ``media``); each form has a file that writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from aggregator.model import Category, Document, KeptArticle, Tombstone, Topic
from aggregator.render import paths
from aggregator.render.feeds.atom import write_atom
from aggregator.render.feeds.feed import Feed, read_feed
from aggregator.render.feeds.json_feed import write_json
from aggregator.render.feeds.rss import write_rss
from aggregator.render.xml import visible
from aggregator.settings import Site

__all__ = ["FORMS", "Feed", "read_feed", "render_archive", "render_feeds"]

FORMS: Mapping[str, Callable[[Feed, str], bytes]] = MappingProxyType(
    {"rss": write_rss, "atom": write_atom, "json": write_json}
)
"""What writes a feed in each form; the second argument is the address under which it is had."""


def render_feeds(
    site: Site,
    topic: Topic,
    articles: Sequence[KeptArticle],
    *,
    tombstones: Sequence[Tombstone] = (),
    archives: int = 0,
    hub: str = "",
    home: str | None = None,
) -> list[Document]:
    """The subscription document of a topic in every form, with the articles in the order given.

    ``archives`` is how many are closed: RSS and Atom lead to the newest of them (RFC 5005, 4). ``tombstones``
    stand in Atom alone (RFC 6721). ``home`` is the address of the page that shows the same articles, where
    the topic has none of its own. A feed's date is that of the newest thing in it, so that the same articles
    give the same bytes.
    """
    feed = read_feed(
        site,
        paths.feed_urn(topic),
        label_of(topic),
        home or home_of(site, topic),
        articles,
        tombstones=tombstones,
        previous=paths.absolute(site, paths.archive_path(topic, archives)) if archives else "",
        hub=hub,
    )
    pages = []
    for form, write in FORMS.items():
        path = paths.feed_path(topic, form)
        pages.append(Document(path, write(feed, paths.absolute(site, path))))
    return pages


def render_archive(site: Site, topic: Topic, number: int, articles: Sequence[KeptArticle]) -> Document:
    """A closed archive of a topic as Atom (RFC 5005, 4), with the articles in the order given.

    It leads to the subscription document and to the archive before it, and not to the one after it, which
    there was none of when it was written. It names no hub: nothing is pushed of what never changes.
    """
    feed = read_feed(
        site,
        paths.feed_urn(topic),
        label_of(topic),
        home_of(site, topic),
        articles,
        previous=paths.absolute(site, paths.archive_path(topic, number - 1)) if number > 1 else "",
        current=paths.absolute(site, paths.feed_path(topic, "atom")),
    )
    path = paths.archive_path(topic, number)
    return Document(path, write_atom(feed, paths.absolute(site, path)))


def label_of(topic: Topic) -> str:
    """What a topic's feed is called beside the site; empty for everything."""
    return "" if topic.kind == "all" else visible(topic.label) or topic.name


def home_of(site: Site, topic: Topic) -> str:
    """The page of a topic's articles: the category's, else the home page."""
    category = topic.kind == "category"
    path = paths.category_path(Category(topic.name, topic.label)) if category else paths.HOME
    return paths.absolute(site, path)
