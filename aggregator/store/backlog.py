"""What is not published yet, and which files show what."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, select, update

from aggregator.model import Archive, Tombstone, Topic, Touch
from aggregator.store.counters import Totals
from aggregator.store.database import chunks, upsert
from aggregator.store.schema import (
    announcements,
    archives,
    articles,
    media,
    pages,
    removed,
    tombstones,
    topics,
    totals,
    touched,
)
from aggregator.store.topics import is_topic, number_of, read_topic, sync_feeds, touch_all

_WAITING = articles.c.version > articles.c.published_version


@dataclass(frozen=True, slots=True)
class Publication:
    """How far the output is: what it was made with, and how many articles and documents wait.

    ``whole`` is false while everything is being rendered with ``fingerprint``.
    """

    fingerprint: str
    whole: bool
    articles: int
    documents: int

    @property
    def done(self) -> bool:
        """Whether nothing waits."""
        return self.whole and not self.articles and not self.documents


@dataclass(frozen=True, slots=True)
class Waiting:
    """An article that waits, by id, with the version to publish and its place in the queue."""

    id: str
    version: int
    sequence: int


def publication(connection: Connection) -> Publication:
    """Return how far the output is."""
    row = connection.execute(select(totals.c.fingerprint, totals.c.whole)).one()
    waiting = select(func.count()).select_from(articles).where(_WAITING)
    documents = select(func.count()).select_from(touched)
    return Publication(
        row.fingerprint, row.whole, connection.scalar(waiting) or 0, connection.scalar(documents) or 0
    )


def begin(
    connection: Connection, totals_row: Totals, fingerprint: str, definitions: Mapping[str, str]
) -> None:
    """Make everything unpublished, to be rendered with what has this fingerprint."""
    sync_feeds(connection, definitions)
    # Only rows that change: each is written whole, with its text.
    done = (articles.c.published_version > 0) | (articles.c.filed_version > 0)
    connection.execute(update(articles).where(done).values(published_version=0, filed_version=0))
    touch_all(connection, totals_row)
    connection.execute(
        update(totals).values(fingerprint=fingerprint, whole=False, generation=totals.c.generation + 1)
    )


def forget(connection: Connection) -> None:
    """Forget by what everything was rendered: the next publication renders it again."""
    connection.execute(update(totals).values(fingerprint="", whole=False))


def finish(connection: Connection) -> None:
    """Note that everything is rendered that can be."""
    connection.execute(update(totals).values(whole=True))


def waiting(connection: Connection, after: int, limit: int, *, unfiled: bool = False) -> list[Waiting]:
    """Return the articles that are to be published after a sequence, in order of their change.

    They are filed already, or (``unfiled``) that is to be done first.
    """
    found = (
        select(articles.c.id, articles.c.version, articles.c.sequence)
        .where(_WAITING, articles.c.sequence > after)
        .where((articles.c.version > articles.c.filed_version) == unfiled)
        .order_by(articles.c.sequence)
        .limit(limit)
    )
    return [Waiting(row.id, row.version, row.sequence) for row in connection.execute(found)]


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


def published(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Return which of these articles, by id, are published as they are."""
    found: set[str] = set()
    for some in chunks([one.lower() for one in ids]):
        rows = select(articles.c.id).where(func.lower(articles.c.id).in_(some), ~_WAITING)
        found.update(connection.scalars(rows))
    return found


def touches(connection: Connection) -> list[Touch]:
    """Return the documents that are to be rendered: a topic's numbered parts first, its front then.

    Everything comes last: its front shows how many articles each category has.
    """
    held = (
        select(topics, touched.c.part, touched.c.number.label("of"), touched.c.sequence)
        .join(topics)
        .order_by(topics.c.kind == "all", touched.c.part == "front", touched.c.topic, touched.c.number)
    )
    return [Touch(read_topic(row), row.part, row.of, row.sequence) for row in connection.execute(held)]


def settle(connection: Connection, totals_row: Totals, touch: Touch, changed: Sequence[str]) -> None:
    """Note that a document is rendered, unless it was touched again since; hubs shall hear of ``changed``."""
    connection.execute(
        delete(touched).where(
            touched.c.topic == number_of(touch.topic),
            touched.c.part == touch.part,
            touched.c.number == touch.number,
            touched.c.sequence == touch.sequence,
        )
    )
    rows = [{"address": address, "sequence": totals_row.draw()} for address in changed]
    upsert(connection, announcements, rows, [announcements.c.address])


def list_archives(connection: Connection, topic: Topic) -> list[Archive]:
    """Return the closed archives of a topic, oldest first."""
    held = select(archives).where(archives.c.topic == number_of(topic)).order_by(archives.c.number)
    return [_archive(row) for row in connection.execute(held)]


def _archive(row: Row[Any]) -> Archive:
    return Archive(row.number, row.first, row.last, row.fingerprint, row.digest)


def archive(connection: Connection, topic: Topic, number: int) -> Archive | None:
    """Return one archive of a topic."""
    held = select(archives).where(archives.c.topic == number_of(topic), archives.c.number == number)
    row = connection.execute(held).one_or_none()
    return _archive(row) if row else None


def keep_archive(connection: Connection, topic: Topic, kept: Archive) -> None:
    """Note an archive as it was written; a new one closes its members for the subscription document."""
    number = connection.execute(select(topics.c.number).where(is_topic(topic))).scalar_one()
    row = {
        "topic": number,
        "number": kept.number,
        "first": kept.first,
        "last": kept.last,
        "fingerprint": kept.fingerprint,
        "digest": kept.digest,
    }
    upsert(connection, archives, [row], [archives.c.topic, archives.c.number])
    connection.execute(
        update(topics)
        .where(topics.c.number == number, topics.c.archived < kept.last)
        .values(archived=kept.last)
    )


def list_tombstones(connection: Connection, topic: Topic, limit: int) -> list[Tombstone]:
    """Return what was taken out of a topic last, the last one first."""
    held = (
        select(removed.c.namespace, removed.c.key, removed.c.removed_at)
        .join(tombstones, tombstones.c.identity == removed.c.identity)
        .where(tombstones.c.topic == number_of(topic))
        .order_by(tombstones.c.sequence.desc())
        .limit(limit)
    )
    return [Tombstone(row.namespace, row.key, row.removed_at) for row in connection.execute(held)]


def plan_documents(connection: Connection, paths: Mapping[str, str | None]) -> None:
    """Remember files, the article that each shows, and that this generation renders them."""
    generation = connection.execute(select(totals.c.generation)).scalar_one()
    rows = [{"path": path, "article": article, "generation": generation} for path, article in paths.items()]
    upsert(connection, pages, rows, [pages.c.path])


def planned_documents(connection: Connection, article_ids: Sequence[str] | None) -> dict[str, str | None]:
    """Return the files of these articles, or all files, by path."""
    planned = select(pages.c.path, pages.c.article)
    queries = (
        [planned]
        if article_ids is None
        else [planned.where(pages.c.article.in_(some)) for some in chunks(article_ids)]
    )
    return {row.path: row.article for query in queries for row in connection.execute(query)}


def stale_documents(connection: Connection, limit: int, *, removed: bool) -> list[str]:
    """Return files that this generation did not render, or only those of removed articles."""
    current = 0 if removed else select(totals.c.generation).scalar_subquery()
    found = select(pages.c.path).where(pages.c.generation < current)
    # A mirrored file is not rendered: it stays as long as we know it for one.
    held = exists().where(pages.c.path.like("site/media/%"), media.c.path == func.substr(pages.c.path, 6))
    return list(connection.scalars(found.where(~held).limit(limit)))


def forget_documents(connection: Connection, paths: Collection[str]) -> None:
    """Forget files."""
    for some in chunks(list(paths)):
        connection.execute(delete(pages).where(pages.c.path.in_(some)))
