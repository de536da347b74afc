"""How long a search takes with many articles: ``make bench-search`` (``ARTICLES=100000``)."""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from aggregator.model import Article, Label, Outcome, PollState
from aggregator.store import Search, Store
from aggregator.text.query import parse_query
from benchmarks.publishing import START

ARTICLES = int(os.environ.get("ARTICLES", "100000"))
ROUNDS = 5
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


def article(number: int, chance: random.Random) -> Article:
    """An article of about 3 KB of Chinese; one in ten thousand holds the rare word."""
    text = "".join(chance.choice(WORDS) for _ in range(480)) + (RARE if number % 10_000 == 7 else "")
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


def main() -> None:
    """Fill a store, then ask each query in both orders; medians."""
    chance = random.Random(7)
    with tempfile.TemporaryDirectory() as folder, Store.open(f"sqlite:///{Path(folder)}/bench.db") as store:
        store.sync_sources(["bench"], START)
        for first in range(0, ARTICLES, 1000):
            new = tuple(article(number, chance) for number in range(first, first + 1000))
            store.save(Outcome("bench", "bench", PollState("bench", due=START), new=new), START)
        print(f"{ARTICLES:,} articles")
        for what, query in QUERIES.items():
            for order in ("newest", "best"):
                took, found = [], 0
                for _ in range(ROUNDS):
                    begin = time.perf_counter()
                    found = len(store.search(Search(parse_query(query), order=order)))  # type: ignore[arg-type]
                    took.append(time.perf_counter() - begin)
                print(f"{what:32} {order:7} {statistics.median(took) * 1000:8.1f} ms, {found} shown")


if __name__ == "__main__":
    main()
