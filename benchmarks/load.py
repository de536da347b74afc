"""What the daemon bears: thousands of sources due at once, while readers ask it for health and a feed.

Run with ``make bench-load`` (half an hour and more; ``SOURCES=500`` says how many). The daemon, the thousand hosts
that it polls and the reader are processes of their own, all on this machine.
"""

from __future__ import annotations

import contextlib
import http.client
import multiprocessing
import os
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from aggregator.store import Store
from benchmarks.farm import farming, source_table

SOURCES = int(os.environ.get("SOURCES", "5000"))
PATHS = ("/healthz", "/feeds/atom.xml")
PAUSE = 0.1  # seconds between two questions of the reader
ROUNDS = 2
LIMIT_MB, LIMIT_MS = 250, 100

HEAD = """
[site]
title = "Load"
url = "https://load.example.org"
timezone = "UTC"

[storage]
database = "sqlite:///load.db"

[output]
site = "public"
posts = "_posts"

[server]
listen = "127.0.0.1:{port}"

[network]
allow_private = ["127.0.0.0/8"]
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of the reader: what for, how many seconds the answer took, and its status."""

    path: str
    seconds: float
    status: int


def ask(port: int, path: str) -> Asked:
    """Ask as a reader does, on a connection of its own."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        return Asked(path, time.perf_counter() - began, answer.status)
    except OSError:
        return Asked(path, time.perf_counter() - began, 0)
    finally:
        connection.close()


def _read(pipe: Connection, port: int) -> None:
    asked: list[Asked] = []
    while True:
        for path in PATHS:
            asked.append(ask(port, path))
            time.sleep(PAUSE)
        if pipe.poll():
            if not pipe.recv():
                return
            pipe.send(asked)
            asked = []


class Reader:
    """Asks again and again, in a process of its own; ``take`` gives what was asked since the last time."""

    def __init__(self, port: int) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(
            target=_read, args=(theirs, port), daemon=True
        )
        self._process.start()

    def take(self) -> list[Asked]:
        """Everything asked since the last time."""
        self._pipe.send(True)
        return list(self._pipe.recv())

    def stop(self) -> None:
        """End the process."""
        self._pipe.send(False)
        self._process.join()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def daemon(folder: Path, port: int) -> Iterator[int]:
    """The daemon's process number, once it is ready; what it says goes to a file."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "aggregator", "run", "--config", "aggregator.toml"],
            cwd=folder,
            # As systemd/aggregator.service has it.
            env=os.environ
            | {"PYTHONPATH": str(Path(__file__).resolve().parents[1]), "MALLOC_ARENA_MAX": "1"},
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(lambda: process.poll() is not None or ask(port, "/healthz").status == 200, 0.05)
            if process.poll() is not None:
                raise SystemExit((folder / "log").read_text())
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def wait_for(what: Callable[[], bool], pause: float = 0.5) -> float:
    """Wait for something; returns the seconds it took."""
    began = time.perf_counter()
    while not what():
        time.sleep(pause)
    return time.perf_counter() - began


def highest(pid: int) -> float:
    """The most memory that the process held since the last time, in MB, that of its children added."""
    total = 0
    for one in (pid, *children(pid)):
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{one}/status").read_text()
            total += int(status.partition("VmHWM:")[2].split()[0])
            Path(f"/proc/{one}/clear_refs").write_text("5")
    return total / 1024


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    # Each is listed with the thread that started it.
    lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(one) for one in " ".join(lists).split()]


def processor(pid: int) -> float:
    """CPU seconds that a process took, those of its living children added."""
    ticks = 0
    for one in (pid, *children(pid)):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def report(title: str, seconds: float, cpu: float, memory: float, asked: Sequence[Asked]) -> None:
    """Print how a stretch of work went."""
    print(
        f"\n{title}: {seconds:.1f} s, {cpu:.1f} s CPU, {memory:.0f} MB at most (limit {LIMIT_MB})", flush=True
    )
    for path in PATHS:
        times = sorted(one.seconds * 1000 for one in asked if one.path == path)
        # 404: nothing was published yet.
        bad = sum(one.status not in (200, 304, 404) for one in asked if one.path == path)
        if len(times) < 2:
            continue
        high = times[min(len(times) - 1, int(len(times) * 0.99))]
        print(
            f"  {path:16} {len(times):>5} asked: median {statistics.median(times):6.1f} ms, "
            f"99th percentile {high:6.1f} ms (limit {LIMIT_MS}), most {times[-1]:.1f} ms, not answered {bad}",
            flush=True,
        )


def work(folder: Path, farm: int) -> None:
    """Let the daemon poll everything for the first time, publish it, and find everything unchanged."""
    port = free_port()
    names = [f"feed-{number}" for number in range(SOURCES)]
    tables = (source_table(number, farm) for number in range(SOURCES))
    (folder / "aggregator.toml").write_text(HEAD.format(port=port) + "".join(tables))
    began = time.perf_counter()
    with daemon(folder, port) as pid:
        print(f"ready after {time.perf_counter() - began:.1f} s, {highest(pid):.0f} MB", flush=True)
        store = Store.open(f"sqlite:///{folder}/load.db")
        reader = Reader(port)

        def stretch(title: str, done: Callable[[], bool]) -> None:
            reader.take()
            highest(pid)
            cpu = processor(pid)
            seconds = wait_for(done)
            report(title, seconds, processor(pid) - cpu, highest(pid), reader.take())

        start = datetime.now(UTC) - timedelta(minutes=1)
        stretch(f"First poll of {SOURCES:,} sources", partial(polled_since, folder, start))
        stretch("Publishing what is left of it", lambda: waiting(store) == 0)
        for _ in range(ROUNDS):
            start = datetime.now(UTC)
            store.make_due(names, start)
            stretch(f"{SOURCES:,} sources unchanged", partial(polled_since, folder, start))
        reader.stop()
        print(f"failed: {failed(folder)}")
        store.close()


def polled_since(folder: Path, start: datetime) -> bool:
    """Whether every source was polled since then."""
    unpolled = "SELECT count(*) FROM sources WHERE polled IS NULL OR polled < ?"
    return count(folder, unpolled, start.replace(tzinfo=None).isoformat(" ")) == 0


def failed(folder: Path) -> int:
    """How many sources are not well."""
    return count(folder, "SELECT count(*) FROM sources WHERE status <> ?", "ok")


def count(folder: Path, query: str, value: str) -> int:
    """Count rows of the daemon's database."""
    with contextlib.closing(sqlite3.connect(folder / "load.db", timeout=30)) as connection:
        return int(connection.execute(query, (value,)).fetchone()[0])


def waiting(store: Store) -> int:
    """How many articles and documents are to be published."""
    state = store.publication()
    return state.articles + state.documents


def main() -> None:
    """Run everything against one farm."""
    with farming() as farm, tempfile.TemporaryDirectory() as folder:
        work(Path(folder), farm)


if __name__ == "__main__":
    main()
