"""Which of our tables PostgreSQL lets be partitioned by what, as their keys are today: it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from aggregator.store import Store
from benchmarks.scale.server import database

WISHES = (
    ("sources", "HASH (name)"),
    ("hosts", "HASH (name)"),
    ("sightings", "HASH (source)"),
    ("articles", "RANGE (number)"),
    ("articles", "RANGE (first_seen)"),
    ("texts", "RANGE (article)"),
    ("revisions", "RANGE (article)"),
    ("provenance", "RANGE (article)"),
    ("filings", "RANGE (article)"),
    ("memberships", "HASH (topic)"),
    ("bands", "HASH (band)"),
    ("changes", "RANGE (number)"),
    ("ledger", "RANGE (day)"),
    ("outbox", "HASH (receiver)"),
)


def measure() -> Iterator[dict[str, Any]]:
    """Yield what PostgreSQL says to each wish, nothing where it agrees."""
    with database(1024**3) as address:
        Store.open(address).close()
        with psycopg.connect(address, autocommit=True) as connection:
            for table, by in WISHES:
                refusal = ""
                try:
                    connection.execute(
                        f"CREATE TABLE tried (LIKE {table} INCLUDING ALL) PARTITION BY {by}".encode()
                    )
                    connection.execute("DROP TABLE tried")
                except psycopg.Error as exc:
                    refusal = exc.diag.message_detail or exc.diag.message_primary or str(exc)
                yield {"table": table, "by": by, "refusal": refusal}
