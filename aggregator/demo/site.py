"""The demo site's server: HTTP/1.1 on loopback, in a thread, with news that appears step by step."""

import errno
import json
import os
import socketserver
import sys
import threading
import time
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from aggregator.demo.pages import Answer, answer
from aggregator.demo.story import LAST_STEP
from aggregator.errors import BusyError

HOST = "127.0.0.1"
STATE = Path("var/demo/site.json")


class NewsSite:
    """The demo news site, served while the context lasts.

    ``port`` 0 lets the system choose. Every ``pace`` (longer than zero) a step of news appears, up to the
    last one. ``state`` is the file that remembers the step, so that a restarted site takes no news back;
    with ``None`` it starts at the beginning. Entering raises BusyError where the port cannot be had.
    """

    def __init__(
        self, port: int = 8081, *, pace: timedelta = timedelta(seconds=30), state: Path | None = STATE
    ) -> None:
        self.port = port
        self._steps = _Steps(pace, state)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The site's address without a slash at its end; with port 0, known only once it serves."""
        return f"http://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        self._steps.start()
        self._server = _listen(self.port)
        self.port = self._server.server_address[1]
        self._server.site = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="demo-site", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._server and self._thread:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def answer(self, target: str) -> Answer | None:
        """Answer a request target as the site is now; None where there is no such page."""
        return answer(target, self._steps.now(), self.url)


class _Steps:
    """Counts the paces since the start, on top of the step that the state file remembers."""

    def __init__(self, pace: timedelta, state: Path | None) -> None:
        self._pace = pace
        self._state = state
        self._reached = 0
        self._first = 0
        self._started = 0.0
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to count."""
        self._reached = self._first = self._remembered()
        self._started = time.monotonic()

    def now(self) -> int:
        """Give the step at this moment, after it has been written to the state file."""
        with self._lock:
            elapsed = timedelta(seconds=time.monotonic() - self._started)
            step = min(self._first + elapsed // self._pace, LAST_STEP)
            if step > self._reached:
                self._remember(step)
                self._reached = step
            return step

    def _remembered(self) -> int:
        if self._state is None or not self._state.exists():
            return 0
        try:
            return min(int(json.loads(self._state.read_bytes())["step"]), LAST_STEP)
        except (ValueError, KeyError, TypeError):
            return 0  # a foreign or cut-off file; the site begins anew, with the same ids and dates

    def _remember(self, step: int) -> None:
        if self._state is None:
            return
        self._state.parent.mkdir(parents=True, exist_ok=True)
        beside = self._state.with_name(self._state.name + ".new")
        beside.write_text(json.dumps({"step": step}) + "\n", encoding="utf-8")
        os.replace(beside, self._state)


class _Server(ThreadingHTTPServer):
    site: NewsSite

    def server_bind(self) -> None:
        # HTTPServer's method resolves the host name, which can take seconds without a network.
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that went away; other errors are printed as usual."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "LinjiangHarbour"
    sys_version = ""
    timeout = 30
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer with the page, 304 or 404."""
        found = self.server.site.answer(self.path)
        if found is None:
            self._send(404, Answer("没有这个页面 · no such page\n".encode(), "text/plain; charset=utf-8"))
        elif _unchanged(found, self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")):
            self._send(304, found)
        else:
            self._send(200, found)

    do_HEAD = do_GET  # noqa: N815 - the name is http.server's

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        """Keep quiet: the terminal belongs to the aggregator."""

    def _send(self, status: int, answer: Answer) -> None:
        self.send_response(status)
        if answer.etag:
            self.send_header("ETag", answer.etag)
        if answer.last_modified:
            self.send_header("Last-Modified", format_datetime(answer.last_modified, usegmt=True))
        if status != 304:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if status != 304 and self.command != "HEAD":
            self.wfile.write(answer.body)


def _listen(port: int) -> _Server:
    try:
        return _Server((HOST, port), _Handler)
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            raise BusyError(
                f"{HOST}:{port} is in use by another program; the demo's news site needs it. "
                "Stop that program, then start again."
            ) from exc
        raise BusyError(f"{HOST}:{port} cannot be had for the demo's news site: {exc.strerror}") from exc


def _unchanged(answer: Answer, etags: str | None, since: str | None) -> bool:
    """Compare validators in the order of RFC 9110, section 13.2.2: the ETag, else the date."""
    if etags is not None:
        given = {etag.strip().removeprefix("W/") for etag in etags.split(",")}
        return bool(answer.etag) and bool(given & {answer.etag, "*"})
    if since is None or answer.last_modified is None:
        return False
    try:
        return answer.last_modified <= parsedate_to_datetime(since)
    except ValueError:
        return False
