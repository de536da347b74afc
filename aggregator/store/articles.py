"""Articles and categories as the store holds them, one by one and in windows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, tuple_

from aggregator.model import Article, Category, Filing, Headline, KeptArticle, Neighbours, Topic
from aggregator.store.codec import decode_article, decode_attachments, decode_labels
from aggregator.store.database import chunks
from aggregator.store.media import media_of
from aggregator.store.schema import articles, categories, filings, memberships, revisions, topics
from aggregator.store.topics import number_of

_HEADLINE = (
    articles.c.id,
    articles.c.title,
    articles.c.language,
    articles.c.published,
    articles.c.updated,
)


@dataclass(frozen=True, slots=True)
class Revision:
    """An earlier state of an article: the version it had, when it was replaced, and what it said."""

    version: int
    replaced_at: datetime
    article: Article


def kept(connection: Connection, ids: Sequence[str]) -> list[KeptArticle]:
    """Return articles in the order of their ids, without those that are not there."""
    found: dict[str, KeptArticle] = {}
    for some in chunks(ids):
        lower = [one.lower() for one in some]
        rows = read(connection, select(articles).where(func.lower(articles.c.id).in_(lower)))
        found.update({article.id: article for article in rows})
    return [found[one] for one in ids if one in found]


def after(connection: Connection, number: int, limit: int) -> tuple[list[KeptArticle], int]:
    """Return the articles that arrived next after a number, and the number of the last of them."""
    page = select(articles).where(articles.c.number > number).order_by(articles.c.number).limit(limit)
    rows = connection.execute(page).all()
    return _with_filings(connection, rows), rows[-1].number if rows else number


def newest(connection: Connection, topic: Topic, limit: int) -> list[KeptArticle]:
    """Return the articles of a topic that were published last, the last one first."""
    window = _members(topic).order_by(memberships.c.published.desc(), memberships.c.place.desc())
    return read(connection, window.limit(limit))


def latest(connection: Connection, topic: Topic, limit: int) -> list[KeptArticle]:
    """Return the articles of a topic that came or changed last, the last one first."""
    return read(connection, _members(topic).order_by(memberships.c.sequence.desc()).limit(limit))


def placed(connection: Connection, topic: Topic, first: int, last: int) -> list[KeptArticle]:
    """Return the articles of a topic at these places, the last one first."""
    window = _members(topic).where(memberships.c.place.between(first, last))
    return read(connection, window.order_by(memberships.c.place.desc()))


def changed(connection: Connection, topic: Topic, first: int, last: int) -> list[KeptArticle]:
    """Return the articles of a topic whose sequence there is in this range, the last one first."""
    window = _members(topic).where(memberships.c.sequence.between(first, last))
    return read(connection, window.order_by(memberships.c.sequence.desc()))


def unarchived(connection: Connection, topic: Topic, after: int, limit: int) -> list[int]:
    """Return the sequences of a topic's members after one, oldest first."""
    held = select(memberships.c.sequence).where(
        memberships.c.topic == number_of(topic), memberships.c.sequence > after
    )
    return list(connection.scalars(held.order_by(memberships.c.sequence).limit(limit)))


def neighbours(connection: Connection, kept: Sequence[KeptArticle]) -> dict[str, Neighbours]:
    """Return by id what stands before and after articles in their first category, where they are filed."""
    first = {(one.filings[0].category.slug, one.id) for one in kept if one.filings}
    found: list[Row[Any]] = []
    for some in chunks([one.id.lower() for one in kept]):
        found += [row for row in connection.execute(_places_around(some)) if (row.name, row.id) in first]
    links: dict[tuple[int, int], Headline] = {}
    ends = [(row.topic, place) for row in found for place in (row.before, row.after) if place]
    for pairs in chunks(ends):
        rows = select(memberships.c.topic, memberships.c.place, *_HEADLINE).join(articles)
        some_rows = connection.execute(
            rows.where(tuple_(memberships.c.topic, memberships.c.place).in_(pairs))
        )
        links.update({(row.topic, row.place): _headline(row) for row in some_rows})
    return {
        row.id: Neighbours(links.get((row.topic, row.before)), links.get((row.topic, row.after)))
        for row in found
    }


def headlines(connection: Connection, topic: Topic, first: int, last: int) -> list[Headline]:
    """Return the articles of a topic at these places, the last one first."""
    held = select(*_HEADLINE).join(memberships).where(memberships.c.topic == number_of(topic))
    window = held.where(memberships.c.place.between(first, last)).order_by(memberships.c.place.desc())
    return [_headline(row) for row in connection.execute(window)]


def news(connection: Connection, age: timedelta, limit: int) -> list[Headline]:
    """Return what was published last, no more than ``age`` before the newest of all."""
    newest = connection.scalar(select(func.max(articles.c.published)))
    if newest is None:
        return []
    held = select(*_HEADLINE).where(articles.c.published >= newest - age)
    window = held.order_by(articles.c.published.desc(), articles.c.number.desc()).limit(limit)
    return [_headline(row) for row in connection.execute(window)]


def _headline(row: Any) -> Headline:
    return Headline(row.id, row.title, row.language, row.published, row.updated)


def _places_around(ids: Sequence[str]) -> Select[Any]:
    other = memberships.alias()
    around = [
        select(edge(other.c.place))
        .where(other.c.topic == memberships.c.topic, beyond)
        .scalar_subquery()
        .label(name)
        for name, edge, beyond in (
            ("before", func.max, other.c.place < memberships.c.place),
            ("after", func.min, other.c.place > memberships.c.place),
        )
    ]
    return (
        select(articles.c.id, topics.c.name, memberships.c.topic, *around)
        .select_from(articles)
        .join(memberships)
        .join(topics)
        .where(func.lower(articles.c.id).in_(ids), topics.c.kind == "category")
    )


def category(connection: Connection, slug: str) -> Category | None:
    """Return the category of that slug, or None."""
    label = connection.scalar(select(categories.c.label).where(categories.c.slug == slug))
    return None if label is None else Category(slug, label)


def list_revisions(connection: Connection, article_id: str) -> list[Revision]:
    """Return the earlier states of an article, oldest first."""
    earlier = (
        select(revisions.c.version, revisions.c.replaced_at, revisions.c.state)
        .join(articles)
        .where(func.lower(articles.c.id) == article_id.lower())
        .order_by(revisions.c.version)
    )
    return [
        Revision(row.version, row.replaced_at, decode_article(row.state))
        for row in connection.execute(earlier)
    ]


def read_article(row: Row[Any]) -> Article:
    """Return the article that a whole row of ``articles`` holds."""
    return Article(
        namespace=row.namespace,
        key=row.key,
        source=row.source,
        title=row.title,
        address=row.address,
        content=row.content,
        published=row.published,
        updated=row.updated,
        labels=decode_labels(row.labels),
        dated=row.dated,
        share_url=row.share_url,
        summary=row.summary,
        author=row.author,
        origin=row.origin,
        language=row.language,
        attachments=decode_attachments(row.attachments),
        complete=row.complete,
        future=row.future,
    )


def _members(topic: Topic) -> Select[Any]:
    return select(articles).join(memberships).where(memberships.c.topic == number_of(topic))


def read(connection: Connection, query: Select[Any]) -> list[KeptArticle]:
    """Return the articles that a query of whole rows finds, in its order."""
    return _with_filings(connection, connection.execute(query).all())


def _with_filings(connection: Connection, rows: Sequence[Row[Any]]) -> list[KeptArticle]:
    filed: defaultdict[int, list[Filing]] = defaultdict(list)
    for some in chunks([row.number for row in rows]):
        held = (
            select(filings.c.article, filings.c.tag, categories.c.slug, categories.c.label)
            .join(categories)
            .where(filings.c.article.in_(some))
            .order_by(filings.c.article, filings.c.position)
        )
        for row in connection.execute(held):
            filing = Filing(Category(row.slug, row.label), row.tag or row.label)
            filed[row.article].append(filing)
    files = media_of(connection, [row.number for row in rows])
    return [
        KeptArticle(
            id=row.id,
            version=row.version,
            sequence=row.sequence,
            first_seen=row.first_seen,
            article=read_article(row),
            filings=tuple(filed[row.number]),
            media=files.get(row.number, {}),
        )
        for row in rows
    ]
