"""The table of what was measured: on the terminal, in docs/performance.md, and as JSON that keeps earlier rows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.picture import draw
from benchmarks.peers.rows import ROWS, Row

DOCS = Path(__file__).resolve().parents[2] / "docs"
FIGURES = Path(__file__).parent / "figures.json"
BEGIN, END = "<!-- figures: make bench-peers -->\n", "<!-- end of figures -->\n"


@dataclass(frozen=True, slots=True)
class Measured:
    """A row's value with the day on which and the load at which it was measured."""

    value: float
    detail: str
    day: str
    load: str


def shown(row: Row, value: float) -> str:
    """Write a value as the table has it."""
    number = f"{value:,.{0 if value >= 100 or value == int(value) else 2 if value < 10 else 1}f}"
    return f"× {number}" if row.unit == "×" else f"{number} {row.unit}".rstrip()


def bound(row: Row, value: float | None) -> str:
    """Write what a row has to reach."""
    sign = "≥" if row.up else "≤"
    return "" if value is None else f"{sign} {value:,g} {row.unit}".rstrip()


def line(row: Row, found: Measured) -> str:
    """Write a row for a terminal."""
    mark = "reached" if row.reach(found.value) >= 1 else "MISSED"
    return f"{row.work:72}{shown(row, found.value):>12}{bound(row, row.least):>14}  {mark:8} {found.detail}"


def read_figures() -> dict[str, Measured]:
    """Read what was measured before, by the names of the rows."""
    if not FIGURES.exists():
        return {}
    return {name: Measured(**one) for name, one in json.loads(FIGURES.read_text("utf-8")).items()}


def write_figures(figures: Mapping[str, Measured]) -> None:
    """Keep what was measured beside what was before, and write the table and its picture anew."""
    kept = read_figures() | figures
    found = {row: kept[row.name] for row in ROWS if row.name in kept}
    fields = ("value", "detail", "day", "load")
    held = {row.name: {name: getattr(one, name) for name in fields} for row, one in found.items()}
    FIGURES.write_text(json.dumps(held, ensure_ascii=False, indent=1) + "\n", "utf-8")
    page = DOCS / "performance.md"
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    page.write_text(before + BEGIN + _markdown(found) + END + rest.partition(END)[2], "utf-8")
    bars = [
        (row.work.replace("`", ""), shown(row, one.value), row.reach(one.value)) for row, one in found.items()
    ]
    (DOCS / "pictures" / "performance.svg").write_text(draw(bars), "utf-8")


def _markdown(found: Mapping[Row, Measured]) -> str:
    loads = dict.fromkeys(f"{one.day}: {row.subject}, {one.load}" for row, one in found.items())
    rows = [
        f"| {row.work} | **{shown(row, one.value)}** | {bound(row, row.least)}"
        f" | {bound(row, row.aim)} | {'yes' if row.reach(one.value) >= 1 else 'no'}"
        f" | {one.detail} |"
        for row, one in found.items()
    ]
    head = "| work | measured | at least | aim | reached | behind it |\n|---|---|---|---|---|---|\n"
    return f"{head}{chr(10).join(rows)}\n\nLoad of the machine while it was measured, and cores: {'; '.join(loads)}.\n"
