"""What is not published yet, and which files show what."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, select, update

from aggregator.store.database import chunks, upsert
from aggregator.store.schema import articles, categories, pages, totals


@dataclass(frozen=True, slots=True)
class Unpublished:
    """What has changed since it was published last.

    ``articles`` are ids and ``categories`` slugs, each with the version to publish, in order of change
    and of arrival. ``fingerprint`` is that of the last full publication, empty before the first.
    """

    articles: tuple[tuple[str, int], ...]
    categories: tuple[tuple[str, int], ...]
    fingerprint: str


def unpublished(connection: Connection) -> Unpublished:
    """Return what has changed since it was published last."""
    changed = (
        select(articles.c.id, articles.c.version)
        .where(articles.c.version > articles.c.published_version)
        .order_by(articles.c.sequence)
    )
    touched = (
        select(categories.c.slug, categories.c.version)
        .where(categories.c.version > categories.c.published_version)
        .order_by(categories.c.number)
    )
    return Unpublished(
        articles=tuple((row.id, row.version) for row in connection.execute(changed)),
        categories=tuple((row.slug, row.version) for row in connection.execute(touched)),
        fingerprint=connection.execute(select(totals.c.fingerprint)).scalar_one(),
    )


def mark_articles(connection: Connection, versions: Sequence[tuple[str, int]]) -> None:
    """Note that these versions of articles, by id, are published; newer ones stay unpublished."""
    if versions:
        connection.execute(
            update(articles)
            .where(
                func.lower(articles.c.id) == bindparam("lower_id"),
                articles.c.published_version < bindparam("shown"),
            )
            .values(published_version=bindparam("shown")),
            [{"lower_id": one.lower(), "shown": version} for one, version in versions],
        )


def mark_categories(connection: Connection, versions: Sequence[tuple[str, int]]) -> None:
    """Note that these versions of categories, by slug, are published; newer ones stay unpublished."""
    if versions:
        connection.execute(
            update(categories)
            .where(
                categories.c.slug == bindparam("of_slug"),
                categories.c.published_version < bindparam("shown"),
            )
            .values(published_version=bindparam("shown")),
            [{"of_slug": slug, "shown": version} for slug, version in versions],
        )


def mark_fingerprint(connection: Connection, fingerprint: str) -> None:
    """Note what the last full publication was made with."""
    connection.execute(update(totals).values(fingerprint=fingerprint))


def plan_pages(connection: Connection, paths: Mapping[str, str | None]) -> None:
    """Remember files and the article that each shows."""
    rows = [{"path": path, "article": article} for path, article in paths.items()]
    upsert(connection, pages, rows, [pages.c.path])


def planned_pages(connection: Connection, article_ids: Sequence[str] | None) -> dict[str, str | None]:
    """Return the files of these articles, or all files, by path."""
    planned = select(pages.c.path, pages.c.article)
    queries = (
        [planned]
        if article_ids is None
        else [planned.where(pages.c.article.in_(some)) for some in chunks(article_ids)]
    )
    return {row.path: row.article for query in queries for row in connection.execute(query)}


def forget_pages(connection: Connection, paths: Collection[str]) -> None:
    """Forget files."""
    for some in chunks(list(paths)):
        connection.execute(delete(pages).where(pages.c.path.in_(some)))
