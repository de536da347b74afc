"""Connections that take only a part of the event loop's time, whatever comes through them."""

import asyncio
import select
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from aggregator.fetch.head import HeadMender

READ_SIZE = 16384  # bytes of a read, once parsing has proved fast
FIRST_READ_SIZE = 4096  # bytes of a read until then
FAST = 1e-3  # seconds in which a piece is parsed fast
FREE_TIME = 0.1  # seconds of the loop that an answer may use before its reads have to wait
SHARE = 1 / 20  # the share of the loop that it gets after that
READ_COST = 5e-5  # seconds that a read takes by itself
MAX_UNREAD = 65536  # bytes that wait to be read, beside those of one piece that the system gives


class _Protocol(asyncio.Protocol):
    """The bytes of a connection: those that came wait here until they are read."""

    transport: asyncio.Transport
    socket: asyncio.Transport
    """The transport below, where one of TLS is above it."""

    def __init__(self) -> None:
        self.ended = False
        self._received = bytearray()
        self._error: Exception | None = None
        self._paused = False
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - all of TCP are
        self.transport = self.socket = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._news.set()
        if len(self._received) > MAX_UNREAD and not self._paused:
            self._paused = True
            self.transport.pause_reading()

    def eof_received(self) -> None:
        self.ended = True
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        # Its traceback would keep alive what was above the socket.
        self._error = exc.with_traceback(None) if exc else None
        self.ended = True
        self._news.set()
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    @property
    def is_readable(self) -> bool:
        """Whether something came, or the end, even if the loop has not looked since."""
        if self._received or self.ended or self.socket.is_closing():
            return True
        poll = select.poll()
        poll.register(self.socket.get_extra_info("socket"), select.POLLIN)
        return bool(poll.poll(0))

    async def read(self, size: int) -> bytes:
        """Give up to so many bytes as soon as there are some; none at the end. Raises httpcore's errors."""
        while not (self._received or self.ended):
            self._news.clear()
            await self._news.wait()
        data = bytes(self._received[:size])
        del self._received[:size]
        if self._paused and len(self._received) <= MAX_UNREAD:
            self._paused = False
            self.transport.resume_reading()
        if not data and self._error:
            raise httpcore.ReadError(str(self._error)) from self._error
        return data

    async def write(self, data: bytes) -> None:
        """Send bytes, and wait while too many are on their way. Raises httpcore's errors."""
        if self.transport.is_closing():
            raise httpcore.WriteError("the connection is closed") from self._error
        self.transport.write(data)
        await self._writable.wait()


class Stream(httpcore.AsyncNetworkStream):
    """A connection whose answer may take only a part of the loop's time.

    A kilobyte may be one piece of a body, or a thousand chunks, interim answers or gzip members, each of
    which goes through the whole parser. So the time between two reads is counted, in which nobody else runs;
    once an answer has used its free time, each read waits until the others have had their share.

    The whole exchange has one deadline, so no read and no write has another.
    """

    def __init__(self, protocol: _Protocol) -> None:
        self._protocol = protocol
        self._used = 0.0  # seconds of the loop since the request
        self._since: float | None = None  # when the last read gave what is parsed now
        self._mender = HeadMender()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Read a piece, perhaps after a pause."""
        piece = FIRST_READ_SIZE
        if self._since is not None:
            took = time.thread_time() - self._since + READ_COST
            self._used += took
            if self._used > FREE_TIME:
                await asyncio.sleep(took * (1 / SHARE - 1))
            elif took < FAST:
                piece = READ_SIZE
        data = b""
        while not data:
            received = await self._protocol.read(min(max_bytes, piece))
            data = self._mender.feed(received)
            if not received:
                break
        self._since = time.thread_time()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Write; the time of a new request is counted from zero."""
        self._used, self._since = 0.0, None
        if not self._mender.waits:
            self._mender = HeadMender()
        if buffer:
            await self._protocol.write(buffer)

    async def aclose(self) -> None:
        """Close the connection; nobody waits for the other end to agree.

        Where it failed, its error may hold it long; a transport of TLS, with its 256 KB, is let go.
        """
        self._protocol.transport.abort()
        self._protocol.transport = self._protocol.socket
        await asyncio.sleep(0)

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        """Go on encrypted, by a protocol of its own: what came before, anybody on the way may have sent."""
        protocol, loop = _Protocol(), asyncio.get_running_loop()
        protocol.transport, protocol.socket = outer, socket = self._protocol.transport, self._protocol.socket
        if outer is not socket:
            # Of TLS inside of TLS, by a proxy, Python before 3.13 cannot close the outer one after an error.
            outer._force_close = lambda _: socket.abort()  # type: ignore[attr-defined]
        try:
            secure = await loop.start_tls(outer, protocol, ssl_context, server_hostname=server_hostname)
        except OSError as exc:
            await self.aclose()
            raise httpcore.ConnectError(str(exc)) from exc.with_traceback(None)
        assert secure  # noqa: S101 - None is for transports that are closed
        protocol.transport = secure
        return Stream(protocol)

    def get_extra_info(self, info: str) -> Any:
        """Give what httpcore and an archive ask for."""
        if info == "is_readable":
            return self._protocol.is_readable
        return self._protocol.transport.get_extra_info({"server_addr": "peername"}.get(info, info))


class Backend(httpcore.AsyncNetworkBackend):
    """Opens connections; httpcore's own backend, for any event loop, takes twice as long over an answer."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the parent's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                _, protocol = await loop.create_connection(_Protocol, host, port)
        except TimeoutError as exc:
            raise httpcore.ConnectTimeout(str(exc)) from exc
        except OSError as exc:
            raise httpcore.ConnectError(str(exc)) from exc
        return Stream(protocol)
