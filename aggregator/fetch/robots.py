"""The robots.txt of hosts (RFC 9309): which of their pages we may ask for, and how far apart."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import httpx
from protego import Protego

from aggregator.errors import FetchError
from aggregator.model import Fetched, NotModified, Request
from aggregator.settings.access import Access

AGENT = "aggregator"
KEEP_TIME = timedelta(days=1)  # how long rules are kept; RFC 9309, section 2.4, allows no longer
KEEP_FAILURE_TIME = timedelta(minutes=5)  # how long a failure to get them is kept
MAX_HOSTS = 2000  # hosts whose rules are remembered
MAX_PARSED = 500 * 1024  # bytes of the file that count (RFC 9309, section 2.5)
MAX_SIZE = 5 * 1024**2  # bytes that the file may have
MAX_DELAY = timedelta(minutes=1)  # the longest Crawl-delay that is kept

Fetch = Callable[[Request, Access], Awaitable[Fetched | NotModified]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an address may be asked for, and why."""

    allowed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of one host until ``ends`` (the loop's clock); ``error`` where they cannot be had."""

    ends: float
    rules: Protego | None = None
    error: FetchError | None = None


class Robots:
    """Fetches and remembers the rules of hosts; ``slow`` gets the delay in seconds that a host asks for."""

    def __init__(self, fetch: Fetch, slow: Callable[[str, float], None]) -> None:
        self._fetch = fetch
        self._slow = slow
        self._hosts: OrderedDict[str, asyncio.Task[_Rules]] = OrderedDict()
        self._reading: set[asyncio.Task[_Rules]] = set()

    async def judge(self, url: httpx.URL, archive: str = "") -> Verdict:
        """Say whether an address may be asked for. Raises FetchError where the rules cannot be had.

        A source that archives its answers under the name ``archive`` asks for the rules itself.
        """
        file = f"{url.scheme}://{url.netloc.decode('ascii')}/robots.txt"
        rules = await self._rules(file, url.raw_host.decode("ascii"), archive)
        if rules.error:
            error = rules.error
            # Nobody who asks nicely is refused robots.txt: the host is in trouble.
            reason = f"its host is down or in trouble; even its robots.txt cannot be had: {error.reason}"
            raise FetchError(
                file, reason, status=error.status, retry_after=error.retry_after, fault=error.fault
            )
        if rules.rules is None:
            return Verdict(allowed=True, reason=f"there is no {file}")
        allowed = rules.rules.can_fetch(str(url), AGENT)
        delay = rules.rules.crawl_delay(AGENT)
        apart = f", Crawl-delay {delay:g} s" if delay else ""
        return Verdict(allowed, f"{'allowed' if allowed else 'forbidden'} by {file}{apart}")

    async def aclose(self) -> None:
        """Cancel the files that are still being read; whoever waited for them may be cancelled already."""
        reading = list(self._reading)
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)

    async def _rules(self, file: str, host: str, archive: str) -> _Rules:
        """Give the rules of a host, which are asked for once however many wait for them."""
        loop = asyncio.get_running_loop()
        known = f"{archive} {file}"
        task = self._hosts.get(known)
        if task is None or (task.done() and (task.cancelled() or task.result().ends <= loop.time())):
            task = self._hosts[known] = asyncio.create_task(self._read(file, host, archive))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)
        self._hosts.move_to_end(known)
        if len(self._hosts) > MAX_HOSTS:
            self._hosts.popitem(last=False)
        # One that waits may be cancelled; the others still want the rules.
        return await asyncio.shield(task)

    async def _read(self, file: str, host: str, archive: str) -> _Rules:
        loop = asyncio.get_running_loop()
        try:
            answer = await self._fetch(Request(file, largest=MAX_SIZE), Access(hosts=(), archive=archive))
        except FetchError as exc:
            # Section 2.3.1: a file that is not there (4xx) allows everything, a host in trouble nothing.
            if exc.status and 400 <= exc.status < 500 and exc.status != 429 and exc.fault != "gated":
                return _Rules(loop.time() + KEEP_TIME.total_seconds())
            return _Rules(loop.time() + KEEP_FAILURE_TIME.total_seconds(), error=exc)
        if not isinstance(answer, Fetched) or _is_page(answer):
            return _Rules(loop.time() + KEEP_TIME.total_seconds())
        rules = await asyncio.to_thread(Protego.parse, answer.body[:MAX_PARSED].decode("utf-8", "replace"))
        if delay := rules.crawl_delay(AGENT):
            self._slow(host, min(delay, MAX_DELAY.total_seconds()))
        return _Rules(loop.time() + KEEP_TIME.total_seconds(), rules)


def _is_page(answer: Fetched) -> bool:
    """Tell whether a site answers with an HTML page in place of a file that it lacks."""
    return answer.body[:512].lstrip().lower().startswith((b"<!doctype", b"<html"))
