"""Removals: articles taken out everywhere, for good, whatever their sources go on showing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from aggregator.errors import StoreError
from aggregator.model import Known, Outcome, Topic
from aggregator.store.categories import count_up
from aggregator.store.counters import Counters, counting
from aggregator.store.database import Database, asking, rows_in, rows_of
from aggregator.store.filetexts import forget_files
from aggregator.store.identity import identify
from aggregator.store.relations.citations import forget_citations
from aggregator.store.relations.copies import part_copies
from aggregator.store.rows import upsert
from aggregator.store.schema import (
    aliases,
    archives,
    articles,
    bands,
    changes,
    copies,
    echoes,
    files,
    filings,
    lower_id,
    memberships,
    outbox,
    owed,
    pages,
    provenance,
    readings,
    removals,
    removed,
    revisions,
    revisits,
    sightings,
    splits,
    texts,
    tombstones,
    topics,
    uses,
)
from aggregator.store.topics import parts_of, read_topic, touch

_ANY_REMOVED = select(removed.c.identity).limit(1)
_REMOVED = asking(select(removed), removed.c.identity)


@dataclass(frozen=True, slots=True)
class Removal:
    """An article that is to be removed, and what shows it."""

    id: str
    title: str
    address: str
    source: str
    topics: tuple[Topic, ...]
    files: tuple[str, ...]
    archives: int
    """How many archives of these topics show it."""


class Removals(Database):
    """Articles that are removed for good."""

    def find_removal(self, name: str) -> Removal | None:
        """Return what a removal by public id or address would take out, None if there is no such article.

        Raises StoreError if several articles have that address.
        """
        found = or_(lower_id == name.lower(), articles.c.address == name)
        with self._read() as connection:
            rows = connection.execute(select(articles).where(found)).all()
            rows = [row for row in rows if row.id.lower() == name.lower()] or list(rows)
            if not rows:
                return None
            if len(rows) > 1:
                ids = ", ".join(row.id for row in rows)
                raise StoreError(f"several articles have this address; name one of them by its id: {ids}")
            row = rows[0]
            members = _members(connection, row.number)
            files = select(pages.c.path).where(pages.c.article == row.id).order_by(pages.c.path)
            return Removal(
                id=row.id,
                title=row.title,
                address=row.address,
                source=row.source,
                topics=tuple(read_topic(member) for member in members),
                files=tuple(connection.scalars(files)),
                archives=sum(len(_archives_of(connection, member, row.number)) for member in members),
            )

    def remove(self, article_id: str, reason: str, now: datetime) -> None:
        """Remove an article for good; the next publication deletes what shows it."""
        with self._write() as connection, counting(connection) as counters:
            remove_article(connection, counters, article_id, reason, now, tell=True)

    def is_removed(self, article_id: str) -> bool:
        """Tell whether an article of this public id was removed."""
        found = select(removed.c.identity).where(func.lower(removed.c.id) == article_id.lower()).limit(1)
        with self._read() as connection:
            return connection.scalar(found) is not None


def remove_article(
    connection: Connection,
    counters: Counters,
    article_id: str,
    reason: str,
    now: datetime,
    *,
    tell: bool,
) -> None:
    """Remove an article and touch every document that shows it; with ``tell``, feeds get tombstones."""
    row = connection.execute(select(articles).where(lower_id == article_id.lower())).one()
    own = identify(row.namespace, row.key)
    others = connection.scalars(select(aliases.c.identity).where(aliases.c.article == row.number))
    columns = {
        "id": row.id,
        "namespace": row.namespace,
        "key": row.key,
        "address": row.address,
        "reason": reason,
        "removed_at": now,
    }
    upsert(
        connection, removed, [{"identity": one, **columns} for one in (own, *others)], [removed.c.identity]
    )
    take_out(connection, counters, row, now, own if tell else None)


def take_out(
    connection: Connection, counters: Counters, row: Row[Any], now: datetime, identity: str | None = None
) -> None:
    """Delete an article and touch every document that shows it; with an identity, feeds get tombstones.

    ``row`` is the article's whole row. It may come in again, unless ``removed`` bars it.
    """
    for member in _members(connection, row.number):
        _leave(connection, counters, member, row.number, identity)
    _forget(connection, counters, row)
    left = {"number": counters.draw(), "at": now, "id": row.id, "source": row.source}
    connection.execute(insert(removals), left)


def find_removed(connection: Connection, identities: Collection[str]) -> Sequence[Row[Any]]:
    """Return the rows of those of these identities that are removed."""
    return rows_of(connection, _REMOVED, identities)


def removed_as(key: str, when: datetime) -> Known:
    """Return what is known of a key whose article was removed then."""
    return Known(key, key, published=when, updated=when, removed=True)


def without_removed(connection: Connection, outcome: Outcome) -> Outcome:
    """Return an outcome without what was removed, by its identity or its address.

    An article that comes again under another key is known to be removed by that key, too, from now on.
    """
    gone = _find_gone(connection, outcome)
    if not gone:
        return outcome

    def stays(key: str, namespace: str = outcome.namespace) -> bool:
        return identify(namespace, key) not in gone

    return replace(
        outcome,
        new=tuple(one for one in outcome.new if stays(one.key, one.namespace)),
        changed=tuple(one for one in outcome.changed if stays(one.key, one.namespace)),
        sightings=tuple(one for one in outcome.sightings if stays(one.key)),
        aliases=tuple(pair for pair in outcome.aliases if all(map(stays, pair))),
    )


def _find_gone(connection: Connection, outcome: Outcome) -> set[str]:
    """Return the identities in an outcome that are removed, or that are removed now by their address."""
    if connection.execute(_ANY_REMOVED).first() is None:
        return set()
    written = {identify(one.namespace, one.key): one for one in (*outcome.new, *outcome.changed)}
    keys = {key for pair in outcome.aliases for key in pair} | {one.key for one in outcome.sightings}
    asked = {identify(outcome.namespace, key) for key in keys} | written.keys()
    gone = {row.identity for row in find_removed(connection, asked)}
    addresses = {one.address for one in written.values() if one.address}
    held = rows_in(connection, select(removed), removed.c.address, sorted(addresses))
    rows = {row.address: row for row in held}
    for identity, article in written.items():
        if identity not in gone and article.address in rows:
            connection.execute(insert(removed), {**rows[article.address]._mapping, "identity": identity})
            gone.add(identity)
    return gone


def _members(connection: Connection, article: int) -> list[Row[Any]]:
    held = (
        select(topics, memberships.c.place, memberships.c.sequence)
        .join(memberships)
        .where(memberships.c.article == article)
        .order_by(topics.c.number)
    )
    return list(connection.execute(held))


def _archives_of(connection: Connection, member: Row[Any], article: int) -> list[int]:
    """Return the numbers of the archives of a topic that show an article, in any of its states."""
    newest = select(archives.c.number).where(
        archives.c.topic == member.number,
        archives.c.first <= member.sequence,
        archives.c.last >= member.sequence,
    )
    earlier = select(echoes.c.archive).where(echoes.c.topic == member.number, echoes.c.article == article)
    return sorted({*connection.scalars(newest), *connection.scalars(earlier)})


def _leave(
    connection: Connection, counters: Counters, member: Row[Any], article: int, identity: str | None
) -> None:
    """Take an article out of one topic; with an identity, leave a tombstone for it."""
    topic = read_topic(member)
    parts = parts_of(member.number, topic, member.place)
    for number in _archives_of(connection, member, article):
        connection.execute(
            update(archives)
            .where(archives.c.topic == member.number, archives.c.number == number)
            .values(fingerprint="")
        )
        parts.add((member.number, "archive", number))
    if topic.kind == "category":
        count_up(connection, _beside(connection, member))
    touch(connection, counters, parts)
    if identity is not None:
        row = {"topic": member.number, "identity": identity, "sequence": counters.draw()}
        upsert(connection, tombstones, [row], [tombstones.c.topic, tombstones.c.identity])
    connection.execute(
        update(topics).where(topics.c.number == member.number).values(articles=topics.c.articles - 1)
    )


def _beside(connection: Connection, member: Row[Any]) -> set[int]:
    """Return the articles before and after a place, which link to the article there."""
    place, held = memberships.c.place, select(memberships.c.article)
    held = held.where(memberships.c.topic == member.number).limit(1)
    before = connection.scalar(held.where(place < member.place).order_by(place.desc()))
    after = connection.scalar(held.where(place > member.place).order_by(place))
    return {number for number in (before, after) if number is not None}


def _forget(connection: Connection, counters: Counters, row: Row[Any]) -> None:
    """Delete every row of an article; the next publication deletes its files."""
    part_copies(connection, row.number)
    forget_citations(connection, row.number)
    held = (
        revisions,
        provenance,
        filings,
        aliases,
        sightings,
        memberships,
        echoes,
        texts,
        uses,
        changes,
        revisits,
        files,
        readings,
        bands,
        copies,
        splits,
        outbox,
    )
    read = list(connection.scalars(select(readings.c.file).where(readings.c.article == row.number)))
    for table in held:
        connection.execute(delete(table).where(table.c.article == row.number))
    forget_files(connection, read)
    identities = [
        identify(source, row.key) for source in connection.scalars(select(owed.c.source).distinct())
    ]
    connection.execute(delete(owed).where(owed.c.identity.in_(identities)))
    connection.execute(delete(splits).where(splits.c.other == row.number))
    connection.execute(update(pages).where(pages.c.article == row.id).values(generation=-1))
    connection.execute(delete(articles).where(articles.c.number == row.number))
    counters.articles -= 1
