"""A host that notes when it was asked for what, and by when it had answered or been left."""

from __future__ import annotations

import select
import socket
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Self


@dataclass(frozen=True, slots=True)
class Visit:
    """A request; times are in seconds, of one clock."""

    path: str
    began: float
    ended: float
    """When it was about to be answered, or its client was gone."""


class Host:
    """A server on loopback that takes ``hold`` seconds for each answer; ``robots`` is its robots.txt."""

    def __init__(self, hold: float = 0.02, robots: bytes | None = None) -> None:
        self.hold = hold
        self.robots = robots
        self.visits: list[Visit] = []
        self.asked = threading.Event()
        """A request has begun."""
        self._server = _Server(self)
        self._serving = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """The host's address without a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [visit.path for visit in sorted(self.visits, key=lambda visit: visit.began)]

    def gaps(self) -> list[tuple[float, float]]:
        """The seconds from the end, and from the beginning, of each visit to the beginning of the next one."""
        ordered = sorted(self.visits, key=lambda visit: visit.began)
        return [(two.began - one.ended, two.began - one.began) for one, two in pairwise(ordered)]

    def __enter__(self) -> Self:
        self._serving.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._serving.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: Host) -> None:
        self.host = host
        super().__init__(("127.0.0.1", 0), _Connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up."""


class _Connection(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        began, host = time.monotonic(), self.server.host
        host.asked.set()
        try:
            take_time(self.connection, host.hold)
        finally:
            # Noted before the answer goes out: whoever has it may let the next one ask at once.
            host.visits.append(Visit(self.path, began, time.monotonic()))
        body = host.robots if self.path == "/robots.txt" else b"x"
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the parent's
        """Say nothing."""


def take_time(connection: socket.socket, seconds: float) -> None:
    """Take some time over an answer, and no longer than the client waits for it."""
    readable, _, _ = select.select([connection], [], [], seconds)
    if readable and not connection.recv(1, socket.MSG_PEEK):
        raise ConnectionResetError
