"""The one row of ``totals``: a lock for writers, the sequence, and the number of articles."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select, update

from aggregator.store.schema import totals


@dataclass(slots=True)
class Counters:
    """The counters of the whole store; until the transaction ends, no other writer has them."""

    sequence: int
    """The last number given out."""

    articles: int
    """How many articles the store holds."""

    def draw(self) -> int:
        """Return the next number of the sequence."""
        self.sequence += 1
        return self.sequence


_COUNTERS = select(totals.c.sequence, totals.c.articles).with_for_update(of=totals)
_LOCK = select(totals.c.number).with_for_update(of=totals)


@contextmanager
def counting(connection: Connection) -> Iterator[Counters]:
    """Wait for other writers, yield the counters, and write them back when they have changed."""
    row = connection.execute(_COUNTERS).one()
    counters = Counters(row.sequence, row.articles)
    before = replace(counters)
    yield counters
    if counters != before:
        connection.execute(update(totals).values(sequence=counters.sequence, articles=counters.articles))


def lock(connection: Connection) -> None:
    """Wait for other writers, so that whoever writes more than one row does so alone.

    Without it, PostgreSQL would report a deadlock when two writers lock rows in different orders. In
    SQLite the transaction holds the lock since its BEGIN IMMEDIATE.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(_LOCK)
