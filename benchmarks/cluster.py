"""How many sources a second are visited by one, two and four nodes of a cluster, and by a daemon without one.

Run with ``make bench-cluster`` (ten minutes; ``SOURCES=400`` says how many), best as root: only then each process can be
held to a fifth of a core, as a small machine of its own would be, so that the cores of this one are not the limit.
PostgreSQL, the hosts that are polled and all nodes are on this machine.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from aggregator.store import Store
from benchmarks.farm import farming, source_table
from tests.support.cluster import CLUSTER, SETTINGS
from tests.support.nodes import Node
from tests.support.postgresql import PostgreSQL
from tests.support.running import until

SOURCES = int(os.environ.get("SOURCES", "300"))
ENTRIES = 5
WAIT = 0.1  # seconds that a host takes to answer
ROUNDS = 3
SHARE = 0.2  # of a core for each process
SETUPS = {
    "the daemon": ["run"],
    "1 node": ["run"],
    "2 nodes": ["run", "worker"],
    "4 nodes": ["run", "worker", "worker", "worker"],
}
GROUPS = Path("/sys/fs/cgroup")

_numbers = count(1)


@contextmanager
def limited(share: float) -> Iterator[Path | None]:
    """A group whose processes have such a share of a core; None where this machine makes none."""
    old = (GROUPS / "cpu").is_dir()
    group = (GROUPS / "cpu" if old else GROUPS) / f"aggregator-{next(_numbers)}"
    try:
        group.mkdir()
        if old:
            (group / "cpu.cfs_quota_us").write_text(str(int(share * 100_000)))
        else:
            (group / "cpu.max").write_text(f"{int(share * 100_000)} 100000")
    except OSError:
        yield None
        return
    yield group
    until(lambda: not (group / "cgroup.procs").read_text())
    group.rmdir()


@contextmanager
def nodes(folder: Path, setup: str, database: str, farm: int, share: float) -> Iterator[None]:
    """The processes of a setup; with a share, each is held to it."""
    tables = (source_table(number, farm) for number in range(SOURCES))
    cluster = "" if setup == "the daemon" else CLUSTER
    head = SETTINGS.format(database=database, folder=folder, cluster=cluster, delay="1s")
    settings = head + "".join(tables)
    with ExitStack() as ends:
        for number, command in enumerate(SETUPS[setup]):
            node = Node(folder / f"{command}{number}", command, settings)
            group = ends.enter_context(limited(share)) if share else None
            node.start()
            ends.callback(node.stop)
            if group:
                (group / "cgroup.procs").write_text(str(node.pid))
        yield


def measure(server: PostgreSQL, setup: str, farm: int, share: float) -> tuple[float, float]:
    """Return how many sources a second are visited for the first time, and unchanged."""
    name = f"bench{next(_numbers)}"
    database = server.create(name)
    names = [f"feed-{number}" for number in range(SOURCES)]
    rates = []
    with Store.open(database) as store, tempfile.TemporaryDirectory() as folder:
        store.sync_sources(names, datetime.now(UTC) + timedelta(days=1))
        with nodes(Path(folder), setup, database, farm, share):
            ready(server, name, Path(folder), setup)
            for _ in range(1 + ROUNDS):
                began, start = time.perf_counter(), datetime.now(UTC)
                store.make_due(names, start)
                until(lambda: store.measure(start).due == 0 and visited(server, name, start) == SOURCES)  # noqa: B023
                rates.append(SOURCES / (time.perf_counter() - began))
                until(lambda: not store.publication().documents)
    return rates[0], statistics.median(rates[1:])


def ready(server: PostgreSQL, database: str, folder: Path, setup: str) -> None:
    """Wait until every process has begun to work."""
    if setup == "the daemon":
        until(lambda: "Ctrl-C" in (folder / "run0" / "log").read_text())
        return
    living = "SELECT count(*) FROM nodes"
    until(lambda: server.execute(living, database)[0][0] == len(SETUPS[setup]))
    until(lambda: server.execute(f"{living} WHERE dispatches", database)[0][0] == 1)


def visited(server: PostgreSQL, database: str, start: datetime) -> int:
    """How many sources were visited since then."""
    query = f"SELECT count(*) FROM sources WHERE polled >= '{start.isoformat()}'"  # noqa: S608
    return int(server.execute(query, database)[0][0])


def report(title: str, rates: Sequence[tuple[float, float]]) -> None:
    """Print the rates of each setup, and how many times the daemon's they are."""
    print(
        f"\n{title}\n\n| | first visits a second | | unchanged, a second | |\n|---|---|---|---|---|",
        flush=True,
    )
    first, unchanged = rates[0]
    for setup, (one, two) in zip(SETUPS, rates, strict=True):
        print(f"| {setup} | {one:.0f} | {one / first:.2f} | {two:.0f} | {two / unchanged:.2f} |", flush=True)


def main() -> None:
    """Measure every setup, each process held to its share and then all of them as fast as this machine is."""
    with farming(WAIT, ENTRIES) as farm, PostgreSQL(max_connections="200") as server:
        with limited(SHARE) as group:
            shares = {f"Each process held to {SHARE} of a core": SHARE} if group else {}
        cores = len(os.sched_getaffinity(0))
        for title, share in {**shares, f"All of them on {cores} cores": 0.0}.items():
            report(title, [measure(server, setup, farm, share) for setup in SETUPS])


if __name__ == "__main__":
    main()
