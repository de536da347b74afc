"""Measures the table of docs/performance.md beside the peers, and writes it there: ``make bench-peers``.

``ROWS="first served-200"`` measures only the subjects of these rows and keeps the others as they were; a subject
(``polling``, ``growth``, ``due``, ``serving``, ``memory``, ``starting``) stands for its rows. ``FEEDS``, ``RUNS``, ``ARTICLES``,
``SOURCES``, ``OTHERS`` and ``SAMPLES`` set how much is measured. Needs nginx, and wrk for what is served.
"""

import compileall
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from benchmarks.peers.report import Measured, line, write_figures
from benchmarks.peers.rows import ROWS

PACKAGE = Path(__file__).resolve().parents[2] / "aggregator"
SUBJECTS = tuple(dict.fromkeys(row.subject for row in ROWS))


def _wanted(names: list[str]) -> list[str]:
    """Name the subjects of rows; without any, all."""
    known = {row.name: row.subject for row in ROWS} | {subject: subject for subject in SUBJECTS}
    if unknown := [name for name in names if name not in known]:
        raise SystemExit(f"there is no row {unknown[0]!r}; there are {', '.join(known)}")
    return [subject for subject in SUBJECTS if not names or subject in {known[name] for name in names}]


def _measure(subject: str, folder: Path) -> dict[str, Measured]:
    """Measure the rows of a subject, and print them."""
    before = os.getloadavg()[0]
    folder.mkdir()
    folder.chmod(0o755)  # nginx's workers are another user
    figures = list(import_module(f"benchmarks.peers.{subject}").measure(folder))
    load = f"{before:.1f} to {os.getloadavg()[0]:.1f} on {os.cpu_count()}"
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    found = {one.row: Measured(one.value, one.detail, day, load) for one in figures}
    print(f"\n{subject}, load {load}")
    for row in ROWS:
        if row.name in found:
            print(line(row, found[row.name]), flush=True)
    return found


def main() -> None:
    """Measure what is asked for, and write the table and its picture."""
    if not shutil.which("nginx"):
        raise SystemExit("the feeds are served by nginx, which is not installed")
    # As an installer does. Where PYTHONDONTWRITEBYTECODE is set, each start would compile all of it anew.
    compileall.compile_dir(PACKAGE, quiet=1)
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        for subject in _wanted(sys.argv[1:]):
            write_figures(_measure(subject, Path(name) / subject))


if __name__ == "__main__":
    main()
