"""One program's part of the comparison, in a process of its own: each phase is timed and printed as JSON."""

import asyncio
import json
import ssl
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from benchmarks.peers.feeds import Feeds
from benchmarks.publishing import used_cpu

PARALLEL = 50  # requests that are under way at a time
READER_WORKERS = 8  # more make reader slower


class Phases:
    """Times phases and prints them; nginx needs a second to see by the time of a file that it changed."""

    def __init__(self, feeds: Feeds, port: int, folder: Path) -> None:
        self.feeds = feeds
        self.folder = folder
        self.urls = [f"http://127.0.0.1:{port}/f{number}.xml" for number in range(feeds.count)]

    def time(self, name: str, work: Callable[[], object]) -> None:
        """Print wall and CPU seconds of one phase, those of worker processes included."""
        wall, cpu = time.perf_counter(), used_cpu()
        work()
        figures = {"wall": time.perf_counter() - wall, "cpu": used_cpu() - cpu}
        print(json.dumps({"phase": name, **figures}), flush=True)

    def change_feeds(self) -> None:
        """Let one feed in twenty have news."""
        time.sleep(1.5)
        self.feeds.change(1)


def run_ours(phases: Phases) -> None:
    """Poll and publish with this program."""
    from aggregator.app import App
    from aggregator.cli.log import open_log
    from aggregator.poll.sweep import visit_all
    from aggregator.settings import Config, Network, Output, Site, Source, Storage
    from aggregator.worker.processes import collect_rarely

    open_log()
    collect_rarely()
    sources = tuple(
        Source(name=f"f{number}", kind="feed", url=url, category=f"c{number % 40}", full_text="never")
        for number, url in enumerate(phases.urls)
    )
    config = Config(
        site=Site(url="https://bench.example.org"),
        storage=Storage(database=f"sqlite:///{phases.folder}/bench.db"),
        output=Output(site=f"{phases.folder}/public", posts=f"{phases.folder}/_posts"),
        network=Network(allow_private=("127.0.0.0/8",), delay=timedelta(0), per_host=PARALLEL),
        sources=sources,
    )
    with App(config) as app:

        async def visit() -> None:
            clock = lambda: datetime.now(UTC)  # noqa: E731
            async with app.tools(clock) as tools:
                done = await visit_all(
                    sources, app.leases, tools, again=False, on_visited=lambda _: None, on_wait=print
                )
            assert not any(visited.failed for visited in done)

        app.prepare(datetime.now(UTC))
        phases.time("new", lambda: asyncio.run(visit()))
        phases.time("publish", app.publisher.publish)
        phases.time("unchanged", lambda: asyncio.run(visit()))
        phases.change_feeds()
        phases.time("changed", lambda: asyncio.run(visit()))
        phases.time("publish changed", app.publisher.publish)
        phases.time("unchanged again", lambda: asyncio.run(visit()))


def run_reader(phases: Phases) -> None:
    """Poll with lemon24/reader, which publishes nothing."""
    from reader import make_reader

    reader = make_reader(str(phases.folder / "reader.db"))
    for url in phases.urls:
        reader.add_feed(url)

    def update() -> None:
        for result in reader.update_feeds_iter(workers=READER_WORKERS, scheduled=False):
            assert not isinstance(result.value, Exception), result

    phases.time("new", update)
    phases.time("unchanged", update)
    phases.change_feeds()
    phases.time("changed", update)
    phases.time("unchanged again", update)


def run_bare(phases: Phases) -> None:
    """Ask for everything with one httpx client a worker, and do nothing else."""

    async def ask(validators: dict[str, str]) -> None:
        queue, context = iter(phases.urls), ssl.create_default_context()

        async def worker() -> None:
            async with httpx.AsyncClient(verify=context, trust_env=False) as client:
                for url in queue:
                    headers = {"If-None-Match": validators[url]} if url in validators else {}
                    validators[url] = (await client.get(url, headers=headers)).headers["etag"]

        await asyncio.gather(*(worker() for _ in range(PARALLEL)))

    validators: dict[str, str] = {}
    phases.time("new", lambda: asyncio.run(ask(validators)))
    phases.time("unchanged", lambda: asyncio.run(ask(validators)))
    phases.time("unchanged again", lambda: asyncio.run(ask(validators)))


if __name__ == "__main__":
    tool, count, port, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    run = {"ours": run_ours, "reader": run_reader, "bare": run_bare}[tool]
    run(Phases(Feeds(folder.parents[1] / "feeds", count), port, folder))
