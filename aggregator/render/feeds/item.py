"""An article as every form of feed shows it, without characters that XML forbids."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from operator import attrgetter

from aggregator.model import Category, Change, Field, KeptArticle
from aggregator.render import paths
from aggregator.render.body import LINK_REL, feed_body
from aggregator.render.feeds.enclosures import Enclosure, find_picture, read_enclosures
from aggregator.render.xml import as_language, as_uri, to_second, xml_text
from aggregator.settings import Site
from aggregator.text.excerpt import opening
from aggregator.text.text import scrub

SUMMARY_LENGTH = 200
"""Characters of a text that stand for it where there is no summary."""


@dataclass(frozen=True, slots=True)
class Item:
    """An article of a feed; its times are UTC, to the second."""

    id: str
    title: str
    original: str
    """The canonical address."""
    share: str
    """The address of our share page; equal to ``original`` where the article has no other."""
    content: str
    summary: str
    """The source's own, or empty."""
    authors: tuple[str, ...]
    """At least one."""
    source: str
    """The name of the source that wrote it; empty for the program's own news."""
    source_label: str
    """What people see of that source."""
    published: datetime
    updated: datetime
    language: str
    """Empty where it is the feed's."""
    categories: tuple[Category, ...]
    tags: tuple[str, ...]
    picture: str
    """An address; empty where there is none."""
    enclosures: tuple[Enclosure, ...]
    fields: tuple[Field, ...] = ()
    """Named facts, without characters that XML forbids."""
    written: dict[str, bytes] = field(default_factory=dict, compare=False, repr=False)
    """Its entry in each form that was written already; each feed that shows it takes it from here."""


def read_item(site: Site, kept: KeptArticle) -> Item:
    """Make an item of an article; the origin or the source stands in for an author (RFC 4287, 4.1.2)."""
    article = kept.article
    # Readers say of links themselves what our sanitiser says of each of them.
    content = scrub(feed_body(site, kept)).replace(f"{LINK_REL}>", ">")
    language = as_language(article.language)
    share = paths.absolute(site, paths.share_path(kept.id))
    enclosures = read_enclosures(site, kept)
    source_label = xml_text(kept.source_label) or article.source
    authors = tuple(filter(None, map(xml_text, article.authors)))
    published = updated = published_at(kept)
    if article.updated > article.published:
        updated = max(to_second(article.updated), published)
    return Item(
        id=paths.article_urn(article.namespace, article.key),
        title=xml_text(article.title) or kept.id,
        original=as_uri(paths.original(site, kept)) or share,
        share=share,
        content=content,
        summary=xml_text(article.summary),
        authors=authors or (xml_text(article.origin) or source_label,),
        source=article.source,
        source_label=source_label,
        published=published,
        updated=updated,
        language="" if language.lower() == site.language.lower() else language,
        categories=tuple(dict.fromkeys(scrub_category(filing.category) for filing in kept.filings)),
        tags=read_tags(kept),
        picture=find_picture(content, enclosures),
        enclosures=enclosures,
        fields=tuple(filter(attrgetter("value"), map(_without_illegal, article.fields))),
    )


def change_item(site: Site, kept: KeptArticle, change: Change, title: str, content: str) -> Item:
    """Make an item of something that happened to an article; ``content`` is HTML."""
    at = to_second(change.at)
    return replace(
        read_item(site, kept),
        id=paths.change_urn(kept.article, change),
        title=xml_text(title),
        content=scrub(content),
        summary=opening(content, SUMMARY_LENGTH),
        published=at,
        updated=at,
        picture="",
        enclosures=(),
        written={},
    )


def published_at(kept: KeptArticle) -> datetime:
    """When an article was published, to the second.

    Feeds want a time (RFC 3339, 5.6; RFC 822, 5). A day alone gets noon in UTC, which is that day from UTC-12
    to UTC+11. It is dated no later than it was first seen, if that was on this day.
    """
    day = kept.article.day
    if day is None:
        return to_second(kept.article.published)
    midnight = datetime.combine(day, time(), UTC)
    return min(midnight + timedelta(hours=12), max(to_second(kept.first_seen), midnight))


def read_tags(kept: KeptArticle) -> tuple[str, ...]:
    """The tags of an article, without those that repeat a category."""
    labels = {filing.category.label for filing in kept.filings}
    tags = (xml_text(filing.tag) for filing in kept.filings if filing.tag not in labels)
    return tuple(dict.fromkeys(filter(None, tags)))


def _without_illegal(one: Field) -> Field:
    return replace(one, value="\n".join(filter(None, map(xml_text, one.values))))


def scrub_category(category: Category) -> Category:
    """The category with a label that XML can hold, never empty."""
    return Category(category.slug, xml_text(category.label) or category.slug)
