"""What publishing costs with ten million articles a day: measured in parts, and put together by a simulation."""

from __future__ import annotations

import math
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from aggregator.app import App
from benchmarks.publishing import open_app, used_cpu
from benchmarks.scale.articles import save
from benchmarks.scale.server import load

BATCH = 200
STORED = 1000
ROUNDS = 5
ARTICLES_A_DAY = 10_000_000
SOURCES = 1_000_000
CATEGORIES = 1000
EVERY = (1, 10, 60, 600)
"""Seconds from one publication to the next."""


def measure() -> Iterator[dict[str, Any]]:
    """Yield the cost of an article, a topic and a publication, and then what publications of all of them take."""
    measured = _measure()
    costs = {
        name: _solve(*(statistics.median(row[place] for row in kind) for kind in measured))
        for place, name in enumerate(("cpu", "files"))
    }
    for number, what in enumerate(("an article", "a topic with news", "a publication")):
        figures = {"part": what, "cpu": costs["cpu"][number], "files": costs["files"][number], "load": load()}
        print(figures, file=sys.stderr, flush=True)
        yield figures
    chance = random.Random(7)
    weights = list(accumulate(1 / (rank + 1) for rank in range(CATEGORIES)))
    for every in EVERY:
        articles = math.ceil(ARTICLES_A_DAY / 86_400 * every)
        named = {*chance.choices(range(CATEGORIES), cum_weights=weights, k=articles)}
        topics = 1 + len(named) + len({chance.randrange(SOURCES) for _ in range(articles)})
        each = {
            name: (one * articles + topic * topics + fixed) / every
            for name, (one, topic, fixed) in costs.items()
        }
        yield {"every": every, "articles": articles, "topics": topics, **each}


def _measure() -> tuple[Sequence[tuple[float, float]], ...]:
    """Return CPU seconds and files of each publication: of one article, and of many in one and in many categories."""
    kinds: tuple[list[tuple[float, float]], ...] = ([], [], [])
    number = 0
    with tempfile.TemporaryDirectory() as folder, open_app(Path(folder)) as app:
        for _ in range(STORED // BATCH):
            _publish(app, range(number, number + BATCH), BATCH)
            number += BATCH
        for _ in range(ROUNDS):
            for kind, (count, categories) in zip(kinds, ((1, 1), (BATCH, 1), (BATCH, BATCH)), strict=True):
                kind.append(_publish(app, range(number, number + count), categories))
                number += BATCH  # a number says its category, and each has as many
    return kinds


def _publish(app: App, numbers: range, categories: int) -> tuple[float, float]:
    save(app.store, "bench", numbers, categories)
    before = used_cpu()
    written = app.publisher.publish().written
    return used_cpu() - before, float(written)


def _solve(one: float, together: float, spread: float) -> tuple[float, float, float]:
    """Return what an article, a topic and a publication cost, by what the three publications did.

    Each has the topics of everything and of its source; the others are categories.
    """
    topic = (spread - together) / (BATCH - 1)
    article = (together - one) / (BATCH - 1)
    return article, topic, one - article - 3 * topic
