"""The row that writers lock: the last number given out and the number of articles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select, update

from aggregator.store.schema import totals


@dataclass(slots=True)
class Totals:
    """What counts over the whole store, ours alone until the end of the transaction."""

    sequence: int
    articles: int

    def draw(self) -> int:
        """Give out the next number of the sequence."""
        self.sequence += 1
        return self.sequence


@contextmanager
def counting(connection: Connection) -> Iterator[Totals]:
    """Wait for other writers, give the totals and write them back where they have changed."""
    row = connection.execute(select(totals.c.sequence, totals.c.articles).with_for_update(of=totals)).one()
    current = Totals(row.sequence, row.articles)
    before = replace(current)
    yield current
    if current != before:
        connection.execute(update(totals).values(sequence=current.sequence, articles=current.articles))


def lock(connection: Connection) -> None:
    """Wait for other writers: whoever writes more than one row does so alone.

    PostgreSQL would find a deadlock where two of them meet in different orders. In SQLite the
    transaction has had the lock since its BEGIN IMMEDIATE.
    """
    connection.execute(select(totals.c.number).with_for_update(of=totals))


def article_count(connection: Connection) -> int:
    """Return how many articles there are."""
    count: int = connection.execute(select(totals.c.articles)).scalar_one()
    return count
