"""What it costs to publish one article more, with few stored and with many, beside a Jekyll build of the posts.

Run with ``make bench-publishing``; ``ARTICLES=100000`` says how many are many (it takes a while to fill). The two
stores are published to in turns, in one process; the medians of CPU seconds are shown with their ratio. The first
publication of all is killed on its way three times, and goes on from there.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from aggregator.app import App
from aggregator.model import Article, Label, Outcome, PollState, Sighting
from aggregator.settings import Config, Output, Site, Source, Storage
from aggregator.worker.processes import collect_rarely
from benchmarks.load import children, processor

FEW = 1_000
MANY = int(os.environ.get("ARTICLES", "100000"))
ROUNDS = 31
CATEGORIES = 10
KILLS = (0.05, 0.3, 0.5)
"""Parts of all articles after which the publication is killed, each counted from where the last one ended."""
PROCESSES = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
Process = get_context("fork").Process
START = datetime(2025, 1, 1, tzinfo=UTC)
PARAGRAPH = (
    "<p>The harbour office said on Monday that the northern basin will stay closed to large ships.</p>"
)


def article(number: int) -> Article:
    """An article of two kilobytes, filed in one of ten categories."""
    moment = START + timedelta(minutes=number)
    return Article(
        namespace="bench",
        key=f"number-{number:07}",
        source="bench",
        title=f"Notice {number} of the harbour office",
        address=f"https://bench.example/{number}",
        content=PARAGRAPH * 20,
        published=moment,
        updated=moment,
        labels=(Label(f"Category {number % CATEGORIES}"),),
    )


def save(app: App, first: int, count: int) -> None:
    """Save articles as one poll does."""
    new = tuple(article(number) for number in range(first, first + count))
    now = START + timedelta(minutes=first)
    sightings = tuple(Sighting(one.key, "said", one.labels) for one in new)
    state = PollState("bench", due=now)
    app.store.save(Outcome("bench", "bench", state, new=new, sightings=sightings), now)


def open_app(folder: Path) -> App:
    """A configuration in a folder of its own."""
    config = Config(
        site=Site(url="https://bench.example.org", language="en", timezone="UTC"),
        storage=Storage(database=f"sqlite:///{folder}/bench.db"),
        output=Output(site=f"{folder}/public", posts=f"{folder}/_posts"),
        sources=(Source(name="bench", kind="feed", url="https://bench.example/feed"),),
    )
    collect_rarely()  # as commands do
    app = App(config)
    app.store.sync_sources(["bench"], START)
    return app


def fill(folder: Path, count: int) -> App:
    """Fill a store and publish it whole, with progress on a terminal."""
    app = open_app(folder)
    for first in range(0, count, 1000):
        save(app, first, min(1000, count - first))
    wall, cpu = time.perf_counter(), used_cpu()
    for part in KILLS:
        publish_until(folder, int(count * part))
    app.publisher.publish(progress=say(f"publishing {count:,} articles"))
    memory = sum(resource.getrusage(who).ru_maxrss for who in PROCESSES) / 1024
    print(
        f"all of {count:,} articles, killed {len(KILLS)} times: {time.perf_counter() - wall:.1f} s, "
        f"{used_cpu() - cpu:.1f} s CPU and {memory:.0f} MB at most so far, of all processes"
    )
    return app


def publish_until(folder: Path, articles: int) -> None:
    """Publish in a process of its own, which is killed after so many articles more."""

    def kill(done: int, total: int) -> None:
        if done >= min(articles, total):
            os.kill(os.getpid(), signal.SIGKILL)

    process = Process(target=lambda: open_app(folder).publisher.publish(progress=kill))
    process.start()
    process.join()


def used_cpu() -> float:
    """CPU seconds of this process, and of all that it started, whether they ended or not."""
    used = [resource.getrusage(who) for who in PROCESSES]
    living = sum(map(processor, children(os.getpid())))
    return sum(one.ru_utime + one.ru_stime for one in used) + living


def say(what: str) -> Callable[[int, int], None]:
    """Show progress on one line."""

    def show(done: int, total: int) -> None:
        if sys.stderr.isatty() and done % 1000 == 0:
            print(f"\r{what}: {done:,} of {total:,}", end="", file=sys.stderr)

    return show


def one_more(app: App, number: int) -> tuple[float, float, int]:
    """Save and publish one article more: CPU and wall seconds of publishing, files written."""
    save(app, number, 1)
    wall, cpu = time.perf_counter(), time.process_time()
    done = app.publisher.publish()
    return time.process_time() - cpu, time.perf_counter() - wall, done.written


def in_turn(apps: Mapping[int, App], rounds: int) -> dict[int, tuple[float, float, int]]:
    """Save and publish one article more in each store, in turn; the medians by how many articles it had."""
    costs = {count: [one_more(app, count)] for count, app in apps.items()}
    for turn in range(1, rounds):
        for count, app in apps.items():
            costs[count].append(one_more(app, count + turn))
    return {count: tuple(map(statistics.median, zip(*rows, strict=True))) for count, rows in costs.items()}


def jekyll(folder: Path) -> float | None:
    """Seconds that Jekyll takes to build a folder's posts; None where it is not installed."""
    if shutil.which("jekyll") is None:
        return None
    site = folder / "jekyll"
    site.mkdir()
    (site / "_config.yml").write_text("timezone: UTC\nmarkdown: kramdown\n")
    shutil.copytree(folder / "_posts", site / "_posts")
    wall = time.perf_counter()
    subprocess.run(
        [shutil.which("jekyll") or "jekyll", "build", "--quiet", "-s", site, "-d", site / "_site"], check=True
    )
    return time.perf_counter() - wall


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place:
        few, many = (Path(place) / name for name in ("few", "many"))
        few.mkdir()
        many.mkdir()
        apps = {FEW: fill(few, FEW), MANY: fill(many, MANY)}
        medians = in_turn(apps, ROUNDS)
        for count, (cpu, wall, files) in medians.items():
            print(
                f"one more with {count:,}: {cpu * 1000:.1f} ms CPU, {wall * 1000:.1f} ms, {files:.0f} files"
            )
        print(f"ratio of CPU: {medians[MANY][0] / medians[FEW][0]:.2f}")
        if (seconds := jekyll(few)) is not None:
            print(f"Jekyll builds the posts of {FEW:,} articles in {seconds:.1f} s")
            print(f"  which is {seconds / medians[FEW][1]:.0f} times the wall time of one article more")
        for app in apps.values():
            app.close()


if __name__ == "__main__":
    main()
