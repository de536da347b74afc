"""A feed as all forms have it in common: its title, links and items."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from aggregator.model import KeptArticle, Tombstone
from aggregator.render import paths
from aggregator.render.feeds.item import Item, read_item
from aggregator.render.feeds.items import Items
from aggregator.render.xml import to_second, xml_text
from aggregator.settings import Site

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The date of a feed that never held anything: Atom needs one (RFC 4287, 4.1.1)."""


@dataclass(frozen=True, slots=True)
class DeletedEntry:
    """An item that was removed, or that its source took back: its id, and when (RFC 6721)."""

    id: str
    when: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """What the three forms have in common."""

    site: Site
    id: str
    title: str
    publisher: str
    home: str
    """The address of the HTML page with the same articles."""
    updated: datetime
    items: tuple[Item, ...]
    deleted: tuple[DeletedEntry, ...] = ()
    previous: str = ""
    """The address of the archive before this document; empty where there is none."""
    current: str = ""
    """The address of the subscription document, in an archive; else empty."""
    hub: str = ""
    """The address of our WebSub hub; empty where there is none."""
    source: str = ""
    """The source whose feed it is; empty where it is of several."""
    ended: bool = False
    """Whether nothing will come any more."""


def read_feed(
    site: Site,
    urn: str,
    label: str,
    home: str,
    articles: Sequence[KeptArticle],
    *,
    tombstones: Sequence[Tombstone] = (),
    previous: str = "",
    current: str = "",
    hub: str = "",
    source: str = "",
    changed: datetime = EPOCH,
    items: Items | None = None,
) -> Feed:
    """Make a feed of articles; ``label`` is empty for that of everything.

    ``changed`` dates a feed in which there is nothing; ``items`` remembers the articles for further feeds.
    """
    read = items.read if items else partial(read_item, site)
    shown = tuple(read(kept) for kept in articles if not kept.withdrawn)
    gone = [(kept.article.namespace, kept.article.key, kept.withdrawn) for kept in articles if kept.withdrawn]
    gone += [(stone.namespace, stone.key, stone.removed_at) for stone in tombstones]
    deleted = tuple(
        DeletedEntry(paths.article_urn(namespace, key), to_second(when)) for namespace, key, when in gone
    )
    dates = (*(item.updated for item in shown), *(entry.when for entry in deleted))
    return Feed(
        site=site,
        id=urn,
        title=name_feed(site, label),
        publisher=name_feed(site, ""),
        home=home,
        updated=max(dates, default=to_second(changed)),
        items=shown,
        deleted=deleted,
        previous=previous,
        current=current,
        hub=hub,
        source=source,
    )


def name_feed(site: Site, label: str) -> str:
    """The title of a feed: its label before the site's title, or that alone."""
    publisher = xml_text(site.title) or site.root
    label = xml_text(label)
    return f"{label} - {publisher}" if label else publisher
