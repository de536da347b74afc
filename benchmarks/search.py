"""How long a search takes with many articles, in SQLite and in PostgreSQL: ``make bench-search`` (``ARTICLES=100000``)."""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from datetime import timedelta
from itertools import accumulate

from aggregator.model import Article, Label, Outcome, PollState
from aggregator.store import Search, Store
from aggregator.text.query import parse_query
from benchmarks.publishing import START
from tests.support.postgresql import PostgreSQL

ARTICLES = int(os.environ.get("ARTICLES", "100000"))
ROUNDS = 5
PATIENCE = 60
"""Seconds that a search may take here; others are given up after five."""
WORDS = "港口 船舶 召回 汽车 市场 监管 公告 价格 食品 抽检 关于 企业 质量 安全 临江 码头 潮汐 渡轮 货物 增长".split()
RARE = "琥珀"
QUERIES = {
    "one character, common": "港",
    "one character, rare": "琥",
    "two characters, common": "召回",
    "two characters, rare": RARE,
    "two terms of two": "召回 琥珀",
    "three characters and more": "召回汽车",
    "a word that is nowhere": "zeppelin",
    "two characters that are nowhere": "飞艇",
}


def words(chance: random.Random) -> list[str]:
    """The words of all texts, the most frequent first: those above, then four thousand of any two characters."""
    return [
        *WORDS,
        *(chr(chance.randint(0x4E00, 0x9000)) + chr(chance.randint(0x4E00, 0x9000)) for _ in range(4000)),
    ]


VOCABULARY = words(random.Random(1))
QUERIES |= {
    "two characters, in 5 of 100": VOCABULARY[1000],
    "four characters, in 5 of 10,000": VOCABULARY[100] + VOCABULARY[101],
    "two of them, one or the other": f"{VOCABULARY[1500]} OR {VOCABULARY[1600]}",
}


def article(number: int, chance: random.Random, weights: list[float]) -> Article:
    """An article of about 3 KB of Chinese; one in ten thousand holds the rare word."""
    text = "".join(chance.choices(VOCABULARY, cum_weights=weights, k=480)) + (
        RARE if number % 10_000 == 7 else ""
    )
    moment = START + timedelta(minutes=number)
    return Article(
        "bench",
        f"number-{number:07}",
        "bench",
        f"公告 {number}",
        "",
        f"<p>{text}</p>",
        moment,
        moment,
        (Label("公告"),),
    )


def fill(store: Store) -> None:
    """Save the articles, a thousand in a commit; words are as frequent as their rank says (Zipf)."""
    chance = random.Random(7)
    weights = list(accumulate(1 / rank for rank in range(1, len(VOCABULARY) + 1)))
    store.sync_sources(["bench"], START)
    for first in range(0, ARTICLES, 1000):
        last = min(first + 1000, ARTICLES)
        new = tuple(article(number, chance, weights) for number in range(first, last))
        store.save(Outcome("bench", "bench", PollState("bench", due=START), new=new), START)


def measure(name: str, address: str) -> None:
    """Fill a store, then ask each query in both orders; medians."""
    with Store.open(address) as store:
        begin = time.perf_counter()
        fill(store)
        took = time.perf_counter() - begin
        print(f"{name}: {ARTICLES:,} articles, {took / ARTICLES * 1000:.1f} ms each to save", flush=True)
        for what, query in QUERIES.items():
            for order in ("newest", "best"):
                asked = Search(parse_query(query), order=order, seconds=PATIENCE)  # type: ignore[arg-type]
                times, found = [], 0
                for _ in range(ROUNDS):
                    begin = time.perf_counter()
                    found = len(store.search(asked))
                    times.append(time.perf_counter() - begin)
                print(
                    f"{what:32} {order:7} {statistics.median(times) * 1000:8.1f} ms, {found} shown",
                    flush=True,
                )


def main() -> None:
    """Measure both databases, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{folder}/bench.db")
    with PostgreSQL() as server:
        measure("PostgreSQL", server.create("bench"))


if __name__ == "__main__":
    main()
