"""Feeds polled and published by this program, by lemon24/reader and by a bare loop of httpx, in turn.

``FEEDS=500`` sets the number of feeds, ``RUNS=3`` how often each program has its turn.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.peers.feeds import ENTRIES, Feeds
from benchmarks.peers.nginx import nginx
from benchmarks.peers.rows import Figure

FEEDS = int(os.environ.get("FEEDS", "500"))
RUNS = int(os.environ.get("RUNS", "3"))
PAUSE = 6
"""Seconds before each turn: nginx sees by the time of a file that it changed, and files are made more slowly for
five seconds after others were removed."""

Phases = dict[str, dict[str, float]]
"""Wall and CPU seconds of each phase."""
Run = dict[str, Phases]
"""The phases of each program."""


def measure(folder: Path) -> Iterator[Figure]:
    """Run every program on the same feeds, and give the medians of the ratios."""
    feeds = Feeds(folder / "feeds", FEEDS)
    feeds.write()
    with nginx(folder, feeds.folder) as (port, _):
        runs = [
            {tool: _run(tool, feeds, port, folder / f"run-{number}") for tool in ("bare", "reader", "ours")}
            for number in range(RUNS)
        ]
    yield from _compare(runs)
    yield from _disk(folder / "run-0" / "ours", feeds.html)


def _run(tool: str, feeds: Feeds, port: int, folder: Path) -> Phases:
    """Run one program's phases on the feeds as they were first."""
    feeds.write()
    time.sleep(PAUSE)
    (folder / tool).mkdir(parents=True)
    command = [
        sys.executable,
        "-m",
        "benchmarks.peers.phases",
        tool,
        str(feeds.count),
        str(port),
        str(folder / tool),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    phases = {row.pop("phase"): row for row in map(json.loads, done.stdout.splitlines())}
    again = phases.pop("unchanged again")
    phases["unchanged"] = {name: min(value, again[name]) for name, value in phases["unchanged"].items()}
    return phases


def _compare(runs: list[Run]) -> Iterator[Figure]:
    for row, phase in (("unchanged", "unchanged"), ("first", "new"), ("changed", "changed")):
        yield Figure(
            row,
            _median(runs, lambda run, phase=phase: run["reader"][phase]["wall"] / run["ours"][phase]["wall"]),
            _speeds(runs, phase),
        )
    yield Figure(
        "unchanged-cpu",
        _median(runs, lambda run: run["ours"]["unchanged"]["cpu"] / run["bare"]["unchanged"]["cpu"]),
        "ours / bare: "
        + " / ".join(f"{_each(runs, tool, 'unchanged', 'cpu') * 1000:.2f}" for tool in ("ours", "bare"))
        + " ms CPU a feed",
    )
    yield Figure("published", _median(runs, _published), f"median of {RUNS} runs")
    rate = _median(runs, lambda run: FEEDS * ENTRIES / run["ours"]["publish"]["wall"])
    cpu = _median(runs, lambda run: run["ours"]["publish"]["cpu"] / FEEDS / ENTRIES * 1000)
    yield Figure("publishing", rate, f"{cpu:.2f} ms CPU an article, of {FEEDS * ENTRIES:,}")


def _published(run: Run) -> float:
    ours = run["ours"]
    return run["reader"]["new"]["wall"] / (ours["new"]["wall"] + ours["publish"]["wall"])


def _speeds(runs: list[Run], phase: str) -> str:
    """Say for both programs how many feeds a second, and what CPU each took."""
    both = [
        (1 / _each(runs, tool, phase, "wall"), _each(runs, tool, phase, "cpu") * 1000)
        for tool in ("ours", "reader")
    ]
    speeds, costs = (" / ".join(f"{value:,.4g}" for value in column) for column in zip(*both, strict=True))
    return f"ours / reader: {speeds} feeds a second, {costs} ms CPU each"


def _each(runs: list[Run], tool: str, phase: str, what: str) -> float:
    return _median(runs, lambda run: run[tool][phase][what]) / FEEDS


def _median(runs: list[Run], of: Callable[[Run], float]) -> float:
    return statistics.median(map(of, runs))


def _disk(folder: Path, html: int) -> Iterator[Figure]:
    files = [path for name in ("public", "_posts") for path in (folder / name).rglob("*") if path.is_file()]
    size, articles = sum(path.stat().st_size for path in files), FEEDS * ENTRIES
    database = (folder / "bench.db").stat().st_size
    yield Figure("site", size / html, f"{size / 2**20:,.0f} MB of {html / 2**20:,.0f} MB")
    yield Figure("files", len(files) / articles, f"{len(files):,} files of {articles:,} articles")
    yield Figure("database", database / html, f"{database / 2**20:,.0f} MB")
