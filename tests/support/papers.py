"""Newspapers on several hosts, known to the last word, and the log of who asked them for what and when."""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.support.host import take_time
from tests.support.samples import LONG_TEXT, article_page

HOLD_SECONDS = (0.02, 0.15)
"""How long a host takes to answer; requests side by side would be seen to overlap."""
CHANGED = 4
"""Each fourth thing that is printed changes an article that is there."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as its host saw it; times are of one clock, in seconds.

    ``ended`` is when the host was about to answer, or found that the client was gone.
    """

    host: str
    path: str
    node: str
    began: float
    ended: float

    @property
    def source(self) -> str:
        """The source for which it was made; empty for a robots.txt."""
        return self.path.split("/")[1] if self.path.count("/") > 1 else ""

    @property
    def is_list(self) -> bool:
        """Whether it asked for a source's list, with which each poll begins."""
        return self.path.endswith("/feed.xml")


Pair = tuple[Asked, Asked]


def overlapping_requests(log: Sequence[Asked]) -> list[Pair]:
    """Return the requests to one host that began before the one before them was answered."""
    found, last = [], dict[str, Asked]()
    for asked in sorted(log, key=lambda asked: asked.began):
        before = last.get(asked.host)
        if before and asked.began < before.ended:
            found.append((before, asked))
        if not before or asked.ended > before.ended:
            last[asked.host] = asked
    return found


def overlapping_polls(log: Sequence[Asked]) -> list[Pair]:
    """Return the requests of polls that went on although another node had begun to poll the source."""
    found, latest = [], dict[str, Asked]()
    open_requests = dict[str, Asked]()
    for asked in sorted(log, key=lambda asked: asked.began):
        if not asked.source:
            continue
        polled, before = latest.get(asked.source), open_requests.get(asked.source)
        if asked.is_list:
            if before and before.node != asked.node and before.ended > asked.began:
                found.append((before, asked))
            latest[asked.source] = asked
        elif polled and polled.node != asked.node:
            found.append((polled, asked))
        open_requests[asked.source] = asked
    return found


def longest_waits(log: Sequence[Asked], until: float) -> dict[str, float]:
    """Return the longest time in seconds in which each source was not visited."""
    times: dict[str, list[float]] = {}
    for asked in log:
        if asked.is_list:
            times.setdefault(asked.source, []).append(asked.began)
    return {
        source: max(later - earlier for earlier, later in itertools.pairwise([*sorted(those), until]))
        for source, those in times.items()
    }


@dataclass(frozen=True, slots=True)
class Told:
    """A message as a receiver got it: its key, by which it recognises one that comes again, and its hits."""

    key: str
    hits: tuple[tuple[str, str, int], ...]
    """The article, what happened to it, and its version."""


def told_twice(messages: Sequence[Told]) -> list[tuple[str, str, int]]:
    """Return the hits that stand in messages of different keys."""
    once = {message.key: message for message in messages}
    return [
        hit for hit, times in Counter(hit for one in once.values() for hit in one.hits).items() if times > 1
    ]


def never_told(messages: Sequence[Told], articles: Iterable[str]) -> set[str]:
    """Return the articles of which no message said that they are new."""
    return set(articles) - {article for one in messages for article, kind, _ in one.hits if kind == "new"}


class Papers:
    """Sources whose lists and pages are spread over hosts, each page on another than its list.

    ``hosts`` are addresses of this machine. ``who`` names the node at the other end of a connection. ``said``
    has the latest title of every article by its key, and ``news`` are those that it got since printing goes on by
    itself; ``log`` and ``told`` grow with each request.
    """

    def __init__(self, hosts: Sequence[str], sources: int) -> None:
        self.hosts = hosts
        self.names = [f"s{number}" for number in range(sources)]
        self.said: dict[str, str] = {}
        self.news: set[str] = set()
        self.log: list[Asked] = []
        self.told: list[Told] = []
        self.who: Callable[[tuple[str, int]], str] = lambda address: address[0]
        self._editions: dict[str, int] = dict.fromkeys(self.names, 0)
        self._printed = 0
        self._chance = random.Random(21)  # noqa: S311
        self._closed = threading.Event()
        self._server = _Server(self)
        self._serving = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._printing: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._serving.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()
        self._server.shutdown()
        self._serving.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        """The port on which every host listens."""
        return int(self._server.server_address[1])

    def tables(self, interval: str) -> str:
        """The configuration of the sources, and of a receiver that is told of everything."""
        sources = "".join(
            f'[[source]]\nname = "{name}"\nkind = "feed"\nurl = "http://{self._host(number)}/{name}/feed.xml"\n'
            f'interval = "{interval}"\ninterval_max = "{interval}"\ncategory = "{name.upper()}"\n'
            for number, name in enumerate(self.names)
        )
        return (
            f'[[receiver]]\nname = "desk"\nurl = "http://{self._host(0)}/hook"\nat_most = "60/m"\n'
            f'[[rule]]\nname = "all"\nquery = "Article"\non = ["new", "changed"]\ntell = ["desk"]\n{sources}'
        )

    def print_often(self, pace: float) -> None:
        """Begin to print something every so many seconds, until it is stopped."""
        self._printing = threading.Thread(target=self._print_often, args=(pace,))
        self._printing.start()

    def stop(self) -> None:
        """Print nothing more."""
        self._closed.set()
        if self._printing:
            self._printing.join()

    def print_one(self) -> None:
        """Bring an article to one source after the other, and change an older one now and then."""
        name = self.names[self._printed % len(self.names)]
        keys = [key for key in self.said if key.startswith(f"{name}-")]
        self._printed += 1
        if keys and self._chance.randrange(CHANGED) == 0:
            key = self._chance.choice(keys)
            self.said[key] = f"Article {key} as of {self._printed}"
        else:
            key = f"{name}-{len(keys):03}"
            if self._printing:
                self.news.add(key)
            self.said[key] = f"Article {key}"
        self._editions[name] += 1

    def answer(self, path: str) -> tuple[bytes, str]:
        """Return what a path says, with its validator; nothing where there is no such page."""
        name, _, file = path.strip("/").partition("/")
        if name not in self._editions:
            return b"", ""
        if file == "feed.xml":
            edition = self._editions[name]
            return self._list(name), f'"{edition}"'
        key = file.removesuffix(".html")
        title = self.said[key]
        return article_page(f"<p>This is the text of {title}.</p>{LONG_TEXT}").replace(
            b">Title<", f">{title}<".encode()
        ), ""

    def _list(self, name: str) -> bytes:
        keys = [key for key in list(self.said) if key.startswith(f"{name}-")]
        items = "".join(
            f"<item><guid isPermaLink='false'>{key}</guid><title>{self.said[key]}</title>"
            f"<link>http://{self._host(self.names.index(name) + 1 + number % 2)}/{name}/{key}.html</link>"
            f"<pubDate>Thu, 05 Mar 2026 10:{number % 60:02}:00 GMT</pubDate></item>"
            for number, key in enumerate(keys)
        )
        return f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>".encode()

    def _host(self, number: int) -> str:
        return f"{self.hosts[number % len(self.hosts)]}:{self.port}"

    def _print_often(self, pace: float) -> None:
        while not self._closed.wait(pace):
            self.print_one()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, papers: Papers) -> None:
        self.papers = papers
        super().__init__(("0.0.0.0", 0), _Connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up: they are killed, and cut off."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        self.node = self.server.papers.who(self.client_address)
        super().setup()

    def do_GET(self) -> None:
        began, papers = time.monotonic(), self.server.papers
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        host = self.headers["host"].partition(":")[0]
        try:
            take_time(self.connection, random.uniform(*HOLD_SECONDS))  # noqa: S311
        finally:
            # Noted before the answer goes out: whoever has it may let the next one ask at once.
            papers.log.append(Asked(host, self.path, self.node, began, time.monotonic()))
        if self.path == "/hook":
            told = json.loads(body)["hits"]
            hits = tuple((hit["id"], hit["kind"], hit["version"]) for hit in told)
            papers.told.append(Told(self.headers["idempotency-key"], hits))
            status, text, mark = 204, b"", ""
        else:
            text, mark = papers.answer(self.path)
            known = mark and mark == self.headers.get("if-none-match")
            status = 304 if known else 200 if text else 404
        self.send_response(status)
        if mark:
            self.send_header("ETag", mark)
        if status in (200, 404):
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if status == 200:
            self.wfile.write(text)

    do_POST = do_GET  # noqa: N815 - the parent's name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the parent's
        """Say nothing; the tests read ``log``."""
