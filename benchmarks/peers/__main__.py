"""Compares polling, publishing, disk and serving with the peers, side by side: ``make bench-peers``.

``FEEDS=500 make bench-peers`` sets the number of feeds. Needs nginx; the ratios are what to compare between
machines.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.peers.feeds import ENTRIES, Feeds
from benchmarks.peers.nginx import nginx
from benchmarks.peers.serving import compare

Figures = dict[str, dict[str, float]]


def _run(tool: str, feeds: Feeds, port: int, folder: Path) -> Figures:
    """Run one program's phases on the feeds as they were first."""
    feeds.write()
    time.sleep(1.5)
    work = folder / tool
    work.mkdir()
    command = [sys.executable, "-m", "benchmarks.peers.phases", tool, str(feeds.count), str(port), str(work)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row.pop("phase"): row for row in rows}


def _report(count: int, ours: Figures, reader: Figures, bare: Figures) -> None:
    ours["new and published"] = {key: ours["new"][key] + ours["publish"][key] for key in ours["new"]}
    reader["new and published"] = reader["new"]
    for figures in (ours, reader):
        figures["unchanged"] = min(
            figures["unchanged"], figures.pop("unchanged again"), key=lambda f: f["wall"]
        )
    print(
        f"{'feeds a second (CPU ms a feed)':32}{'ours':>18}{'reader':>18}{'bare httpx':>18}{'ours/reader':>13}"
    )
    for phase in ("new", "new and published", "unchanged", "changed"):
        cells = [figures.get(phase) for figures in (ours, reader, bare)]
        texts = [
            f"{count / cell['wall']:.0f} ({cell['cpu'] / count * 1000:.2f})" if cell else "-"
            for cell in cells
        ]
        ratio = reader[phase]["wall"] / ours[phase]["wall"]
        print(f"{phase:32}" + "".join(f"{text:>18}" for text in texts) + f"{ratio:>12.2f}x")
    print(f"publishing: {count * ENTRIES / ours['publish']['wall']:,.0f} articles a second")
    print(f"unchanged, CPU beside bare httpx: {ours['unchanged']['cpu'] / bare['unchanged']['cpu']:.1f} x")
    print(
        f"peak memory: ours {ours['changed']['memory'] / 2**20:.0f} MB, reader {reader['changed']['memory'] / 2**20:.0f} MB"
    )


def _report_disk(folder: Path, html: int, articles: int) -> None:
    for name in ("public", "_posts"):
        files = [path for path in (folder / name).rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        print(f"{name}: {size / html:.1f} x the feeds, {len(files) / articles:.1f} files an article")
    print(f"database: {(folder / 'bench.db').stat().st_size / html:.1f} x the feeds")


def main() -> None:
    """Run every program on the same feeds and print the table."""
    if not shutil.which("nginx"):
        raise SystemExit("the comparison serves its feeds by nginx, which is not installed")
    count = int(os.environ.get("FEEDS", "500"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # nginx's workers are another user
        feeds = Feeds(folder / "feeds", count)
        size = feeds.write()
        print(f"{count} feeds of {ENTRIES} entries, {size / 2**20:.0f} MB; load {os.getloadavg()[0]:.1f}")
        with nginx(folder, feeds.folder) as (port, _):
            bare, reader, ours = (_run(tool, feeds, port, folder) for tool in ("bare", "reader", "ours"))
        _report(count, ours, reader, bare)
        _report_disk(folder / "ours", size, count * ENTRIES)
        compare(folder / "serving")


if __name__ == "__main__":
    main()
