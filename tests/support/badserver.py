"""Servers that do everything wrong, by name: raw sockets on loopback, in threads.

A behaviour is a function that gets one connection and misbehaves on it until it has enough, the client hangs up
or the test is over. ``BEHAVIOURS`` has them by name.
"""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Self

DRIP_SECONDS = 0.25
LONGEST_WAIT = 120.0
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP = OK + b"Content-Encoding: gzip\r\n"
FEED = (
    b"<?xml version='1.0'?><rss version='2.0'><channel><title>Harbour</title><item><guid>urn:h:1</guid>"
    b"<title>The harbour opens</title><link>http://x.example/1</link><description>It opens on Monday."
    b"</description></item></channel></rss>"
)


class Connection:
    """One accepted connection, as a behaviour sees it. Its methods raise OSError once the client is gone."""

    def __init__(self, sock: socket.socket, over: threading.Event) -> None:
        self.sock = sock
        self._over = over

    def hear(self) -> bytes:
        """Read one request's head; empty where none comes."""
        head = b""
        while b"\r\n\r\n" not in head:
            piece = self.sock.recv(65536)
            if not piece:
                return b""
            head += piece
        return head

    def path(self) -> str:
        """Read one request's head and give the path that it asks for."""
        return self.hear().partition(b" ")[2].partition(b" ")[0].decode()

    def say(self, *pieces: bytes) -> None:
        """Send some bytes."""
        self.sock.sendall(b"".join(pieces))

    def stream(self, pieces: Iterator[bytes]) -> None:
        """Send piece by piece for as long as there are any."""
        for piece in pieces:
            if self._over.is_set():
                return
            self.sock.sendall(piece)

    def drip(self, said: bytes) -> None:
        """Send byte by byte, with a pause after each."""
        for byte in said:
            self.sock.sendall(bytes([byte]))
            if self._over.wait(DRIP_SECONDS):
                return

    def wait(self) -> None:
        """Say nothing until the test is over."""
        self._over.wait(LONGEST_WAIT)

    def reset(self) -> None:
        """End with an RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


Behaviour = Callable[[Connection], None]
BEHAVIOURS: dict[str, Behaviour] = {}


def behaviour(name: str) -> Callable[[Behaviour], Behaviour]:
    """Enter a function in ``BEHAVIOURS``."""

    def enter(function: Behaviour) -> Behaviour:
        BEHAVIOURS[name] = function
        return function

    return enter


def says(name: str, *pieces: bytes) -> None:
    """Enter a behaviour that hears a request, says this and hangs up."""

    def say(connection: Connection) -> None:
        connection.hear()
        connection.say(*pieces)

    BEHAVIOURS[name] = say


def streams(name: str, begins: bytes, piece: bytes) -> None:
    """Enter a behaviour that hears a request, says how it begins and then the same piece for ever."""

    def stream(connection: Connection) -> None:
        connection.hear()
        connection.say(begins)
        connection.stream(repeat(piece))

    BEHAVIOURS[name] = stream


def redirects(name: str, location: bytes) -> None:
    """Enter a behaviour that leads somewhere else."""
    says(name, b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ", location, b"\r\n\r\n")


def with_length(body: bytes, length: int | None = None, head: bytes = OK) -> bytes:
    """An answer that says so many bytes come."""
    return head + b"Content-Length: %d\r\n\r\n" % (len(body) if length is None else length) + body


def chunk(body: bytes, extension: bytes = b"") -> bytes:
    """One chunk (RFC 9112, section 7.1)."""
    return b"%x" % len(body) + extension + b"\r\n" + body + b"\r\n"


def bomb(megabytes: int) -> bytes:
    """Gzip of zeros, a thousandth of them in size, without its end."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    begins = packer.compress(bytes(1024**2)) + packer.flush(zlib.Z_FULL_FLUSH)
    once = packer.compress(bytes(1024**2)) + packer.flush(zlib.Z_FULL_FLUSH)
    return begins + once * (megabytes - 1)


@behaviour("silent")
def _silent(connection: Connection) -> None:
    connection.wait()


@behaviour("drips its status")
def _drips_status(connection: Connection) -> None:
    connection.hear()
    connection.drip(with_length(FEED))


@behaviour("drips its headers")
def _drips_headers(connection: Connection) -> None:
    connection.hear()
    connection.say(b"HTTP/1.1 200 OK\r\n")
    connection.drip(b"X-Padding: " + b"x" * 1000)


@behaviour("drips its body")
def _drips_body(connection: Connection) -> None:
    connection.hear()
    connection.say(OK, b"Content-Length: 1000\r\n\r\n")
    connection.drip(FEED + b" " * 1000)


@behaviour("says more than comes, and waits")
def _waits(connection: Connection) -> None:
    connection.hear()
    connection.say(with_length(FEED, len(FEED) + 1))
    connection.wait()


streams("never ends, in chunks", CHUNKED, chunk(b"<!-- on and on -->" * 3600))
streams("never ends, without a length", OK + b"\r\n", b"<!-- on and on -->" * 3600)
says("says more than comes", with_length(FEED, len(FEED) + 1))
says("says less than comes", with_length(FEED, 40))
says("says two lengths", OK, b"Content-Length: 10\r\n", with_length(FEED, head=b""))
says("says a length below zero", OK, b"Content-Length: -1\r\n\r\n", FEED)
says("says a length of 10^30", OK, b"Content-Length: 1", b"0" * 30, b"\r\n\r\n", FEED)
says("ends in the middle of its chunks", CHUNKED, chunk(FEED[:90]))
says("ends within a chunk", CHUNKED, chunk(FEED)[:90])
says("ends within its headers", OK)


@behaviour("resets at once")
def _resets(connection: Connection) -> None:
    connection.reset()


@behaviour("resets before its headers")
def _resets_unasked(connection: Connection) -> None:
    connection.hear()
    connection.reset()


@behaviour("resets within its headers")
def _resets_in_headers(connection: Connection) -> None:
    connection.hear()
    connection.say(OK)
    connection.reset()


@behaviour("resets within its body")
def _resets_in_body(connection: Connection) -> None:
    connection.hear()
    connection.say(with_length(FEED, len(FEED) + 1))
    connection.reset()


@behaviour("redirects a hundred times")
def _redirects_on(connection: Connection) -> None:
    number = int(connection.path().strip("/") or 0)
    if number == 100:
        connection.say(with_length(FEED))
        return
    connection.say(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /%d\r\n\r\n" % (number + 1))


redirects("redirects in a circle", b"/")
redirects("redirects to ftp", b"ftp://127.0.0.1/feed.xml")
redirects("redirects to a file", b"file:///etc/passwd")
redirects("redirects to a script", b"javascript:alert(1)")
redirects("redirects to data", b"data:text/xml,<rss/>")
redirects("redirects to garbage", b"http://[\xff\xfe%%zz")
redirects("redirects with a long address", b"/" + b"x" * 70000)
says("redirects without saying where", b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")

says(
    "answers with an error page",
    with_length(
        b"<!doctype html><html><body><h1>Sorry</h1><p>We are working on it.</p></body></html>",
        head=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n",
    ),
)
says(
    "answers with a login page",
    with_length(
        b"<html><title>Log in</title><form><input name=u><input type=password></form></html>",
        head=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n",
    ),
)
says("answers with nothing", with_length(b""))
says("says not modified, unasked", b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')

BOMB = bomb(1024)
says("gzip bomb", with_length(BOMB, head=GZIP))
says("gzip bomb on an error", with_length(BOMB, head=GZIP.replace(b"200 OK", b"403 Forbidden")))
streams("gzip of empty members", GZIP + b"\r\n", gzip.compress(b"", mtime=0) * 3000)
says(
    "gzip in gzip",
    with_length(gzip.compress(gzip.compress(FEED)), head=OK + b"Content-Encoding: gzip, gzip\r\n"),
)
says("broken gzip", with_length(gzip.compress(FEED)[:50] + b"\xff" * 50, head=GZIP))
says("gzip that is none", with_length(FEED, head=GZIP))
says("deflate that is none", with_length(FEED, head=OK + b"Content-Encoding: deflate\r\n"))
says("br that is none", with_length(FEED, head=OK + b"Content-Encoding: br\r\n"))

streams("chunk bomb", CHUNKED, chunk(b"x") * 10000)
streams("chunks with long extensions", CHUNKED, chunk(b"x", b";x=" + b"y" * 16000) * 4)
streams("a chunk with an extension without end", CHUNKED + b"1;x=", b"y" * 65536)
says("a chunk of 2^80 bytes", CHUNKED, b"1" + b"0" * 20 + b"\r\n", FEED)
says("a chunk of nonsense", CHUNKED, b"many\r\n", FEED)

says("10,000 headers", OK, b"a:b\r\n" * 10000, with_length(FEED, head=b""))
says(
    "10,000 names of headers", OK, b"".join(b"%x:\r\n" % n for n in range(10000)), with_length(FEED, head=b"")
)
says(
    "5,000 cookies",
    OK,
    b"".join(b"Set-Cookie:c%d=1\r\n" % n for n in range(5000)),
    with_length(FEED, head=b""),
)
says("a header of 1 MB", OK, b"X-Padding: ", b"x" * 1024**2, b"\r\n", with_length(FEED, head=b""))
streams("headers without end", OK, b"X-Padding: on and on\r\n" * 1000)
streams("a header without end", OK + b"X-Padding: ", b"x" * 65536)
streams("trailers without end", CHUNKED + chunk(FEED) + b"0\r\n", b"X-Padding: on and on\r\n" * 1000)
streams("1xx without end", b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2000)
says(
    "switches protocols",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    FEED,
)

says("garbage", bytes(range(256)) * 40)
streams("garbage without end", b"", bytes(range(128, 256)) * 500)
says("HTTP/0.9", FEED)


class BadServer:
    """A server of one behaviour: ``with BadServer("silent", host="127.0.1.9") as server: … server.url``.

    ``connections`` counts what was accepted; ``tls`` wraps every connection, and its handshake is part of it.
    """

    def __init__(
        self, does: str | Behaviour, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        self.connections = 0
        self._does = BEHAVIOURS[does] if isinstance(does, str) else does
        self._tls = tls
        self._over = threading.Event()
        self._listener = socket.create_server((host, 0), backlog=128)
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._accept)

    @property
    def url(self) -> str:
        """Its address by http, without a slash at its end."""
        host, port = self._listener.getsockname()
        return f"http://{host}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for sock in list(self._open):
            _hang_up(sock)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(sock)
            thread = threading.Thread(target=self._misbehave, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _misbehave(self, sock: socket.socket) -> None:
        try:
            with self._tls.wrap_socket(sock, server_side=True) if self._tls else sock as spoken:
                self._does(Connection(spoken, self._over))
        except OSError:
            pass  # the client hung up, which is what it should do
        finally:
            self._open.discard(sock)
            sock.close()


def _hang_up(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it ended by itself in the meantime
