"""Articles -> RSS 2.0, Atom 1.0 (RFC 4287) and JSON Feed 1.1, of one category or of everything."""

from __future__ import annotations

import html
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from aggregator.content.text import scrub
from aggregator.model import Category, KeptArticle, Page
from aggregator.render import paths
from aggregator.render.feed_elements import UNWRITTEN, FeedElements, ItemElements
from aggregator.render.feed_item import Item, read_item, scrub_category
from aggregator.settings import Site

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Feed:
    """What the three forms have in common; ``home`` is the address of the HTML page of the same articles."""

    site: Site
    id: str
    title: str
    publisher: str
    home: str
    updated: datetime
    items: tuple[Item, ...]


def render_feeds(site: Site, category: Category | None, articles: Sequence[KeptArticle]) -> list[Page]:
    """The feeds of a category, or of everything where it is None, with the articles in the order given.

    A feed's own date is that of its newest article, so that the same articles give the same bytes.
    """
    feed = _read_feed(site, category, articles)
    forms: dict[str, Callable[[Feed, str], bytes]] = {
        "rss": _write_rss,
        "atom": _write_atom,
        "json": _write_json,
    }
    pages = []
    for form, write in forms.items():
        path = paths.feed_path(category, form)
        pages.append(Page(path, write(feed, paths.absolute(site, path))))
    return pages


def _read_feed(site: Site, category: Category | None, articles: Sequence[KeptArticle]) -> Feed:
    items = tuple(read_item(site, kept) for kept in articles)
    publisher = scrub(site.title) or site.root
    return Feed(
        site=site,
        id=paths.feed_urn(category),
        title=f"{scrub_category(category).label} - {publisher}" if category else publisher,
        publisher=publisher,
        home=paths.absolute(site, paths.category_path(category) if category else paths.HOME),
        updated=max((item.updated for item in items), default=EPOCH),
        items=items,
    )


def _write_rss(feed: Feed, address: str) -> bytes:
    generator = _start_feedgen(feed, address, "application/rss+xml")
    # Readers take a description for HTML; a title they take for text.
    generator.description(html.escape(feed.title, quote=False))
    generator.updated(UNWRITTEN)
    generator.load_extension("dc")
    for item in feed.items:
        entry = _add_entry(generator, feed, item)
        entry.dc.dc_creator(item.author)
        if item.summary:
            entry.description(html.escape(item.summary, quote=False))
        if item.language:
            entry.dc.dc_language(item.language)
    return bytes(generator.rss_str())


def _write_atom(feed: Feed, address: str) -> bytes:
    generator = _start_feedgen(feed, address, "application/atom+xml")
    generator.author(name=feed.publisher)
    generator.updated(feed.updated)
    for item in feed.items:
        entry = _add_entry(generator, feed, item)
        entry.updated(item.updated)
        entry.author(name=item.author)
        if item.content:
            entry.content(item.content, type="html")
        if item.summary:
            entry.summary(item.summary)
    return bytes(generator.atom_str())


def _start_feedgen(feed: Feed, address: str, media_type: str) -> FeedGenerator:
    generator = FeedGenerator()
    generator.id(feed.id)
    generator.title(feed.title)
    generator.language(feed.site.language)
    generator.generator("aggregator")
    generator.register_extension("elements", FeedElements, ItemElements)
    generator.elements.updated = feed.updated
    generator.link(href=address, rel="self", type=media_type)
    # RSS takes the last link for the channel's own.
    generator.link(href=feed.home, rel="alternate", type="text/html")
    return generator


def _add_entry(generator: FeedGenerator, feed: Feed, item: Item) -> FeedEntry:
    entry = generator.add_entry(order="append")
    entry.id(item.id)
    entry.title(item.title)
    entry.link(href=item.original)
    entry.elements.item = item
    entry.elements.publisher = feed.publisher
    for category in item.categories:
        scheme = paths.absolute(feed.site, paths.category_path(category))
        entry.category(term=category.label, scheme=scheme, label=category.label)
    return entry


def _write_json(feed: Feed, address: str) -> bytes:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": address,
        "authors": [{"name": feed.publisher}],
        "language": feed.site.language,
        "items": [_json_item(item) for item in feed.items],
    }
    return json.dumps(document, ensure_ascii=False).encode()


def _json_item(item: Item) -> dict[str, Any]:
    said = {
        "id": item.id,
        "url": item.share,
        "external_url": item.original if item.original != item.share else "",
        "title": item.title,
        "summary": item.summary,
        "date_published": item.published.isoformat(),
        "date_modified": item.updated.isoformat(),
        "authors": [{"name": item.author}],
        "tags": [category.label for category in item.categories],
        "language": item.language,
        "attachments": _json_attachments(item),
    }
    # An item must have a body, if an empty one.
    return {name: value for name, value in said.items() if value} | {"content_html": item.content}


def _json_attachments(item: Item) -> list[dict[str, Any]]:
    # To a reader, attachments of one title are one thing in several formats: leave such a title out.
    titles = Counter(attachment.title for attachment in item.attachments)
    attachments = []
    for attachment in item.attachments:
        said: dict[str, Any] = {"url": attachment.address, "mime_type": attachment.media_type}
        if attachment.title and titles[attachment.title] == 1:
            said["title"] = attachment.title
        if attachment.length is not None:
            said["size_in_bytes"] = attachment.length
        attachments.append(said)
    return attachments
