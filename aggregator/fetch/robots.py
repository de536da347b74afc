"""The robots.txt of hosts (RFC 9309): which of their pages we may ask for, and how far apart."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import httpx
from protego import Protego

from aggregator.errors import FetchError
from aggregator.fetch.shared import Shares
from aggregator.model import Fetched, KeptRobots, NotModified, Request
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
    """Fetches and remembers the rules of hosts; ``slow`` gets the delay in seconds that a host asks for.

    With ``shares`` a file is fetched once for all machines.
    """

    def __init__(
        self, fetch: Fetch, slow: Callable[[str, float], None], shares: Shares | None = None
    ) -> None:
        self._fetch = fetch
        self._slow = slow
        self._shares = shares
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
        if task is None or _is_over(task, loop.time()):
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
        known = await self._shares.robots(f"{archive} {file}") if self._shares else None
        kept = known or await self._ask(file, archive)
        rules = await asyncio.to_thread(Protego.parse, kept.text) if kept.text is not None else None
        delay = min((rules and rules.crawl_delay(AGENT)) or 0.0, MAX_DELAY.total_seconds())
        self._slow(host, delay)
        if self._shares and not known:
            await self._shares.keep_robots(f"{archive} {file}", host, kept, delay)
        return _Rules(loop.time() + kept.left.total_seconds(), rules, _error(file, kept))

    async def _ask(self, file: str, archive: str) -> KeptRobots:
        """Ask a host for its rules."""
        try:
            answer = await self._fetch(Request(file, largest=MAX_SIZE), Access(hosts=(), archive=archive))
        except FetchError as exc:
            # Section 2.3.1: a file that is not there (4xx) allows everything, a host in trouble nothing.
            if exc.status and 400 <= exc.status < 500 and exc.status != 429 and exc.fault != "gated":
                return KeptRobots(KEEP_TIME)
            return KeptRobots(KEEP_FAILURE_TIME, None, exc.reason, exc.status, exc.fault, exc.retry_after)
        if not isinstance(answer, Fetched) or _is_page(answer):
            return KeptRobots(KEEP_TIME)
        return KeptRobots(KEEP_TIME, answer.body[:MAX_PARSED].decode("utf-8", "replace"))


def _is_over(task: asyncio.Task[_Rules], now: float) -> bool:
    """Tell whether the rules have to be asked for again, by the loop's clock."""
    return task.done() and (task.cancelled() or task.exception() is not None or task.result().ends <= now)


def _error(file: str, kept: KeptRobots) -> FetchError | None:
    """Make the error by which a file cannot be had; None where it is known."""
    if not kept.problem:
        return None
    return FetchError(file, kept.problem, status=kept.status, retry_after=kept.retry_after, fault=kept.fault)


def _is_page(answer: Fetched) -> bool:
    """Tell whether a site answers with an HTML page in place of a file that it lacks."""
    return answer.body[:512].lstrip().lower().startswith((b"<!doctype", b"<html"))
