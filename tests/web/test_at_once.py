"""Files in memory, which are answered before h11 and the app see the request: the same answers, faster."""

import http.client
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.web import WebApp
from aggregator.web.files import Files
from tests.support.website import WELL, build_app, serving_app, write, write_output

TAG = b'If-None-Match: "%b"\r\n'
PLAIN = b"GET /feeds/rss.xml HTTP/1.1\r\nHost: a\r\n\r\n"


class Counted:
    """An app that counts its requests."""

    def __init__(self, app: ASGIApp) -> None:
        self.count = 0
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a request and answer it."""
        self.count += 1
        await self._app(scope, receive, send)


class Site:
    """A server that answers at once, and one of the same files that never does."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self.root = root
        app = build_app(Files(root), health=lambda: WELL, mount="/news")
        self.counted = Counted(app.app)
        fast, plain = replace(app, app=self.counted), WebApp(app.app, Files(root / "none"), "/news")
        self.ports = [stack.enter_context(serving_app(one)).base_url.port or 0 for one in (fast, plain)]
        self.tag = dict(self.ask(PLAIN)[0][1])["etag"].strip('"').encode()

    def ask(self, *requests: bytes) -> list[tuple[int, list[tuple[str, str]], bytes, bool]]:
        """Give the answers to requests on one connection, which are those of the plain server, too."""
        fast, plain = ([*_ask(port, requests)] for port in self.ports)
        assert fast == plain
        return fast


def _ask(port: int, requests: tuple[bytes, ...]) -> Iterator[tuple[int, list[tuple[str, str]], bytes, bool]]:
    with socket.create_connection(("127.0.0.1", port)) as sock:
        for request in requests:
            sock.sendall(request)
            with http.client.HTTPResponse(sock, method=request.split(b" ", 1)[0].decode()) as answer:
                answer.begin()
                headers = [(name, value if name != "date" else "") for name, value in answer.getheaders()]
                yield answer.status, headers, answer.read(), answer.will_close


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The two servers of a folder that nobody changes."""
    root = write_output(tmp_path_factory.mktemp("site") / "public")
    write(root / "large.html", b"x" * 300_000)
    with ExitStack() as stack:
        yield Site(root, stack)


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        (b"/feeds/rss.xml", b"", 200),
        (b"/feeds/rss.xml?from=app", b"Connection: Keep-Alive\r\n", 200),
        (b"/feeds/rss.xml", b"Accept-Encoding: br;q=1.0, gzip;q=0.8\r\n", 200),
        (b"/feeds/rss.xml", b"Accept-Encoding: br\r\nACCEPT-ENCODING:x-gzip\r\n", 200),
        (b"/feeds/rss.xml", b"Range: bytes=0-9\r\n", 200),
        (b"/feeds/rss.xml", TAG, 304),
        (b"/feeds/rss.xml", b"Accept-Encoding: gzip\r\n" + TAG, 200),
        (b"/feeds/rss.xml", b"if-modified-since:Tue, 14 Nov 2023 22:13:20 GMT \r\n", 304),
        (b"/news/feeds/rss.xml", b"", 200),
        (b"/category/%E5%85%AC%E5%91%8A.html", b"", 200),
        (b"/", b"", 200),
    ],
)
def test_a_file_in_memory_is_answered_as_by_the_app(
    site: Site, method: bytes, target: bytes, headers: bytes, status: int
) -> None:
    """Once a file was asked for, the app no longer sees requests for it, and the answers stay the same."""
    request = (
        method + b" " + target + b" HTTP/1.1\r\nHost: a\r\n" + headers.replace(b"%b", site.tag) + b"\r\n"
    )
    site.ask(request)
    seen = site.counted.count
    answers = site.ask(request, request)
    assert [answer[0] for answer in answers] == [status, status]
    assert site.counted.count == seen


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /feeds/rss.xml HTTP/1.0\r\nHost: a\r\n\r\n",
        b"GET /feeds/rss.xml HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"GET /feeds/rss.xml HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n",
        b"GET /feeds/rss.xml HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /feeds/rss.xml HTTP/1.1\r\n\r\n",
        b"GET /feeds/rss.xml HTTP/1.1\r\nX: y\r\n\r\n",
        b"GET /feeds/rss.xml HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET /feeds/rss.xml HTTP/1.1\nHost: a\n\n",
        b"GET /feeds/rss.xml HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        b"GET http://a/feeds/rss.xml HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /feeds/rss.xml HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        b"GET /feeds/rss.xml HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        b"GET /feeds/rss.xml HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /feeds/rss.xml HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        b"GET /feeds/rss.xml HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 17_000 + b"\r\n\r\n",
        b"POST /feeds/rss.xml HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        b"GET /feeds/rss.xml#end HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /feeds/%2e%2e/feeds/rss.xml HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /large.html HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_any_other_request_is_answered_as_before(site: Site, request_: bytes) -> None:
    """A request that is refused, ends the connection or has a body goes through h11 also after a plain one."""
    site.ask(PLAIN, request_)


LAST = b"HEAD /feeds/atom.xml HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("pieces", "answers"),
    [
        ([PLAIN, PLAIN + PLAIN, LAST], 4),
        ([PLAIN + b"GET /missing HTTP/1.1\r\nHost: a\r\n\r\n" + PLAIN + LAST[:40], LAST[40:]], 4),
        ([b"GET /missing HTTP/1.1\r\nX: ", PLAIN, LAST], 2),
        ([b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(PLAIN), PLAIN, LAST], 2),
        ([PLAIN.replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\n"), b"abc" + PLAIN, LAST], 3),
        ([PLAIN.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"), b"0\r\n\r\n", LAST], 2),
    ],
)
def test_requests_are_told_apart_as_by_h11(site: Site, pieces: list[bytes], answers: int) -> None:
    """What looks like a request within another head or in a body is none; all are answered in order."""
    fast, plain = (re.sub(rb"date: [^\r]*", b"", _exchange(port, pieces)) for port in site.ports)
    assert fast == plain
    assert fast.count(b"HTTP/1.1 ") == answers


def _exchange(port: int, pieces: list[bytes]) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as sock:
        for piece in pieces:
            sock.sendall(piece)
            time.sleep(0.05)  # so that each piece is read by itself; joined, they prove less
        return b"".join(iter(lambda: sock.recv(65536), b""))
