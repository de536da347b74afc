"""Checks of a database: SQLite's own, and what must be true of our tables."""

from collections.abc import Iterator

from sqlalchemy import Connection, exists, func, select, text, type_coerce
from sqlalchemy.exc import DatabaseError
from sqlalchemy.types import NullType

from aggregator.errors import StoreError
from aggregator.store.columns import unpack
from aggregator.store.database import Database
from aggregator.store.schema import (
    articles,
    filings,
    memberships,
    revisions,
    sightings,
    texts,
    topics,
    totals,
)

LISTED = 20
"""How many findings of one kind are listed."""


class Integrity(Database):
    """Whether the database is sound."""

    def find_faults(self) -> list[str]:
        """Return everything that is wrong with the database, in plain words."""
        with self._read() as connection:
            if connection.dialect.name == "sqlite":
                try:
                    found = list(_find_in_sqlite(connection))
                except DatabaseError as exc:
                    return [f"it cannot be read: {exc.orig}"]
                found += _find_damaged_contents(connection)
                if found:
                    return found
            return list(_find_in_tables(connection))


def _find_in_sqlite(connection: Connection) -> Iterator[str]:
    for row in connection.execute(text(f"PRAGMA integrity_check({LISTED})")):
        if row[0] != "ok":
            yield f"it is damaged: {row[0]}"
    for table, number, other, _ in connection.execute(text("PRAGMA foreign_key_check")).fetchmany(LISTED):
        yield f"row {number} of {table} belongs to something in {other} that is not there"


def _find_damaged_contents(connection: Connection) -> Iterator[str]:
    for row in connection.execute(select(articles.c.id, type_coerce(articles.c.content, NullType))):
        try:
            unpack(row.content)
        except StoreError as exc:
            yield f"article {row.id}: {exc}"


def _find_in_tables(connection: Connection) -> Iterator[str]:
    counted = connection.scalar(select(func.count()).select_from(articles))
    noted = connection.scalar(select(totals.c.articles))
    if counted != noted:
        yield f"there are {counted} articles, and it says {noted}"
    lacks = {"has no text to search": texts, "has no category": filings, "was shown by no source": sightings}
    for what, table in lacks.items():
        there = exists().where(table.c.article == articles.c.number)
        missing = connection.scalars(select(articles.c.id).where(~there).limit(LISTED))
        yield from (f"article {one} {what}" for one in missing)
    members = select(func.count()).where(memberships.c.topic == topics.c.number).scalar_subquery()
    rows = connection.execute(
        select(topics.c.kind, topics.c.name, topics.c.articles, members.label("held"))
        .where(topics.c.articles != members)
        .limit(LISTED)
    )
    yield from (f"{row.kind} {row.name} has {row.held} articles, and it says {row.articles}" for row in rows)
    last = connection.scalar(select(totals.c.sequence)) or 0
    for name, column in (("articles", articles.c.sequence), ("memberships", memberships.c.sequence)):
        if (highest := connection.scalar(select(func.max(column))) or 0) > last:
            yield f"sequence {highest} in {name} was never given out (the last one is {last})"
    behind = (
        select(articles.c.id)
        .join(revisions)
        .where(revisions.c.version >= articles.c.version)
        .distinct()
        .limit(LISTED)
    )
    yield from (f"article {one} is older than one of its revisions" for one in connection.scalars(behind))
