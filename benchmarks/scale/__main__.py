"""Measures and simulates the tables of docs/scale.md, and writes them there: ``make bench-scale``.

``PARTS="claims writers"`` does only these and keeps the others as they were. ``ROWS=1000000`` is how many rows the
table of sources has at most, and ``DATABASE`` an empty database of PostgreSQL in the place of one of our own.
"""

import json
import os
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from benchmarks.scale.page import write_page
from benchmarks.scale.server import load

PARTS = ("claims", "queue", "polls", "loading", "writers", "growth", "publishing", "partitions")
FIGURES = Path(__file__).with_name("figures.json")


def main() -> None:
    """Do what is asked for, and write the tables."""
    wanted = os.environ.get("PARTS", "").split() or PARTS
    if unknown := [name for name in wanted if name not in PARTS]:
        raise SystemExit(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    for name in wanted:
        before = load()
        rows = list(import_module(f"benchmarks.scale.{name}").measure())
        figures = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}
        figures[name] = {
            "rows": rows,
            "measured": f"{datetime.now(UTC):%Y-%m-%d}, load {before} to {load()} on {os.cpu_count()} cores",
        }
        FIGURES.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
        write_page(figures)


if __name__ == "__main__":
    main()
