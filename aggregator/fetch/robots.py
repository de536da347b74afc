"""What hosts say of robots (RFC 9309): which of their pages we may ask for, and how far apart."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import httpx
from protego import Protego

from aggregator.errors import FetchError
from aggregator.model import Fetched, NotModified, Request

AGENT = "aggregator"
KEPT = timedelta(days=1)  # RFC 9309, section 2.4: not longer without asking again
FAILED_KEPT = timedelta(minutes=5)
HOSTS = 2000  # whose rules are remembered
READ = 500 * 1024  # bytes that count (RFC 9309, section 2.5)
LARGEST = 5 * 1024**2
LONGEST_DELAY = timedelta(minutes=1)  # what a Crawl-delay may ask for

Fetch = Callable[[Request], Awaitable[Fetched | NotModified]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an address may be asked for, and in ``said`` by which word."""

    allowed: bool
    said: str


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of one host until ``ends`` (the loop's clock); ``error`` where they cannot be had."""

    ends: float
    rules: Protego | None = None
    error: FetchError | None = None


class Robots:
    """Remembers the rules of hosts. ``slow`` is told the delay in seconds that a host asks for."""

    def __init__(self, fetch: Fetch, slow: Callable[[str, float], None]) -> None:
        self._fetch = fetch
        self._slow = slow
        self._hosts: OrderedDict[str, asyncio.Task[_Rules]] = OrderedDict()
        self._reading: set[asyncio.Task[_Rules]] = set()

    async def judge(self, url: httpx.URL) -> Verdict:
        """Say whether an address may be asked for. Raises FetchError where the rules cannot be had."""
        file = str(url.copy_with(raw_path=b"/robots.txt", fragment=None))
        rules = await self._rules(file, url.raw_host.decode("ascii"))
        if rules.error:
            reason = f'its robots.txt cannot be had: {rules.error.reason}; robots = "ignore" asks without'
            said = rules.error
            raise FetchError(file, reason, status=said.status, retry_after=said.retry_after, fault=said.fault)
        if rules.rules is None:
            return Verdict(allowed=True, said=f"there is no {file}")
        allowed = rules.rules.can_fetch(str(url), AGENT)
        delay = rules.rules.crawl_delay(AGENT)
        apart = f", Crawl-delay {delay:g} s" if delay else ""
        return Verdict(allowed, f"{'allowed' if allowed else 'forbidden'} by {file}{apart}")

    async def aclose(self) -> None:
        """End what is being read still, though who waited for it was cancelled."""
        reading = list(self._reading)
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)

    async def _rules(self, file: str, host: str) -> _Rules:
        """The rules of a host, asked for once however many wait for them."""
        loop = asyncio.get_running_loop()
        task = self._hosts.get(file)
        if task is None or (task.done() and (task.cancelled() or task.result().ends <= loop.time())):
            task = self._hosts[file] = asyncio.create_task(self._read(file, host))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)
        self._hosts.move_to_end(file)
        if len(self._hosts) > HOSTS:
            self._hosts.popitem(last=False)
        # Who waits may be cancelled; the others still want it.
        return await asyncio.shield(task)

    async def _read(self, file: str, host: str) -> _Rules:
        loop = asyncio.get_running_loop()
        try:
            answer = await self._fetch(Request(file, largest=LARGEST))
        except FetchError as exc:
            # Section 2.3.1: no such file (4xx) allows everything, a host that is in trouble nothing.
            if exc.status and 400 <= exc.status < 500 and exc.status != 429 and exc.fault != "gated":
                return _Rules(loop.time() + KEPT.total_seconds())
            return _Rules(loop.time() + FAILED_KEPT.total_seconds(), error=exc)
        if not isinstance(answer, Fetched) or _is_page(answer):
            return _Rules(loop.time() + KEPT.total_seconds())
        rules = await asyncio.to_thread(Protego.parse, answer.body[:READ].decode("utf-8", "replace"))
        if delay := rules.crawl_delay(AGENT):
            self._slow(host, min(delay, LONGEST_DELAY.total_seconds()))
        return _Rules(loop.time() + KEPT.total_seconds(), rules)


def _is_page(answer: Fetched) -> bool:
    """Tell whether a site answers with a page of its own in place of the file that it has not."""
    return answer.body[:512].lstrip().lower().startswith((b"<!doctype", b"<html"))
