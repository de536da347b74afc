"""The proxy through which our browser reaches the network; its connections go through the guard."""

import asyncio
import base64
import contextlib
import hmac
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Self

import httpcore
import httpx

from aggregator.fetch.guard import Guard, RefusedError, UnresolvedError

USER = "render"
READ_SIZE = 65536
MAX_HEAD = 65536  # bytes of a message before its body
CONNECT_TIMEOUT = 20.0
HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-connection proxy-authorization te trailer upgrade".split()
)
"""Headers of one connection only (RFC 9110, section 7.6.1)."""


class _BadRequestError(Exception):
    """A request that our browser would not send."""


@dataclass(frozen=True, slots=True)
class _Head:
    """The first line and the headers of a message, as they came."""

    line: bytes
    fields: tuple[tuple[bytes, bytes], ...]

    @classmethod
    def read(cls, data: bytes) -> Self:
        line, *rest = data.split(b"\r\n")
        pairs = (field.partition(b":") for field in rest if field)
        return cls(line, tuple((name.strip(), value.strip()) for name, _, value in pairs))

    def get(self, name: bytes) -> bytes:
        return next((value for known, value in self.fields if known.lower() == name), b"")

    def write(self, line: bytes) -> bytes:
        """Give the message as it is passed on, without headers of the connection, which ends with it."""
        fields = [(name, value) for name, value in self.fields if name.lower() not in HOP_BY_HOP]
        fields.append((b"Connection", b"close"))
        return b"\r\n".join([line, *(name + b": " + value for name, value in fields), b"", b""])


class BrowserProxy:
    """An HTTP proxy on a port of 127.0.0.1 for whoever knows its password; use it with ``async with``.

    It knows CONNECT and requests in absolute form (RFC 9112, section 3.2.2), one to a connection.
    """

    def __init__(self, guard: Guard) -> None:
        self.password = secrets.token_urlsafe(24)
        self.refused: dict[tuple[str, int], str] = {}
        """Why there was no connection, by host and port."""
        self._guard = guard
        self._expected = b"Basic " + base64.b64encode(f"{USER}:{self.password}".encode())
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port on which it listens."""
        assert self._server  # noqa: S101 - only asked for inside of "async with"
        return int(self._server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=MAX_HEAD)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        if self._server:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        broken = (OSError, ValueError, EOFError, asyncio.LimitOverrunError, httpcore.NetworkError)
        with contextlib.suppress(*broken, httpcore.TimeoutException, httpx.InvalidURL):
            try:
                await self._pass_on(reader, writer)
            except _BadRequestError:
                writer.write(_refusal(b"400 Bad Request"))
            finally:
                writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = _Head.read(await reader.readuntil(b"\r\n\r\n"))
        if not hmac.compare_digest(head.get(b"proxy-authorization"), self._expected):
            writer.write(
                _refusal(b"407 Proxy Authentication Required", b'Proxy-Authenticate: Basic realm="render"')
            )
            return
        method, _, rest = head.line.partition(b" ")
        target = rest.rpartition(b" ")[0].decode("ascii")
        tunnelled = method == b"CONNECT"
        url = httpx.URL(f"https://{target}" if tunnelled else target)
        if url.scheme not in ("http", "https") or not url.host or (url.scheme == "https") != tunnelled:
            raise _BadRequestError
        stream = await self._connect(url, writer)
        if stream is None:
            return
        try:
            if tunnelled:
                writer.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
                await _first(_send(reader, stream), _receive(stream, writer))
            else:
                await stream.write(head.write(b"%b %b HTTP/1.1" % (method, url.raw_path)))
                await _send_body(head, reader, stream)
                await _first(reader.read(1), _answer(stream, writer))
        finally:
            await stream.aclose()

    async def _connect(
        self, url: httpx.URL, writer: asyncio.StreamWriter
    ) -> httpcore.AsyncNetworkStream | None:
        host, port = origin_of(url)
        try:
            return await self._guard.connect_tcp(host, port, timeout=CONNECT_TIMEOUT)
        except (RefusedError, UnresolvedError) as exc:
            self.refused[host, port] = str(exc)
            writer.write(_refusal(b"403 Forbidden"))
        except (httpcore.ConnectError, httpcore.ConnectTimeout):
            self.refused[host, port] = "cannot connect"
            writer.write(_refusal(b"502 Bad Gateway"))
        return None


def origin_of(url: httpx.URL) -> tuple[str, int]:
    """Give the host and port at which an address is asked."""
    return url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)


async def _send(reader: asyncio.StreamReader, stream: httpcore.AsyncNetworkStream) -> None:
    while data := await reader.read(READ_SIZE):
        await stream.write(data)


async def _receive(stream: httpcore.AsyncNetworkStream, writer: asyncio.StreamWriter) -> None:
    while data := await stream.read(READ_SIZE):
        writer.write(data)
        await writer.drain()


async def _send_body(head: _Head, reader: asyncio.StreamReader, stream: httpcore.AsyncNetworkStream) -> None:
    """Pass on exactly one body; what follows it would be a request for some other host."""
    if head.get(b"transfer-encoding"):
        raise _BadRequestError
    left = int(head.get(b"content-length") or 0)
    while left > 0:
        data = await reader.read(min(left, READ_SIZE))
        if not data:
            raise EOFError
        await stream.write(data)
        left -= len(data)


async def _answer(stream: httpcore.AsyncNetworkStream, writer: asyncio.StreamWriter) -> None:
    """Pass on an answer, which tells the browser that its connection ends here."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = await stream.read(READ_SIZE)
        if not piece or len(data) > MAX_HEAD:
            raise EOFError
        data += piece
    raw, _, rest = data.partition(b"\r\n\r\n")
    head = _Head.read(raw)
    writer.write(head.write(head.line) + rest)
    await _receive(stream, writer)


async def _first(*works: Coroutine[Any, Any, object]) -> None:
    """Do several things until one of them ends."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _refusal(status: bytes, *fields: bytes) -> bytes:
    return b"\r\n".join(
        [b"HTTP/1.1 " + status, *fields, b"Content-Length: 0", b"Connection: close", b"", b""]
    )
