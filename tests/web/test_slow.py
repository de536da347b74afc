"""Clients that are slow, greedy or no clients at all: each one is let go, and the others are served."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from aggregator.web import Limits
from tests.support.website import serving, write, write_output
from tests.support.workplace import PATIENCE

LIMITS = Limits(head=0.4, body=0.4, stall=0.6, linger=0.3, connections=8)
PATIENT = Limits(head=PATIENCE, body=PATIENCE, stall=PATIENCE, linger=0.3, connections=8)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the servers serve."""
    root = write_output(tmp_path_factory.mktemp("slow") / "public")
    write(root / "large.html", bytes(24 * 1024**2))
    write(root / "large.mp4", bytes(24 * 1024**2))
    return root


@pytest.fixture
def site(output: Path) -> Iterator[httpx.Client]:
    """A client of a server that has little patience."""
    with serving(output, limits=LIMITS) as client:
        yield client


@pytest.fixture
def patient(output: Path) -> Iterator[httpx.Client]:
    """A client of a server that lets nobody go for being slow."""
    with serving(output, limits=PATIENT) as client:
        yield client


def connect(site: httpx.Client, buffer: int = 0) -> socket.socket:
    """A plain connection to the server."""
    sock = socket.socket()
    if buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    sock.settimeout(PATIENCE)
    sock.connect(("127.0.0.1", site.base_url.port or 0))
    return sock


def read_all(sock: socket.socket) -> bytes:
    """What comes until the server hangs up."""
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := sock.recv(65536):
            said += piece
    return said


@pytest.mark.parametrize("begun", [b"", b"G", b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: b"])
def test_a_head_that_does_not_come_ends_the_connection(site: httpx.Client, begun: bytes) -> None:
    """Whoever sends nothing is hung up on; whoever began hears why."""
    with connect(site) as sock:
        sock.sendall(begun)
        said = read_all(sock)
    assert said.startswith(b"HTTP/1.1 408 ") if begun else not said
    assert site.get("/").status_code == 200


def test_a_head_that_drips_ends_too(site: httpx.Client) -> None:
    """A byte now and then is no progress."""
    heard = 0
    with connect(site) as sock, contextlib.suppress(ConnectionError):
        for heard in range(400):
            sock.sendall(b"GET / HTTP/1.1\r\nX-Drip: "[heard : heard + 1] or b"1")
            time.sleep(0.05)
    assert heard < 399


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_kept_connection_may_rest_between_requests_but_not_in_one(
    site: httpx.Client, in_memory: bool
) -> None:
    """After an answer the time for the next head begins with its first byte."""
    if in_memory:
        site.get("/feeds/feed.json")
    with connect(site) as sock:
        for _ in range(2):
            sock.sendall(b"GET /feeds/feed.json HTTP/1.1\r\nHost: a\r\n\r\n")
            said = b""
            while not said.endswith(b"{}"):
                said += sock.recv(65536) or pytest.fail("hung up")
            assert said.startswith(b"HTTP/1.1 200 ")
            time.sleep(LIMITS.head * 2)
        sock.sendall(b"GET /feeds/feed.json HTTP/1.1\r\n")
        assert read_all(sock).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "head",
    [
        b"POST /websub/guessed HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
    ],
)
def test_a_body_that_nobody_wants_is_not_waited_for(site: httpx.Client, head: bytes) -> None:
    """The answer comes at once; the connection ends soon after, whatever of the body is still to come."""
    with connect(site) as sock:
        sock.sendall(head)
        assert sock.recv(65536).startswith(b"HTTP/1.1 ")
        read_all(sock)


@pytest.mark.parametrize("path", [b"/large.html", b"/large.mp4"])
def test_who_takes_nothing_of_an_answer_is_let_go(site: httpx.Client, path: bytes) -> None:
    """A client that asks for much and reads none of it holds neither memory nor a file for long."""
    with connect(site, buffer=4096) as sock:
        sock.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(LIMITS.stall * 3)
        assert len(read_all(sock)) < 16 * 1024**2


@pytest.mark.slow
def test_who_reads_slowly_but_steadily_gets_everything(output: Path) -> None:
    """Slowness alone is no reason to hang up: not every pause, but all together are longer than a stall."""
    size, stall = 0, 6.0
    with serving(output, limits=replace(PATIENT, stall=stall)) as site, connect(site, buffer=65536) as sock:
        sock.sendall(b"GET /large.mp4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        for _ in range(20):
            size += len(sock.recv(65536))
            time.sleep(stall / 15)
        size += len(read_all(sock))
    assert size > 24 * 1024**2


def test_many_idle_connections_leave_room_for_one_more(patient: httpx.Client) -> None:
    """Of those who owe a request, the one that owes it longest has to go; the new one is served."""
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(connect(patient)) for _ in range(PATIENT.connections)]
        with connect(patient) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert read_all(sock).startswith(b"HTTP/1.1 200 ")
        assert read_all(idle[0]) == b""


def test_where_all_are_busy_the_next_one_hears_so(patient: httpx.Client) -> None:
    """Connections in the middle of an answer stay; one more is told to come back."""
    with contextlib.ExitStack() as stack:
        for _ in range(PATIENT.connections):
            sock = stack.enter_context(connect(patient, buffer=4096))
            sock.sendall(b"GET /large.mp4 HTTP/1.1\r\nHost: a\r\n\r\n")
            assert sock.recv(1), "the answer has begun"
        with connect(patient) as sock:
            assert read_all(sock).startswith(b"HTTP/1.1 503 ")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: " + b"y" * 40_000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 10_000 + b"\r\n", b"431"),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"431"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", b"400"),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"400",
        ),
        (b"GET / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
    ],
)
def test_what_is_no_sound_request_is_refused(site: httpx.Client, head: bytes, status: bytes) -> None:
    """Too much of a head, no HTTP at all, or two truths about where a request ends."""
    with connect(site) as sock:
        sock.sendall(head)
        said = read_all(sock)
    assert said.startswith(b"HTTP/1.1 " + status)
    assert b"content-security-policy" in said.lower()
    assert site.get("/").status_code == 200


def test_what_a_request_says_of_its_host_changes_nothing(site: httpx.Client) -> None:
    """Host, Forwarded and X-Forwarded headers are anybody's to set: no answer repeats one or leads there."""
    told = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "evil",
        "X-Forwarded-For": "evil.example",
        "X-Forwarded-Prefix": "/evil.example",
        "Forwarded": "for=evil.example;host=evil.example;proto=evil",
        "X-Original-URL": "/evil.example",
        "X-Rewrite-URL": "/evil.example",
    }
    for path in ("/", "/feeds/rss.xml", "/guide", "/guide/", "//evil.example/%2e%2e", "/missing", "/healthz"):
        plain, other = site.get(path), site.get(path, headers=told)
        assert (plain.status_code, plain.content) == (other.status_code, other.content)
        assert "evil" not in str(other.headers).replace(str(path), "")
        assert "location" not in other.headers or not other.headers["location"].startswith(("//", "http"))
