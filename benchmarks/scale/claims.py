"""How long the statements of polls take with more and more sources, up to ten million rows."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from aggregator.daemon.cluster.queue import Queue
from aggregator.model import PollState
from aggregator.store import Store
from aggregator.store.machines.dispatch import due_sources
from aggregator.store.schema import sources
from benchmarks.scale.server import database, load, median_ms, took_ms

ROWS = int(os.environ.get("ROWS", "10000000"))
BYTES_A_ROW = 2500
"""Of the disk, with indexes and the log of the transactions that write it."""
STEP = 500_000
CALLS = 30
INTERVAL = timedelta(minutes=15)
NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
HABIT = '{"seen":"2026-03-05T10:00:00Z","interval":900.0,"spread":240.5,"count":128}'
TEXTS = {
    "etag": "repeat('e', 34)",
    "last_modified": "'Thu, 05 Mar 2026 10:00:00 GMT'",
    "fingerprint": "repeat('f', 16)",
    "body_digest": "md5(n::text)",
    "status": "'ok'",
    **dict.fromkeys(("pace", "rhythm", "baseline"), f"'{HABIT}'"),
}
"""What stands in the columns of a source that was visited often."""


def measure() -> Iterator[dict[str, Any]]:
    """Yield what each number of rows costs, the fewest first."""
    with database(ROWS * BYTES_A_ROW) as address:
        Queue(address).prepare()  # the dispatcher looks whether there is a job of a source already
        with Store.open(address) as store:
            store.sync_sources(["one"], NOW)
            there = 0
            for rows in sorted({min(10**power, ROWS) for power in range(4, 9)}):
                for first in range(there, rows, STEP):
                    fill(address, first, min(first + STEP, rows))
                there = rows
                with psycopg.connect(address, autocommit=True) as connection:
                    connection.execute("VACUUM ANALYZE sources, hosts")
                figures = {"rows": rows, **cost(address, store, rows), "load": load()}
                print(figures, file=sys.stderr, flush=True)
                yield figures


def fill(address: str, first: int, last: int) -> None:
    """Add sources, whose times are spread over the interval, and a tenth as many hosts."""
    values = {"name": "'source-' || lpad(n::text, 8, '0')", **TEXTS}
    values["due"] = "%(now)s::timestamptz + random() * %(interval)s::interval"
    columns = [column.name for column in sources.columns]
    chosen = ", ".join(str(values.get(name, f"one.{name}")) for name in columns)
    added = {"first": first, "last": last - 1, "now": NOW, "interval": INTERVAL}
    with psycopg.connect(address) as connection:
        connection.execute("SET synchronous_commit = off")
        query = f"INSERT INTO sources ({', '.join(columns)}) SELECT {chosen} FROM sources one, generate_series(%(first)s::int, %(last)s) n WHERE one.name = 'one'"  # noqa: S608
        connection.execute(query.encode(), added)
        connection.execute(
            "INSERT INTO hosts (name, owner, wanted, ends, starts, wanted_until, delay)"
            " SELECT 'host-' || n, '', '', now(), now(), now(), 1 FROM generate_series(%(first)s::int, %(last)s) n"
            " WHERE n %% 10 = 0",
            added,
        )


def cost(address: str, store: Store, rows: int) -> dict[str, float]:
    """Measure the statements, each by its own call of the store, while every source is due."""
    now = NOW + INTERVAL
    claimed: list[PollState] = []
    lease = timedelta(minutes=30)

    def claim() -> None:
        claimed.extend(store.claim_due(now, 100, "bench", lease))

    def save() -> None:
        ended = [claimed.pop() for _ in range(10)]
        store.save_states([(replace(one, due=now + INTERVAL, polled=now), one) for one in ended], "bench")

    claims, saves = [], []
    for _ in range(CALLS):
        claims.append(took_ms(claim))
        saves.extend(took_ms(save) for _ in range(10))
    names = iter(f"source-{rows * number // (2 * CALLS):08}" for number in range(2, 2 * CALLS))
    hosts = iter(f"host-{number * 10}" for number in range(CALLS + 1))
    figures = {
        "claim_100": statistics.median(claims),
        "claim_one": median_ms(CALLS, lambda: store.claim([next(names)], now, "bench", lease)),
        "save_10": statistics.median(saves),
        "take_host": median_ms(CALLS, lambda: store.take_host("bench", next(hosts), 30.0, 1.0)),
        "dispatch_1000": median_ms(5, lambda: _look(store, now)),
        "measure": median_ms(3, lambda: store.measure(now)),
    }
    with psycopg.connect(address) as connection:
        size = connection.execute("SELECT pg_total_relation_size('sources')").fetchone()
    return figures | {"bytes_a_row": (size or (0,))[0] / rows}


def _look(store: Store, now: datetime) -> None:
    session = store.dispatch_session()
    with session.transaction() as connection:
        due_sources(connection, now, 1000)
    session.close()
