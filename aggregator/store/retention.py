"""Articles that their source keeps no longer: too old, or too many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, or_, select

from aggregator.store.schema import articles, sightings, sources

_AGE = (articles.c.first_seen, articles.c.number)


@dataclass(frozen=True, slots=True)
class Expired:
    """What a source keeps no longer: how many articles, and when the first and last of them came."""

    source: str
    articles: int
    first: datetime | None = None
    last: datetime | None = None


def count_expired(connection: Connection, source: str, before: datetime | None, items: int | None) -> Expired:
    """Count the articles of a source that came before a time, or before its newest ``items``."""
    found = _expired(connection, source, before, items)
    if found is None:
        return Expired(source, 0)
    held = found.subquery()
    row = connection.execute(
        select(func.count(), func.min(held.c.first_seen), func.max(held.c.first_seen))
    ).one()
    return Expired(source, *row)


def list_expired(
    connection: Connection, source: str, before: datetime | None, items: int | None, limit: int
) -> list[str]:
    """Return the ids of such articles, oldest first."""
    found = _expired(connection, source, before, items)
    return [] if found is None else [row.id for row in connection.execute(found.order_by(*_AGE).limit(limit))]


def _expired(
    connection: Connection, source: str, before: datetime | None, items: int | None
) -> Select[Any] | None:
    ours = articles.c.source == source
    limits = [articles.c.first_seen < before] if before else []
    if items is not None:
        newest_first = (column.desc() for column in _AGE)
        beyond = select(*_AGE).where(ours).order_by(*newest_first).offset(items).limit(1)
        if edge := connection.execute(beyond).one_or_none():
            same = and_(articles.c.first_seen == edge.first_seen, articles.c.number <= edge.number)
            limits.append(or_(articles.c.first_seen < edge.first_seen, same))
    if not limits:
        return None
    # What another source shows, too, is not ours alone to give up.
    elsewhere = exists().where(
        sightings.c.article == articles.c.number,
        sightings.c.source != source,
        sightings.c.source == sources.c.name,
        sources.c.active,
    )
    return select(articles.c.id, articles.c.first_seen).where(ours, or_(*limits), ~elsewhere)
