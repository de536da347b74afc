"""What so many sources cost a process before the first visit: their configuration, read and known to the database."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.scale.server import load

SOURCES = tuple(int(one) for one in os.environ.get("CONFIGURED", "1000 10000").split())
PROGRAM = r"""
import re, time
from pathlib import Path
from aggregator.config import load
from aggregator.app import App
from datetime import UTC, datetime
memory = lambda: int(re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
before, begun = memory(), time.perf_counter()
config = load(Path("aggregator.toml"))
read = time.perf_counter() - begun
begun = time.perf_counter()
with App(config) as app:
    app.know_sources(datetime.now(UTC))
print(read, time.perf_counter() - begun, memory() - before)
"""


def measure() -> Iterator[dict[str, Any]]:
    """Yield seconds and megabytes for each number of sources."""
    for count in SOURCES:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "aggregator.toml").write_text(configuration(count), "utf-8")
            ran = subprocess.run(
                [sys.executable, "-c", PROGRAM], cwd=folder, check=True, capture_output=True, text=True,
                env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
            )  # fmt: skip
        read, known, memory = map(float, ran.stdout.split())
        figures = {"sources": count, "read_s": read, "known_s": known, "megabytes": memory, "load": load()}
        print(figures, file=sys.stderr, flush=True)
        yield figures


def configuration(count: int) -> str:
    """So many feeds, a tenth as many hosts."""
    tables = (
        f'[[source]]\nname = "source-{number:08}"\nkind = "feed"\nurl = "https://host{number // 10}.example/{number}.xml"\n'
        for number in range(count)
    )
    return '[site]\nurl = "https://bench.example"\n' + "".join(tables)
