"""How much one bad source of a hundred costs the ninety-nine others, in time and memory.

Run with ``make bench-bad-servers``. Every source is on a loopback host of its own. In turns, a hundred healthy
ones are polled for the first time, and ninety-nine with one bad one; what is timed is how long the ninety-nine
take. Each round is a process of its own, whose highest memory is read when the bad one is done with, too.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from aggregator.app import App
from aggregator.cli.log import open_log
from aggregator.poll.sweep import Visited, visit_all
from aggregator.settings import Config, Network, Output, Site, Source, Storage
from benchmarks.server import serving
from tests.support.badserver import BadServer

ROUNDS = 3
SOURCES = 100
TIMEOUT = timedelta(seconds=3)
BAD = (
    "silent",
    "drips its headers",
    "drips its body",
    "never ends, in chunks",
    "gzip bomb",
    "gzip of empty members",
    "chunk bomb",
    "chunks with long extensions",
    "1xx without end",
    "10,000 names of headers",
    "resets within its body",
)
Cost = tuple[float, float, float]  # seconds, of them on the CPU, and the most memory in MB
SPAWN = multiprocessing.get_context("spawn")


def _misbehave(pipe: Connection, behaviour: str, host: str) -> None:
    with BadServer(behaviour, host=host) as server:
        pipe.send(server.url)
        pipe.recv()


@contextmanager
def misbehaving(behaviour: str, host: str) -> Iterator[str]:
    """The address of a bad server in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    process = SPAWN.Process(target=_misbehave, args=(theirs, behaviour, host), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("enough")
        process.join()


def peak() -> float:
    """The most memory that this process ever had, in MB."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


async def poll(folder: Path, addresses: list[str]) -> Cost:
    """Poll once; what it took until all but the last source were done, and the peak of all."""
    sources = tuple(
        Source(name=f"s{number}", kind="feed", url=address, full_text="never")
        for number, address in enumerate(addresses)
    )
    config = Config(
        site=Site(url="https://bench.example.org"),
        storage=Storage(database=f"sqlite:///{folder}/bench.db"),
        output=Output(site=f"{folder}/public"),
        network=Network(allow_private=("127.0.0.0/8",), delay=timedelta(0), timeout=TIMEOUT),
        sources=sources,
    )
    others = {source.name for source in sources[:-1]}
    done: tuple[float, float] = (0.0, 0.0)

    def note(visited: Visited) -> None:
        nonlocal done
        if visited.source.name in others:
            assert not visited.failed, visited.outcome
            others.discard(visited.source.name)
            if not others:
                done = time.perf_counter() - wall, time.process_time() - cpu

    with App(config) as app:
        app.prepare(datetime.now(UTC))
        wall, cpu = time.perf_counter(), time.process_time()
        async with app.tools(lambda: datetime.now(UTC)) as tools:
            await visit_all(
                sources,
                app.leases,
                tools,
                again=False,
                on_visited=note,
                on_wait=lambda message: None,
            )
    assert not others
    return *done, peak()


def _round(pipe: Connection, addresses: list[str]) -> None:
    open_log()
    with tempfile.TemporaryDirectory() as folder:
        pipe.send(asyncio.run(poll(Path(folder), addresses)))


def measured(addresses: list[str]) -> Cost:
    """What a round took, in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    process = SPAWN.Process(target=_round, args=(theirs, addresses))
    process.start()
    theirs.close()
    took = ours.recv()
    process.join()
    return took


def main() -> None:
    """Measure in turns, and print the medians with their ratios."""
    pairs: dict[str, list[tuple[Cost, Cost]]] = {name: [] for name in BAD}
    with serving("0.0.0.0") as url:  # noqa: S104 - all of loopback
        hosts = [f"127.0.{2 + number // 50}.{1 + number % 50}" for number in range(SOURCES)]
        healthy = [f"{url.replace('//0.0.0.0', f'//{host}')}/feed/{n}.xml" for n, host in enumerate(hosts)]
        measured(healthy)  # what is read from the disk the first time only
        for number in range(ROUNDS):
            for name in BAD:
                # Each beside its own, and both first as often, for a machine that has more to do now and then.
                before = measured(healthy) if number % 2 else None
                with misbehaving(name, "127.0.9.9") as bad:
                    beside = measured([*healthy[:-1], f"{bad}/"])
                pairs[name].append((before or measured(healthy), beside))
    without = [cost for pair in pairs.values() for cost, _ in pair]
    print(f"The first poll of {SOURCES - 1} feeds of 30 entries, beside one other source")
    print(f"  {'':30}{'seconds':>9}{'ratio':>8}{'CPU s':>8}{'ratio':>8}{'peak MB':>9}")
    report("a hundred healthy", [(cost, cost) for cost in without])
    for name, found in pairs.items():
        report(name, found)


def report(name: str, pairs: list[tuple[Cost, Cost]]) -> None:
    """Print the medians of what was measured with a source, and of its ratios to its pair without."""
    wall, cpu, most = (
        statistics.median(costs) for costs in zip(*(beside for _, beside in pairs), strict=True)
    )
    times, work = (statistics.median(beside[at] / alone[at] for alone, beside in pairs) for at in (0, 1))
    print(f"  {name:30}{wall:>9.2f}{times:>8.2f}{cpu:>8.2f}{work:>8.2f}{most:>9.0f}")


if __name__ == "__main__":
    sys.exit(main())
