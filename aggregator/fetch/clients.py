"""The HTTP clients: one connection each, all with one TLS context and one guard."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar
from typing import Any

import httpx

from aggregator.errors import FetchError
from aggregator.fetch.exchange import set_aside_location
from aggregator.fetch.guard import Guard
from aggregator.fetch.stream import Backend

MAX_HEADERS = 500

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/json;q=0.9, "
    "application/xml;q=0.9, text/html;q=0.9, text/xml;q=0.9, application/xhtml+xml;q=0.8, */*;q=0.5"
)

# At INFO they log every request, at DEBUG its headers with their secrets; we log outcomes ourselves.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)


class Clients:
    """A stack of ``slots`` idle clients; the turns never ask for more at a time.

    A client with many connections scans all of them at every request, so each client has one. It connects
    either through the guard or through one proxy; the user names the proxy, so no guard checks it.
    """

    def __init__(self, slots: int, guard: Guard, user_agent: str) -> None:
        self._guard = guard
        self._unguarded = Backend()
        self._context = httpx.create_ssl_context(trust_env=False)
        self._headers = {"user-agent": user_agent, "accept": ACCEPT, "accept-encoding": "gzip"}
        # With each client: its proxy (empty for none) and the origin that it was last used for.
        self._idle = [("", "", self._open("")) for _ in range(slots)]

    @asynccontextmanager
    async def client(self, origin: str, proxy: str = "") -> AsyncIterator[httpx.AsyncClient]:
        """Lend a client, preferably the one last used for the origin: its connection may still be open.

        Raises ImportError where a SOCKS proxy needs a library that is not installed.
        """
        client, replaced = self._take(origin, proxy)
        try:
            if replaced:
                await replaced.aclose()
            yield client
        except BaseException:
            # An exchange was cut off, so the connection may be in any state.
            self._idle.insert(0, ("", "", self._open("")))
            await client.aclose()
            raise
        if _has_surplus(client):
            # The surplus would be taken for the answer to the next request on this connection.
            self._idle.insert(0, ("", "", self._open("")))
            await client.aclose()
        else:
            self._idle.append((proxy, origin, client))

    async def aclose(self) -> None:
        """Close the connections; no client may be lent."""
        for *_, client in self._idle:
            await client.aclose()

    def _take(self, origin: str, proxy: str) -> tuple[httpx.AsyncClient, httpx.AsyncClient | None]:
        """Take the idle client that fits best, or a new one with the idle one that it replaces."""
        latest_first = range(len(self._idle) - 1, -1, -1)
        same = (index for index in latest_first if self._idle[index][:2] == (proxy, origin))
        near = (index for index in range(len(self._idle)) if self._idle[index][0] == proxy)
        index = next(same, next(near, None))
        if index is not None:
            return self._idle.pop(index)[2], None
        client = self._open(proxy)
        return client, self._idle.pop(0)[2]

    def _open(self, proxy: str) -> httpx.AsyncClient:
        transport = _Transport(
            verify=self._context,
            trust_env=False,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            proxy=self._proxy(proxy) if proxy else None,
        )
        # httpx 0.28 has no parameter for this; a test proves that the guard is asked.
        transport._pool._network_backend = self._unguarded if proxy else self._guard
        # A whole exchange has one deadline. Cookies would tie one poll to another and depend on the slot.
        return httpx.AsyncClient(
            transport=transport,
            trust_env=False,
            timeout=None,  # noqa: S113 - see above
            headers=self._headers,
            event_hooks={"response": [set_aside_location]},
            cookies=_NoCookies(),
        )

    def _proxy(self, address: str) -> httpx.Proxy:
        secure = address.lower().startswith("https:")
        return httpx.Proxy(address, ssl_context=self._context if secure else None)


class _NoCookies(CookieJar):
    """A jar that takes no cookies."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        pass


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's transport, which refuses an answer with countless headers before httpx parses each."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if len(response.headers.raw) > MAX_HEADERS:
            await response.aclose()
            raise FetchError(str(request.url), f"sent more than {MAX_HEADERS} headers")
        return response


def _has_surplus(client: httpx.AsyncClient) -> bool:
    """Tell whether a server sent more than its answer on a connection that is still open.

    Only h11 knows, and httpx does not ask it; a test proves that the surplus is found here.
    """
    connection = next(iter(client._transport._pool.connections), None)  # type: ignore[attr-defined]
    while connection is not None and not hasattr(connection, "_h11_state"):
        connection = getattr(connection, "_connection", None)
    return connection is not None and bool(connection._h11_state.trailing_data[0])
