"""How much the whole way costs beside a bare loop of httpx over the same addresses.

Run with ``make bench``. Each measurement is taken in turns, ours and the bare loop's; the medians are
shown with their ratio, which is what to compare between machines.
"""

from __future__ import annotations

import asyncio
import ssl
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from aggregator.app import App
from aggregator.cli.log import open_log
from aggregator.poll.sweep import visit_all
from aggregator.settings import ArticleRules, Config, ListRules, Network, Output, Site, Source, Storage
from benchmarks.server import ARTICLES, serving

ROUNDS = 5
FEEDS = 500
WORKERS = 20


@dataclass(frozen=True, slots=True)
class Cost:
    """What one round took: wall and CPU seconds of this process."""

    wall: float
    cpu: float


async def measured(work: Callable[[], Awaitable[object]]) -> Cost:
    """Time one round."""
    wall, cpu = time.perf_counter(), time.process_time()
    await work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


async def bare(addresses: Sequence[str], headers: dict[str, str]) -> None:
    """Ask for every address with one httpx client a worker, and do nothing else."""
    queue = iter(addresses)
    context = ssl.create_default_context()

    async def worker() -> None:
        async with httpx.AsyncClient(verify=context, trust_env=False) as client:
            for address in queue:
                assert (await client.get(address, headers=headers)).status_code in (200, 304)

    await asyncio.gather(*(worker() for _ in range(WORKERS)))


def configuration(folder: Path, sources: Sequence[Source]) -> Config:
    """A configuration that loopback can answer without waiting."""
    return Config(
        site=Site(url="https://bench.example.org"),
        storage=Storage(database=f"sqlite:///{folder}/bench.db"),
        output=Output(site=f"{folder}/public", posts=f"{folder}/_posts"),
        network=Network(allow_private=("127.0.0.0/8",), delay=timedelta(0), per_host=WORKERS),
        sources=tuple(sources),
    )


async def visit(app: App) -> None:
    """Poll every source once."""
    async with app.tools(lambda: datetime.now(UTC)) as tools:
        done = await visit_all(
            app.config.sources,
            app.leases,
            tools,
            again=False,
            on_visited=lambda visited: None,
            on_wait=lambda message: None,
        )
    failures = [item.outcome.state.error if item.outcome else item.left for item in done if item.failed]
    assert not failures, failures[0]


async def unchanged(url: str) -> None:
    """Poll sources that answer 304."""
    addresses = [f"{url}/feed/{number}.xml" for number in range(FEEDS)]
    sources = [
        Source(name=f"f{number}", kind="feed", url=address) for number, address in enumerate(addresses)
    ]
    with tempfile.TemporaryDirectory() as folder, App(configuration(Path(folder), sources)) as app:
        app.prepare(datetime.now(UTC))
        first = await measured(lambda: visit(app))
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(await measured(lambda: visit(app)))
            theirs.append(await measured(lambda: bare(addresses, {"If-None-Match": '"1"'})))
    print(f"First poll of {FEEDS} feeds of 30 entries: {FEEDS / first.wall:,.0f} feeds a second")
    report(f"Polling {FEEDS} unchanged sources", FEEDS, "polls", ours, theirs)


async def published(url: str) -> None:
    """Take articles from a list with pages of their own to published files."""
    rules = {"list": ListRules(entry="li", link="a"), "article": ArticleRules(body="#body")}
    source = Source(name="list", kind="listing", url=f"{url}/list.html", budget=ARTICLES, **rules)
    addresses = [source.url] + [f"{url}/art/{number}.html" for number in range(ARTICLES)]
    ours, theirs = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder, App(configuration(Path(folder), [source])) as app:
            app.prepare(datetime.now(UTC))

            async def work(app: App = app) -> None:
                await visit(app)
                await asyncio.to_thread(app.publisher.publish)

            ours.append(await measured(work))
        theirs.append(await measured(lambda: bare(addresses, {})))
    report(f"{ARTICLES} articles from list to published", ARTICLES, "articles", ours, theirs)


def report(title: str, count: int, unit: str, ours: Sequence[Cost], theirs: Sequence[Cost]) -> None:
    """Print the medians of both, and their ratio."""
    print(f"\n{title}")
    print(f"  {'':16}{unit + '/s':>14}{'CPU s/1,000':>14}")
    rows = {"aggregator": ours, "bare httpx": theirs}
    medians = {
        name: Cost(statistics.median(c.wall for c in costs), statistics.median(c.cpu for c in costs))
        for name, costs in rows.items()
    }
    for name, cost in medians.items():
        print(f"  {name:16}{count / cost.wall:>14,.0f}{cost.cpu / count * 1000:>14.2f}")
    we, they = medians.values()
    print(f"  {'ratio':16}{they.wall / we.wall:>14.2f}{we.cpu / they.cpu:>14.2f}")


def main() -> None:
    """Run both measurements against one server."""
    open_log()
    with serving() as url:
        asyncio.run(unchanged(url))
        asyncio.run(published(url))


if __name__ == "__main__":
    sys.exit(main())
