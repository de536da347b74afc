"""How many articles a second processes save side by side, which wait for each other's commits."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from multiprocessing import get_context
from typing import Any

from aggregator.store import Store
from benchmarks.publishing import START
from benchmarks.scale.articles import results
from benchmarks.scale.server import database, load

PROCESSES = (1, 2, 4)
TOGETHER = (1, 10)
"""Polls that share a commit; ten is what a process saves together at most (``poll/leases.py``)."""
SECONDS = 10


def measure() -> Iterator[dict[str, Any]]:
    """Yield how fast so many processes save."""
    with database(2 * 1024**3) as address:
        with Store.open(address) as store:
            store.sync_sources([f"writer{number}" for number in range(max(PROCESSES))], START)
        turn = 0
        for together in TOGETHER:
            for count in PROCESSES:
                turn += 1
                with get_context("spawn").Pool(count) as pool:
                    asked = [(address, f"writer{number}", turn, together) for number in range(count)]
                    saved = pool.starmap(write, asked)
                figures = {"processes": count, "together": together, "articles": sum(saved), "load": load()}
                print(figures, file=sys.stderr, flush=True)
                yield figures


def write(address: str, source: str, turn: int, together: int) -> float:
    """Save articles for a while; return how many a second."""
    # They are made beforehand: it is the database that is measured.
    batches = [results(source, turn * 100_000 + first, together) for first in range(0, 4000, together)]
    saved = 0
    with Store.open(address) as store:
        begun = time.perf_counter()
        for batch in batches:
            store.save_results(batch, None)
            saved += len(batch)
            if time.perf_counter() - begun > SECONDS:
                break
        return saved / (time.perf_counter() - begun)
