"""Connections that leave the event loop to the others, whatever comes through them."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore

PIECE = 16384  # bytes of a read
CRUMB = 4096  # and of one as long as nothing shows that its like is quickly parsed
QUICK = 1e-3  # seconds
FREE = 0.1  # seconds of the loop that an answer may have before it is made to wait
SHARE = 1 / 20  # of the loop, for what goes on after that
READ_COST = 5e-5  # seconds that a read takes by itself


class Stream(httpcore.AsyncNetworkStream):
    """A connection whose answer may take only a part of the loop's time.

    A kilobyte may be one piece of a body, or a thousand chunks, interim answers or gzip members, each of
    which goes through the whole parser. So what counts is the time between two reads, in which nobody else
    runs: once an answer has had its due, each read waits until the others have had theirs.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._had = 0.0  # seconds of the loop since the request
        self._since: float | None = None  # when the last read gave what is parsed now

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Read a piece, perhaps after a pause."""
        piece = CRUMB
        if self._since is not None:
            took = time.thread_time() - self._since + READ_COST
            self._had += took
            if self._had > FREE:
                await asyncio.sleep(took * (1 / SHARE - 1))
            elif took < QUICK:
                piece = PIECE
        data = await self._stream.read(min(max_bytes, piece), timeout)
        self._since = time.thread_time()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Write; a request begins anew."""
        self._had, self._since = 0.0, None
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
        """What the connection below says."""
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
