"""What an article takes in the database, and how long it takes to let it go."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg

from aggregator.publish.retention import expire
from aggregator.settings import Config, Site, Source
from aggregator.store import Store
from aggregator.store.schema import metadata
from benchmarks.publishing import START
from benchmarks.scale.articles import file_all, save
from benchmarks.scale.server import database, load, took_ms

ARTICLES = int(os.environ.get("ARTICLES", "20000"))
SOURCES = 100
GROUPS = {
    "the article": "articles provenance revisions changes ledger revisits files",
    "its text for searches": "texts file_texts readings",
    "where it is shown": "filings memberships sightings topics touched aliases citations",
    "the index of copies": "bands copies splits",
}


def measure() -> Iterator[dict[str, Any]]:
    """Yield the bytes of each group of tables, with their indexes, and then the speed of retention."""
    with database(2 * 1024**3) as address, Store.open(address) as store:
        store.sync_sources([f"source{number}" for number in range(SOURCES)], START)
        each = ARTICLES // SOURCES
        took = sum(
            took_ms(lambda number=number: save(store, f"source{number}", range(each), categories=50))
            for number in range(SOURCES)
        )
        filed = took_ms(lambda: file_all(store, Config(site=Site(url="https://bench.example"))))
        sizes = _sizes(address)
        named = {name: group for group, names in GROUPS.items() for name in names.split()}
        sums: Counter[str] = Counter()
        for name, size in sizes.items():
            sums[named.get(name, "the rest")] += size
        for group in (*GROUPS, "the rest"):
            yield {"group": group, "bytes": sums[group] / ARTICLES}
        yield {"group": "all", "bytes": sum(sizes.values()) / ARTICLES}
        yield {"save_ms": took / ARTICLES, "file_ms": filed / ARTICLES, "load": load()}
        source = Source(
            name="source0", kind="feed", url="https://source0.example/f", keep_for=timedelta(days=1)
        )
        expired = took_ms(lambda: _expire(store, source))
        yield {"expire_ms": expired / each, "articles": ARTICLES}
        print("growth", sums, file=sys.stderr)


def _expire(store: Store, source: Source) -> None:
    now = START + timedelta(days=900)
    store.trust_clock(now)
    assert expire(store, [source], now, confirmed=True) == ARTICLES // SOURCES


def _sizes(address: str) -> dict[str, int]:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        query = "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relname = ANY(%s)"
        return dict(connection.execute(query, [[*metadata.tables]]).fetchall())
