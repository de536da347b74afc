"""What the store knows under an address or an id, whichever source it came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from aggregator.model import Entry, Owed, Topic
from aggregator.store.codec import decode, read_row
from aggregator.store.columns import is_among
from aggregator.store.database import Database, rows_in
from aggregator.store.identity import identify, identify_address
from aggregator.store.schema import aliases, archives, articles, lower_id, memberships, owed, removed, topics
from aggregator.store.topics import read_topic


@dataclass(frozen=True, slots=True)
class Removed:
    """An article that was removed for good."""

    id: str
    address: str
    reason: str
    removed_at: datetime


@dataclass(frozen=True, slots=True)
class Filed:
    """A topic in which an article stands."""

    topic: Topic
    archive: int | None
    """The number of the closed archive that has its newest state; None where none has."""


class Inquiries(Database):
    """Answers to whoever asks for one article by whatever name of it."""

    def ids_of(self, names: Sequence[str], namespaces: Sequence[str]) -> list[str]:
        """Return the ids of the articles with one of these ids, keys or addresses, or other forms of them."""
        identities = _identities(names, namespaces)
        of_alias = select(articles.c.id).join(aliases, aliases.c.article == articles.c.number)
        with self._read() as connection:
            rows = [
                *rows_in(connection, select(articles.c.id), lower_id, [name.lower() for name in names]),
                *rows_in(connection, select(articles.c.id), articles.c.identity, identities),
                *rows_in(connection, of_alias, aliases.c.identity, identities),
            ]
            # There is no index of addresses, so all articles are looked at only where nothing else helped.
            rows = rows or [*rows_in(connection, select(articles.c.id), articles.c.address, names)]
        return list(dict.fromkeys(row.id for row in rows))

    def removed_as(self, names: Sequence[str], namespaces: Sequence[str]) -> Removed | None:
        """Return the removed article that has one of these ids, keys or addresses; None without one."""
        known_as = (
            is_among(func.lower(removed.c.id), [name.lower() for name in names]),
            is_among(removed.c.address, list(names)),
        )
        identities = _identities(names, namespaces)
        with self._read() as connection:
            rows = list(rows_in(connection, select(removed), removed.c.identity, identities))
            rows = rows or list(connection.execute(select(removed).where(or_(*known_as))))
        return read_row(Removed, rows[0]) if rows else None

    def owing(self, names: Sequence[str]) -> list[tuple[str, Owed]]:
        """Return the sources that owe an entry with one of these keys or addresses, each with its debt."""
        mentioned = (owed.c.entry.contains(name, autoescape=True) for name in names)
        asked = select(owed).where(or_(is_among(owed.c.key, list(names)), *mentioned))
        found = []
        with self._read() as connection:
            for row in connection.execute(asked.order_by(owed.c.source, owed.c.key)):
                entry = None if row.entry is None else decode(Entry, row.entry)
                if row.key in names or (entry and entry.address in names):
                    found.append((row.source, read_row(Owed, row, entry=entry)))
        return found

    def filed(self, article_id: str) -> list[Filed]:
        """Return the topics in which an article stands."""
        of_its_state = (
            (archives.c.topic == topics.c.number)
            & (archives.c.first <= memberships.c.sequence)
            & (archives.c.last >= memberships.c.sequence)
        )
        standing = (
            select(topics, archives.c.number.label("archive"))
            .join(memberships, memberships.c.topic == topics.c.number)
            .join(articles, articles.c.number == memberships.c.article)
            .outerjoin(archives, of_its_state)
            .where(lower_id == article_id.lower())
        )
        with self._read() as connection:
            return [Filed(read_topic(row), row.archive) for row in connection.execute(standing)]


def _identities(names: Sequence[str], namespaces: Sequence[str]) -> list[str]:
    """Return under what the names are kept in each namespace, their other forms included."""
    pairs = [(namespace, name) for namespace in dict.fromkeys(namespaces) for name in names]
    forms = (identify_address(*pair) for pair in pairs)
    return [*(identify(*pair) for pair in pairs), *filter(None, forms)]
