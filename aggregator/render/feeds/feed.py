"""A feed as all forms have it in common: what it is called, where it leads, its items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from aggregator.model import KeptArticle, Tombstone
from aggregator.render import paths
from aggregator.render.feeds.item import Item, read_item
from aggregator.render.xml import to_second, visible
from aggregator.settings import Site

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Grave:
    """An item that is no more: its id, and when it was taken out."""

    id: str
    when: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """What the three forms have in common.

    ``home`` is the address of the HTML page of the same articles. ``previous`` is the address of the archive
    before this document, ``current`` that of the subscription document if this is an archive, ``hub`` that
    of a WebSub hub; each may be empty.
    """

    site: Site
    id: str
    title: str
    publisher: str
    home: str
    updated: datetime
    items: tuple[Item, ...]
    graves: tuple[Grave, ...] = ()
    previous: str = ""
    current: str = ""
    hub: str = ""


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
) -> Feed:
    """What a feed shows: ``label`` is empty for everything, ``home`` the page of the same articles."""
    items = tuple(read_item(site, kept) for kept in articles)
    graves = tuple(
        Grave(paths.article_urn(stone.namespace, stone.key), to_second(stone.removed_at))
        for stone in tombstones
    )
    dates = (*(item.updated for item in items), *(grave.when for grave in graves))
    return Feed(
        site=site,
        id=urn,
        title=name_feed(site, label),
        publisher=name_feed(site, ""),
        home=home,
        updated=max(dates, default=EPOCH),
        items=items,
        graves=graves,
        previous=previous,
        current=current,
        hub=hub,
    )


def name_feed(site: Site, label: str) -> str:
    """What a feed is called: its label before the site's title, or that alone."""
    publisher = visible(site.title) or site.root
    label = visible(label)
    return f"{label} - {publisher}" if label else publisher
