"""A feed of 100 KB served by nginx and by our daemon in turn: requests a second and CPU, for 200 and 304.

The load comes from wrk where it is installed; the client in Python that stands in for it is slower than nginx, so
that only the CPU can be compared then.
"""

import asyncio
import http.client
import os
import re
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import HEAD, daemon, free_port, processor
from benchmarks.peers.nginx import nginx
from benchmarks.peers.rows import Figure

CONNECTIONS = 50
SECONDS = 2
ROUNDS = 5
PATH = "/bench/atom.xml"
SIZE = 100 * 1024


@dataclass(frozen=True, slots=True)
class Measured:
    """Requests a second, and CPU microseconds of the server for each."""

    rate: float
    cpu: float


def _load(port: int, server: int, conditional: bool) -> Measured:
    """Load a server for some seconds; ``server`` is its process, whose children count too."""
    client = http.client.HTTPConnection("127.0.0.1", port)
    client.request("GET", PATH)
    answer = client.getresponse()
    assert len(answer.read()) == SIZE
    client.close()
    tag = answer.headers["ETag"] if conditional else ""
    began, cpu = time.perf_counter(), processor(server)
    count = _by_wrk(port, tag) if shutil.which("wrk") else asyncio.run(_by_python(port, tag))
    return Measured(count / (time.perf_counter() - began), (processor(server) - cpu) / count * 1e6)


def _by_wrk(port: int, tag: str) -> int:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}", f"http://127.0.0.1:{port}{PATH}"]
    header = ["-H", f"If-None-Match: {tag}"] if tag else []
    done = subprocess.run([*command, *header], capture_output=True, text=True, check=True)
    match = re.search(r"(\d+) requests in", done.stdout)
    assert match, done
    assert "Socket errors" not in done.stdout, done.stdout
    return int(match[1])


async def _by_python(port: int, tag: str) -> int:
    condition = f"If-None-Match: {tag}\r\n" if tag else ""
    request = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n{condition}\r\n".encode()
    until = time.perf_counter() + SECONDS

    async def ask() -> int:
        count = 0
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2 * SIZE)
        while time.perf_counter() < until:
            writer.write(request)
            await reader.readuntil(b"\r\n\r\n")
            if not tag:
                await reader.readexactly(SIZE)
            count += 1
        writer.close()
        return count

    return sum(await asyncio.gather(*(ask() for _ in range(CONNECTIONS))))


def measure(folder: Path) -> Iterator[Figure]:
    """Load both servers in turn and give the medians."""
    feed = folder / "public" / PATH.removeprefix("/")
    feed.parent.mkdir(parents=True)
    feed.write_bytes(
        (b"<entry>" + os.urandom(40).hex().encode() + b"</entry>") * (SIZE // 95) + b" " * (SIZE % 95)
    )
    client = "wrk" if shutil.which("wrk") else "a client in Python, slower than nginx"
    port = free_port()
    (folder / "aggregator.toml").write_text(HEAD.format(port=port))
    with nginx(folder, folder / "public") as peer, daemon(folder, port) as pid:
        own = port, pid
        for status in (200, 304):
            pairs = [[_load(*server, status == 304) for server in (own, peer)] for _ in range(ROUNDS)]
            ours, theirs = (
                Measured(*(statistics.median(getattr(one, name) for one in runs) for name in ("rate", "cpu")))
                for runs in zip(*pairs, strict=True)
            )
            ratio = statistics.median(ours.rate / theirs.rate for ours, theirs in pairs)
            yield Figure(
                f"served-{status}",
                ratio,
                f"{ours.rate:,.0f} / {theirs.rate:,.0f} requests a second, {ours.cpu:.0f} / {theirs.cpu:.0f} µs CPU; by {client}",
            )
