"""Articles and categories as the store holds them, one by one and in windows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from aggregator.model import Article, Category, Filing, KeptArticle
from aggregator.store.codec import decode_article, decode_attachments, decode_labels
from aggregator.store.database import chunks
from aggregator.store.schema import articles, categories, filings, revisions


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
        read = _read(connection, select(articles).where(func.lower(articles.c.id).in_(lower)))
        found.update({article.id: article for article in read})
    return [found[one] for one in ids if one in found]


def after(connection: Connection, number: int, limit: int) -> tuple[list[KeptArticle], int]:
    """Return the articles that arrived next after a number, and the number of the last of them."""
    page = select(articles).where(articles.c.number > number).order_by(articles.c.number).limit(limit)
    rows = connection.execute(page).all()
    return _with_filings(connection, rows), rows[-1].number if rows else number


def newest(connection: Connection, slug: str | None, limit: int) -> list[KeptArticle]:
    """Return the articles of a category, or of all, that were published last, the last one first."""
    if slug is None:
        window = select(articles).order_by(articles.c.published.desc(), articles.c.number.desc())
    else:
        window = _filed(slug).order_by(filings.c.published.desc(), filings.c.article.desc())
    return _read(connection, window.limit(limit))


def latest(connection: Connection, slug: str | None, limit: int) -> list[KeptArticle]:
    """Return the articles of a category, or of all, that came or changed last, the last one first."""
    if slug is None:
        window = select(articles).order_by(articles.c.sequence.desc())
    else:
        window = _filed(slug).order_by(filings.c.sequence.desc())
    return _read(connection, window.limit(limit))


def list_categories(connection: Connection) -> list[tuple[Category, int, datetime]]:
    """Return every category with the number of its articles and when the newest came, biggest first."""
    held = select(categories).order_by(categories.c.articles.desc(), categories.c.label)
    return [(Category(row.slug, row.label), row.articles, row.arrived) for row in connection.execute(held)]


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


def _filed(slug: str) -> Select[Any]:
    number = select(categories.c.number).where(categories.c.slug == slug).scalar_subquery()
    return select(articles).join(filings).where(filings.c.category == number)


def _read(connection: Connection, query: Select[Any]) -> list[KeptArticle]:
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
    return [
        KeptArticle(
            id=row.id,
            version=row.version,
            sequence=row.sequence,
            first_seen=row.first_seen,
            article=read_article(row),
            filings=tuple(filed[row.number]),
        )
        for row in rows
    ]
