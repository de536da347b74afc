"""Connections that take only a part of the event loop's time, whatever comes through them."""

import asyncio
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


class Stream(httpcore.AsyncNetworkStream):
    """A connection whose answer may take only a part of the loop's time.

    A kilobyte may be one piece of a body, or a thousand chunks, interim answers or gzip members, each of
    which goes through the whole parser. So the time between two reads is counted, in which nobody else runs;
    once an answer has used its free time, each read waits until the others have had their share.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
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
            received = await self._stream.read(min(max_bytes, piece), timeout)
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
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        """Go on encrypted."""
        return Stream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """Give what the connection below says."""
        return self._stream.get_extra_info(info)


class Backend(httpcore.AnyIOBackend):
    """httpcore's own, with connections of ours."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the parent's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect."""
        return Stream(await super().connect_tcp(host, port, timeout, local_address, socket_options))
