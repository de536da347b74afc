"""How soon a change is out: from the due time of a changed list to the moment its feed is in place.

The daemon polls thousands of other sources meanwhile, each once a minute.
"""

import os
import sqlite3
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.farm import farming, source_table
from benchmarks.load import HEAD, daemon, free_port, polled_since, wait_for
from benchmarks.peers.rows import Figure

OTHERS = int(os.environ.get("OTHERS", "2000"))
SAMPLES = int(os.environ.get("SAMPLES", "200"))
CHANGED = 10
AHEAD = timedelta(seconds=0.5)
"""A list changes at least so long before it is due."""
ITEM = "<item><guid>{title}</guid><title>{title}</title><link>http://x.example/{title}</link><description>A notice.</description></item>"
CHANGED_TABLE = """
[[source]]
name = "changed-{number}"
kind = "feed"
url = "http://127.0.9.{host}:{port}/{number}"
category = "Changed"
interval = "{seconds}s"
robots = "ignore"
full_text = "never"
"""


class _Lists:
    """Feeds that get an entry now and then, by their numbers."""

    def __init__(self) -> None:
        self.titles = {number: ["first"] for number in range(CHANGED)}

    def body(self, number: int) -> bytes:
        items = "".join(ITEM.format(title=title) for title in reversed(self.titles[number][-20:]))
        return f"<rss version='2.0'><channel><title>Changed {number}</title>{items}</channel></rss>".encode()


@contextmanager
def _serving(lists: _Lists) -> Iterator[int]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = lists.body(int(self.path.strip("/")))
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("0.0.0.0", 0), Answers) as server:  # noqa: S104 - many addresses of loopback
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def measure(folder: Path) -> Iterator[Figure]:
    """Run the daemon until enough changes were seen to come out."""
    lists = _Lists()
    with farming(entries=1) as farm, _serving(lists) as server:
        others = (source_table(number, farm).replace("1d", "1m") for number in range(OTHERS))
        changed = (
            CHANGED_TABLE.format(number=number, host=number + 1, port=server, seconds=7 + number)
            for number in range(CHANGED)
        )
        port = free_port()
        (folder / "aggregator.toml").write_text(HEAD.format(port=port) + "".join(others) + "".join(changed))
        with daemon(folder, port):
            wait_for(partial(polled_since, folder, datetime.now(UTC) - timedelta(minutes=5)))
            time.sleep(60)  # what was due at once spreads over the minute
            took = sorted(_watch(folder, lists))
    high = took[min(len(took) - 1, int(len(took) * 0.99))]
    detail = f"{len(took)} changes, {OTHERS:,} others once a minute, the longest {took[-1] * 1000:,.0f} ms"
    yield Figure("due", statistics.median(took) * 1000, detail)
    yield Figure("due-p99", high * 1000, detail)


def _watch(folder: Path, lists: _Lists) -> Iterator[float]:
    """Change lists before they are due, and yield the seconds from then until their feeds show it."""
    pending: dict[int, tuple[datetime, bytes]] = {}
    seen = 0
    with closing(sqlite3.connect(folder / "load.db", timeout=30)) as database:
        while seen < SAMPLES:
            for number in range(CHANGED):
                if number not in pending:
                    due = _due(database, number)
                    if due > datetime.now(UTC) + AHEAD:
                        title = f"change-{number}-{len(lists.titles[number])}"
                        lists.titles[number].append(title)
                        pending[number] = due, title.encode()
                elif _shows(folder, number, pending[number][1]):
                    yield (datetime.now(UTC) - pending.pop(number)[0]).total_seconds()
                    seen += 1
            time.sleep(0.005)


def _due(database: sqlite3.Connection, number: int) -> datetime:
    query = "SELECT due FROM sources WHERE name = ?"
    text = database.execute(query, (f"changed-{number}",)).fetchone()[0]
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _shows(folder: Path, number: int, title: bytes) -> bool:
    feed = folder / "public" / "source" / f"changed-{number}" / "atom.xml"
    return feed.exists() and title in feed.read_bytes()
