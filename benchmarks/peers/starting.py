"""How long short commands take, with 1,000 sources that have been polled."""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.model import Article, Label, Outcome, PollState
from aggregator.store import Store
from benchmarks.farm import source_table
from benchmarks.load import HEAD
from benchmarks.peers.rows import Figure

SOURCES = 1000
ROUNDS = 9
ROOT = Path(__file__).resolve().parents[2]


def measure(folder: Path) -> Iterator[Figure]:
    """Run each command in turn and give the medians."""
    names = [f"feed-{number}" for number in range(SOURCES)]
    tables = (source_table(number, 80) for number in range(SOURCES))
    (folder / "aggregator.toml").write_text(HEAD.format(port=0) + "".join(tables))
    _fill(folder / "load.db", names)
    commands = {"help": "--help", "check": "check", "sources": "sources"}
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    environment = os.environ | {"AGGREGATOR_CONFIG": "aggregator.toml", "PYTHONPATH": str(ROOT)}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            began, cpu = time.perf_counter(), _cpu()
            subprocess.run(
                [sys.executable, "-m", "aggregator", command],
                cwd=folder,
                env=environment,
                stdout=subprocess.DEVNULL,
                check=True,
            )
            took[name].append((time.perf_counter() - began, _cpu() - cpu))
    for name, times in took.items():
        wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
        yield Figure(name, wall, f"{cpu:.2f} s CPU; fastest of {ROUNDS}: {min(times)[0]:.2f} s")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _fill(file: Path, names: list[str]) -> None:
    now = datetime.now(UTC)
    with Store.open(f"sqlite:///{file}") as store:
        store.sync_sources(names, now)
        for name in names:
            article = Article(
                name, "1", name, "A notice", "https://x.example/", "<p>Text</p>", now, now, (Label("News"),)
            )
            state = PollState(name, due=now + timedelta(hours=1), polled=now, status="ok")
            store.save(Outcome(name, name, state, new=(article,)), now)
