"""What publishing costs with many articles stored: all of them, and one more beside few and beside many.

It runs in a process of its own, whose memory is the publication's.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from aggregator.app import App
from benchmarks.peers.pss import Peak
from benchmarks.peers.rows import Figure
from benchmarks.publishing import FEW, MANY, in_turn, open_app, save

ROUNDS = 31
"""Each of the first ten begins a numbered page of its category, to which the page before leads from then on."""


def measure(folder: Path) -> Iterator[Figure]:
    """Fill two stores and publish them; then publish one article more to each, in turn."""
    command = [sys.executable, "-m", "benchmarks.peers.growth", str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    few, many = found["few"], found["many"]
    with_many = f"{MANY:,} stored"
    yield Figure("more", many[0] * 1000, f"{with_many}; with {FEW:,}: {few[0] * 1000:.1f} ms")
    yield Figure("more-files", many[2], with_many)
    yield Figure("more-ratio", many[0] / few[0], f"median of {ROUNDS} in turn")
    # A smaller number takes its part of the time, so that the row stays comparable.
    scale = 100_000 / MANY
    part = "" if scale == 1 else f", of {MANY:,}: times {scale:g}"
    yield Figure("whole", found["seconds"] * scale, f"{MANY / found['seconds']:,.0f} a second{part}")
    yield Figure("whole-memory", found["memory"], with_many)


def _fill(folder: Path, count: int) -> tuple[App, float, float]:
    folder.mkdir(parents=True)
    app = open_app(folder)
    for first in range(0, count, 1000):
        save(app, first, min(1000, count - first))
    began = time.perf_counter()
    with Peak(os.getpid()) as peak:
        app.publisher.publish()
    return app, time.perf_counter() - began, peak.most


def _main(folder: Path) -> None:
    many, seconds, memory = _fill(folder / "many", MANY)
    few, _, _ = _fill(folder / "few", FEW)
    costs = in_turn({FEW: few, MANY: many}, ROUNDS)
    print(json.dumps({"few": costs[FEW], "many": costs[MANY], "seconds": seconds, "memory": memory}))


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
