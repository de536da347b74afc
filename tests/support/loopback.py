"""A small real web site on 127.0.0.1, in a thread: what the tests of this program poll."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Self


@dataclass(frozen=True, slots=True)
class Received:
    """A request as the site saw it: the path with its query, header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the site says at a path.

    With an ``etag`` (or a ``last-modified`` header) a request whose validator matches gets 304. A
    ``content-length`` of its own in ``headers`` is sent as it stands and the connection closed after
    the body. ``stream`` is sent piece by piece after the body, without a length; it may sleep. Each of ``cookies`` is a Set-Cookie.
    """

    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    etag: str = ""
    stream: Iterable[bytes] | None = None
    cookies: tuple[str, ...] = ()


Content = Answer | bytes
Handler = Callable[[Received], Content]


class Site:
    """A site with the given pages: ``with Site({"/feed.xml": Answer(b"…", etag='"1"')}) as site: …``.

    ``pages`` maps a path (with its query, or without) to bytes, an Answer, or a function from Received
    to either; it may be changed while the site runs. ``host`` may be ``0.0.0.0`` for all of loopback. ``requests`` grows with each request (those for a robots.txt that is not there left out), ``connections`` with each connection.
    """

    def __init__(
        self, pages: Mapping[str, Content | Handler] | None = None, *, host: str = "127.0.0.1"
    ) -> None:
        self.pages: dict[str, Content | Handler] = dict(pages or {})
        self.requests: list[Received] = []
        self.connections = 0
        self._server = _Server(self, host)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """The site's address without a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def paths(self) -> list[str]:
        """The paths asked for so far, in order."""
        return [request.path for request in self.requests]

    def answer(self, request: Received) -> Answer:
        """What the site says to a request; 404 where there is no such page."""
        page = self.pages.get(request.path, self.pages.get(request.path.partition("?")[0]))
        if callable(page):
            page = page(request)
        if page is None:
            return Answer(b"nothing here", status=404)
        answer = Answer(page) if isinstance(page, bytes) else page
        return (
            Answer(headers=answer.headers, status=304, etag=answer.etag, cookies=answer.cookies)
            if _same(request, answer)
            else answer
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()


def _same(request: Received, answer: Answer) -> bool:
    if answer.etag:
        return request.headers.get("if-none-match") == answer.etag
    modified = {name.lower(): value for name, value in answer.headers.items()}.get("last-modified")
    return modified is not None and request.headers.get("if-modified-since") == modified


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 128
    daemon_threads = False  # server_close() then joins them: nothing outlives the test

    def __init__(self, site: Site, host: str) -> None:
        self.site = site
        self._open: set[socket.socket] = set()
        super().__init__((host, 0), _Connection)

    def process_request(self, request, client_address):  # type: ignore[no-untyped-def]
        self._open.add(request)
        self.site.connections += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request):  # type: ignore[no-untyped-def]
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address):  # type: ignore[no-untyped-def]
        """Say nothing of clients that hung up: that is what some tests do."""

    def hang_up(self) -> None:
        """End the connections that clients still keep alive."""
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it ended by itself in the meantime


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        request = Received(self.command, self.path, headers, body)
        if self.path != "/robots.txt" or self.path in self.server.site.pages:
            # Asked of every site, and the business only of a test that serves it.
            self.server.site.requests.append(request)
        answer = self.server.site.answer(request)
        sent = {name.lower(): value for name, value in answer.headers.items()}
        if answer.etag:
            sent.setdefault("etag", answer.etag)
        if "content-length" in sent or answer.stream is not None:
            sent["connection"] = "close"
        elif answer.status not in (204, 304):
            sent["content-length"] = str(len(answer.body))
        self.send_response(answer.status)
        for name, value in sent.items():
            self.send_header(name, value)  # "connection: close" ends the connection afterwards
        for cookie in answer.cookies:
            self.send_header("set-cookie", cookie)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
            for piece in answer.stream or ():
                self.wfile.write(piece)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the parent's
        """Say nothing; the tests read ``requests``."""
