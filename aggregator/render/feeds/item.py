"""An article as every form of feed shows it: scrubbed of what XML forbids, with nothing left to guess."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aggregator.model import Category, KeptArticle
from aggregator.render import paths
from aggregator.render.body import feed_body
from aggregator.render.feeds.enclosures import Enclosure, find_picture, read_enclosures
from aggregator.render.xml import as_language, as_uri, to_second, visible
from aggregator.settings import Site
from aggregator.text.excerpt import opening
from aggregator.text.text import scrub

SUMMARY_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Item:
    """One article of a feed.

    ``original`` is the canonical address, ``share`` our share page (the same where there is no other).
    ``source`` is the name of the source whose words these are. ``language`` is empty where it is the feed's,
    ``picture`` (an address) where there is none. Times are UTC, to the second.
    """

    id: str
    title: str
    original: str
    share: str
    content: str
    summary: str
    author: str
    source: str
    published: datetime
    updated: datetime
    language: str
    categories: tuple[Category, ...]
    tags: tuple[str, ...]
    picture: str
    enclosures: tuple[Enclosure, ...]


def read_item(site: Site, kept: KeptArticle) -> Item:
    """The item of an article; without an author it names the origin, else the source (RFC 4287, 4.1.2)."""
    article = kept.article
    content = scrub(feed_body(site, kept))
    language = as_language(article.language)
    share = paths.absolute(site, paths.share_path(kept.id))
    enclosures = read_enclosures(site, kept)
    return Item(
        id=paths.article_urn(article.namespace, article.key),
        title=visible(article.title) or kept.id,
        original=as_uri(paths.original(site, kept)) or share,
        share=share,
        content=content,
        summary=visible(article.summary) or opening(content, SUMMARY_LENGTH),
        author=visible(article.author) or visible(article.origin) or article.source,
        source=article.source,
        published=to_second(article.published),
        updated=to_second(article.updated),
        language="" if language.lower() == site.language.lower() else language,
        categories=tuple(dict.fromkeys(scrub_category(filing.category) for filing in kept.filings)),
        tags=read_tags(kept),
        picture=find_picture(content, enclosures),
        enclosures=enclosures,
    )


def read_tags(kept: KeptArticle) -> tuple[str, ...]:
    """The tags that an article was given, without those that only repeat a category."""
    labels = {filing.category.label for filing in kept.filings}
    return tuple(
        dict.fromkeys(
            visible(filing.tag) for filing in kept.filings if filing.tag not in labels and visible(filing.tag)
        )
    )


def scrub_category(category: Category) -> Category:
    """The category with a label that XML can hold, never empty."""
    return Category(category.slug, visible(category.label) or category.slug)
