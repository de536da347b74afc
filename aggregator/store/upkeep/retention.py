"""Retention: articles that a source keeps no longer, because they are too old or too many."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, or_, select

from aggregator.store.counters import counting
from aggregator.store.database import Database
from aggregator.store.schema import articles, sightings, sources
from aggregator.store.upkeep.removals import remove_article

_AGE = (articles.c.first_seen, articles.c.number)


@dataclass(frozen=True, slots=True)
class Expired:
    """How many articles a source keeps no longer, and when the first and the last of them came."""

    source: str
    articles: int
    first: datetime | None = None
    last: datetime | None = None


class Retention(Database):
    """The articles that a source keeps no longer."""

    def count_expired(self, source: str, before: datetime | None, items: int | None) -> Expired:
        """Count the articles of a source that came before a time, or before its newest ``items``."""
        with self._read() as connection:
            found = _expired(connection, source, before, items)
            if found is None:
                return Expired(source, 0)
            held = found.subquery()
            counted = select(func.count(), func.min(held.c.first_seen), func.max(held.c.first_seen))
            return Expired(source, *connection.execute(counted).one())

    def expire(
        self, source: str, before: datetime | None, items: int | None, reason: str, now: datetime, limit: int
    ) -> int:
        """Remove the oldest such articles, at most ``limit``, without tombstones; return how many."""
        with self._write() as connection, counting(connection) as counters:
            found = _expired(connection, source, before, items)
            if found is None:
                return 0
            ids = [row.id for row in connection.execute(found.order_by(*_AGE).limit(limit))]
            for one in ids:
                remove_article(connection, counters, one, reason, now, tell=False)
        return len(ids)


def _expired(
    connection: Connection, source: str, before: datetime | None, items: int | None
) -> Select[Any] | None:
    """Return a query for the expired articles of a source, None where no limit applies."""
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
    # An article that another active source shows, too, is not this source's alone to give up.
    elsewhere = exists().where(
        sightings.c.article == articles.c.number,
        sightings.c.source != source,
        sightings.c.source == sources.c.name,
        sources.c.active,
    )
    return select(articles.c.id, articles.c.first_seen).where(ours, or_(*limits), ~elsewhere)
