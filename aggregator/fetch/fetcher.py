"""A fetch: attempts, redirects and turns around single exchanges."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Self

import httpx

from aggregator.errors import FetchError
from aggregator.fetch.addresses import follow, read_address
from aggregator.fetch.clients import Clients
from aggregator.fetch.exchange import NOT_MODIFIED, Answer, exchange
from aggregator.fetch.faults import FOREIGN, PassingError, explain
from aggregator.fetch.guard import Guard
from aggregator.fetch.limits import Turns
from aggregator.fetch.retry import retrying, status_error
from aggregator.model import Fetched, NotModified, Request
from aggregator.settings import Network

SLOTS = 20  # exchanges at a time, over all hosts
MAX_REDIRECTS = 5


class Fetcher:
    """Asks servers, politely and safely, within the limits of ``[network]``.

    ``user_agent`` says who asks. It may be made anywhere and is used inside one event loop; close it
    there, or use it with ``async with``.
    """

    def __init__(self, network: Network, *, user_agent: str) -> None:
        self._network = network
        self._guard = Guard(network.allow_private)
        self._clients = Clients(SLOTS, self._guard, user_agent)
        self._turns = Turns(SLOTS, network.per_host, network.delay)

    async def fetch(self, request: Request) -> Fetched | NotModified:
        """Get an address, and again after a moment where that can help.

        Raises FetchError and nothing else; its ``retry_after`` is set where the server named a time.
        """
        return await retrying()(self._attempt, request)

    async def aclose(self) -> None:
        """Close every connection; no fetch may be under way."""
        await self._clients.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    async def _attempt(self, request: Request) -> Fetched | NotModified:
        """One attempt with all its redirects, within ``timeout``; waiting for turns does not count."""
        url = read_address(request.address)
        left = self._network.timeout.total_seconds()
        for _ in range(1 + MAX_REDIRECTS):
            answer, left = await self._ask(url, request, left)
            if answer.location is None:
                return _conclude(answer, request)
            url = follow(url, answer.location)
        raise FetchError(str(url), f"redirected more than {MAX_REDIRECTS} times")

    async def _ask(self, url: httpx.URL, request: Request, left: float) -> tuple[Answer, float]:
        """One exchange in at most ``left`` seconds; returns its answer and the seconds still left."""
        loop = asyncio.get_running_loop()
        origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
        async with self._turns.turn(url.raw_host.decode("ascii")), self._clients.client(origin) as client:
            started = loop.time()
            try:
                async with asyncio.timeout(left) as deadline:
                    answer = await exchange(client, url, request, self._network.max_size)
            except FOREIGN as exc:
                if deadline.expired():
                    seconds = self._network.timeout.total_seconds()
                    raise PassingError(str(url), f"timed out after {seconds:g} s") from exc
                raise explain(str(url), exc) from exc
            return answer, left - (loop.time() - started)


def _conclude(answer: Answer, request: Request) -> Fetched | NotModified:
    """What the last answer means. Raises FetchError where it is not what was asked for."""
    address = str(answer.url)
    if answer.body is not None:
        return Fetched(address, answer.status, answer.headers, answer.body)
    if answer.status == NOT_MODIFIED and (request.etag or request.last_modified):
        return NotModified(address)
    raise status_error(answer, datetime.now(UTC))
