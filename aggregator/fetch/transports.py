"""The transports of httpx: one connection each, all with one TLS context and one guard."""

import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any, Self

import httpcore
import httpx

from aggregator.errors import FetchError
from aggregator.fetch.guard import Guard
from aggregator.fetch.stream import Backend

MAX_HEADERS = 500
KEEP_ALIVE = 5.0  # seconds after which an idle connection is not used again; servers close them after as many

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/json;q=0.9, "
    "application/xml;q=0.9, text/html;q=0.9, text/xml;q=0.9, application/xhtml+xml;q=0.8, */*;q=0.5"
)

# At INFO they log every request, at DEBUG its headers with their secrets; we log outcomes ourselves.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)


class Transports:
    """A stack of ``slots`` idle transports; the turns never ask for more at a time.

    A transport with many connections scans all of them at every request, so each has one. It connects
    either through the guard or through one proxy; the user names the proxy, so no guard checks it.
    """

    def __init__(self, slots: int, guard: Guard, user_agent: str) -> None:
        self._guard = guard
        self._unguarded = Backend()
        self._headers = {
            "accept": ACCEPT,
            "accept-encoding": "gzip",
            "connection": "keep-alive",
            "user-agent": user_agent,
        }
        # With each transport: its proxy (empty for none) and the origin that it was last used for.
        self._idle = [("", "", self._open("")) for _ in range(slots)]

    @asynccontextmanager
    async def transport(self, origin: str, proxy: str = "") -> AsyncIterator["Transport"]:
        """Lend a transport, preferably the one last used for the origin: its connection may still be open.

        Raises ImportError where a SOCKS proxy needs a library that is not installed.
        """
        transport, replaced = self._take(origin, proxy)
        try:
            if replaced:
                await replaced.aclose()
            yield transport
        except BaseException:
            # An exchange was cut off, so the connection may be in any state.
            self._idle.insert(0, ("", "", self._open("")))
            await transport.aclose()
            raise
        if transport.has_surplus:
            # The surplus would be taken for the answer to the next request on this connection.
            self._idle.insert(0, ("", "", self._open("")))
            await transport.aclose()
        else:
            self._idle.append((proxy, origin, transport))

    async def aclose(self) -> None:
        """Close the connections; no transport may be lent."""
        for *_, transport in self._idle:
            await transport.aclose()

    def _take(self, origin: str, proxy: str) -> tuple["Transport", "Transport | None"]:
        """Take the idle transport that fits best, or a new one with the idle one that it replaces."""
        latest_first = range(len(self._idle) - 1, -1, -1)
        same = (index for index in latest_first if self._idle[index][:2] == (proxy, origin))
        near = (index for index in range(len(self._idle)) if self._idle[index][0] == proxy)
        index = next(same, next(near, None))
        if index is not None:
            return self._idle.pop(index)[2], None
        transport = self._open(proxy)
        return transport, self._idle.pop(0)[2]

    def _open(self, proxy: str) -> "Transport":
        if not proxy:
            return Transport(self._headers, _Connection(lambda: self._context, self._guard))
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        proxied = httpx.AsyncHTTPTransport(
            verify=self._context, trust_env=False, limits=limits, proxy=self._proxy(proxy)
        )
        proxied._pool._network_backend = self._unguarded
        return Transport(self._headers, proxied._pool)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """The authorities that we trust, read when they are needed: that takes as long as twenty polls."""
        context = httpx.create_ssl_context(trust_env=False)
        context.set_alpn_protocols(["http/1.1"])
        return context

    def _proxy(self, address: str) -> httpx.Proxy:
        secure = address.lower().startswith("https:")
        return httpx.Proxy(address, ssl_context=self._context if secure else None)


class Transport(httpx.AsyncHTTPTransport):
    """httpx's transport with headers of its own.

    What httpx's client would do above it, a session does: cookies and credentials belong to one fetch, and
    each address of a redirect is judged. A whole exchange has one deadline, so there are no other timeouts.
    """

    def __init__(self, headers: dict[str, str], pool: Any) -> None:
        # httpx 0.28 has no parameter for its pool; a test proves that this one is asked, and the guard by it.
        self._pool = pool
        self._headers = headers

    async def send(
        self, method: str, url: httpx.URL, headers: dict[str, str], content: bytes | None
    ) -> httpx.Response:
        """Send a request, whose headers go before those of every request; close the answer.

        Header values are written and read as ISO 8859-1, so that any validator goes back as it came. Raises
        FetchError for an answer with countless headers, and what httpx raises.
        """
        sent = {"Host": url.netloc.decode("ascii"), **self._headers, **headers}
        # With a stream, httpx adds nothing more, and goes through the headers once.
        stream = httpx.ByteStream(b"") if content is None else None
        encoded = httpx.Headers(sent, encoding="latin-1")
        request = httpx.Request(method, url, headers=encoded, content=content, stream=stream)
        response = await self.handle_async_request(request)
        response.request = request
        response.headers.encoding = "latin-1"
        if len(response.headers.raw) > MAX_HEADERS:
            await response.aclose()
            raise FetchError(str(url), f"sent more than {MAX_HEADERS} headers")
        return response

    @property
    def has_surplus(self) -> bool:
        """Whether a server sent more than its answer on a connection that is still open.

        Only h11 knows, and httpx does not ask it; a test proves that the surplus is found here.
        """
        connection: Any = next(iter(self._pool.connections), None)
        while connection is not None and not hasattr(connection, "_h11_state"):
            connection = getattr(connection, "_connection", None)
        return connection is not None and bool(connection._h11_state.trailing_data[0])


class _Connection:
    """One connection in the place of a pool: to whichever origin is asked, opened through the guard.

    A pool of one would spend a third of a 304's time on waiting lists and locks that nobody waits for.
    """

    def __init__(self, context: Callable[[], ssl.SSLContext], guard: Guard) -> None:
        self._context = context
        self._guard = guard
        self._open: httpcore.AsyncHTTP11Connection | None = None

    @property
    def connections(self) -> list[httpcore.AsyncHTTP11Connection]:
        """What is open."""
        return [self._open] if self._open else []

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request, by the connection that is open where that can be used again."""
        origin, used = request.url.origin, self._open
        if used and used.can_handle_request(origin) and used.is_available() and not used.has_expired():
            return await used.handle_async_request(request)
        await self.aclose()
        self._open = await self._connect(origin)
        return await self._open.handle_async_request(request)

    async def aclose(self) -> None:
        """Close it."""
        used, self._open = self._open, None
        if used:
            await used.aclose()

    async def _connect(self, origin: httpcore.Origin) -> httpcore.AsyncHTTP11Connection:
        host = origin.host.decode("ascii")
        stream = await self._guard.connect_tcp(host, origin.port)
        if origin.scheme == b"https":
            stream = await stream.start_tls(self._context(), host)
        connection = httpcore.AsyncHTTP11Connection(origin, stream, KEEP_ALIVE)
        connection._state_lock = _Unlocked()  # type: ignore[assignment]  # httpcore's own has no other door
        return connection


class _Unlocked:
    """In the place of the lock of a connection that is lent to one exchange at a time.

    Three times a request, httpcore's waits for a turn of the event loop, which is a tenth of a 304's time.
    """

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        pass
