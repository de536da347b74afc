"""A fetch: attempts, redirects and turns around single exchanges."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Self

import httpx

from aggregator.errors import FetchError, ReadError
from aggregator.fetch.addresses import read_address
from aggregator.fetch.archive import Archive
from aggregator.fetch.browser.browser import Renderer
from aggregator.fetch.exchange import NOT_MODIFIED, Answer, exchange, keep
from aggregator.fetch.faults import FOREIGN, PassingError, explain
from aggregator.fetch.gate import LOGIN_PAGE
from aggregator.fetch.guard import Guard
from aggregator.fetch.record import record_rendered
from aggregator.fetch.retry import gate_error, retry, status_error
from aggregator.fetch.robots import Robots
from aggregator.fetch.session import NOWHERE, Session
from aggregator.fetch.sessions.ended import judge, require_no_login
from aggregator.fetch.sessions.live import LiveSession
from aggregator.fetch.sessions.sessions import SessionRecords, Sessions
from aggregator.fetch.sessions.site import LoginSite
from aggregator.fetch.shared import SharedHosts
from aggregator.fetch.throttle import Turns
from aggregator.fetch.transports import Transports
from aggregator.model import Exchanged, Fetched, KeptSession, NotModified, Request
from aggregator.settings import Network
from aggregator.settings.access import Access, SiteSession
from aggregator.text.dates.http import read_http_date

MAX_EXCHANGES = 20  # exchanges at a time, over all hosts
MAX_REDIRECTS = 5
PERMANENT = frozenset({301, 308})  # RFC 9110, sections 15.4.2 and 15.4.9
COOKIE_CHALLENGES = frozenset({403, 412, 521})
"""Statuses of answers that let the same request in once it brings the cookie which they set."""

MAX_CLOCK_ERROR = timedelta(days=1)
MAX_DATES = 100
"""Hosts whose Date is remembered."""


@dataclass(frozen=True, slots=True)
class Services:
    """What a fetcher works with beside the network."""

    keep_up: Callable[[], Awaitable[None]] | None = None
    """Awaited before each exchange, so that no more is fetched than can be parsed."""
    archive: Archive | None = None
    """Keeps the answers of sources that want it."""
    observe: Callable[[Exchanged], None] | None = None
    """Told of each exchange."""
    records: SessionRecords = field(default_factory=SessionRecords)
    """Keep the sessions of sites."""
    hosts: SharedHosts | None = None
    """By which other machines take turns with this one; None where it is alone."""


class Fetcher:
    """Asks servers, politely and safely, within the limits of ``[network]``.

    ``user_agent`` says who asks. A fetcher may be made anywhere and is used inside one event loop; close it
    there, or use it with ``async with``.
    """

    def __init__(self, network: Network, *, user_agent: str, services: Services | None = None) -> None:
        services = services or Services()
        self._network = network
        self._observe = services.observe
        self._archive = services.archive
        self._guard = Guard(network.allow_private)
        self._transports = Transports(MAX_EXCHANGES, self._guard, user_agent)
        self._renderer = Renderer(network, self._guard, user_agent)
        self._turns = Turns(MAX_EXCHANGES, network.per_host, network.delay, services.hosts)
        self._robots = Robots(self.fetch, self._turns.slow, self._turns.shares)
        self._keep_up = services.keep_up
        self.sessions = Sessions(LoginSite(self._guard, self._travel), services.records)
        """The sessions of sites that sources have."""
        self._booted: dict[str, datetime] = {}  # when this machine was started, by the clock of each host

    async def fetch(self, request: Request, access: Access | None = None) -> Fetched | NotModified:
        """Ask an address, and again after a moment where that can help.

        The headers, cookies and secrets of ``access`` go to its hosts alone, wherever redirects lead; where
        it says so, the robots.txt of every address is asked before the address itself. Neither an error nor
        an address or header of an answer repeats a secret.

        Raises FetchError, whose ``retry_after`` is set where the server named a time and whose ``fault``
        names what is wrong, and ReadError where robots.txt forbids an address.
        """
        access = access or NOWHERE
        if access.session is None:
            return await self._ask_patiently(request, access)
        fetch = partial(self._ask_patiently, request, access)
        return await self.sessions.fetch(fetch, access, request.address)

    def confirms(self, now: datetime) -> bool | None:
        """Tell whether a server's Date is within a day of ``now``; None where none has said a time."""
        booted = now - _uptime()
        told = (abs(there - booted) <= MAX_CLOCK_ERROR for there in self._booted.values())
        return any(told) if self._booted else None

    def session_change(self, access: Access) -> KeptSession | None:
        """Give what is to be kept of a source's session; None where nothing is."""
        return self.sessions.change(access) if access.session else None

    def note_kept(self, session: KeptSession) -> None:
        """Take note that it is kept."""
        self.sessions.written(session)

    async def aclose(self) -> None:
        """Close every connection; no fetch may be under way."""
        await self._robots.aclose()
        await self._turns.aclose()
        await self._transports.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    async def _ask_patiently(
        self, request: Request, access: Access, live: LiveSession | None = None
    ) -> Fetched | NotModified:
        attempt = partial(self._attempt, request, access, live)
        try:
            return await attempt()
        except PassingError as exc:
            if request.once:
                raise
            return await retry(attempt, exc)

    async def _attempt(
        self, request: Request, access: Access, live: LiveSession | None
    ) -> Fetched | NotModified:
        session = Session(request, access, live)
        try:
            url = read_address(request.address)
            robots = await self._ask_robots(url, access)
            if access.browser and request.method == "GET":
                rendered = session.masked_answer(await self._render(url, access, session))
                if self._archive and session.archive:
                    await keep(self._archive, session, record_rendered(rendered))
                return replace(rendered, robots=robots)
            answer, moved = await self._travel(url, request, access, session)
            concluded = _conclude(answer, moved, request, session)
            return replace(concluded, robots=robots) if robots else concluded
        except FetchError as exc:
            if (masked := session.masked(exc)) is not exc:
                raise masked from None
            raise
        except ReadError as exc:
            # The address that robots.txt forbids may repeat a secret.
            raise ReadError(session.mask(str(exc)), fault=exc.fault) from None

    async def _ask_robots(self, url: httpx.URL, access: Access) -> str:
        """Say what robots.txt says of an address that may be asked (RFC 9309); empty where it is not asked.

        Raises ReadError where it is forbidden, FetchError where robots.txt cannot be had.
        """
        if access.robots == "ignore":
            return 'not asked (robots = "ignore")'
        if not access.robots:
            return ""
        verdict = await self._robots.judge(url, access.archive)
        if verdict.allowed:
            return verdict.reason
        raise ReadError(
            f'{verdict.reason}; robots = "ignore" in its table asks all the same ({url})', fault="disallowed"
        )

    async def _render(self, url: httpx.URL, access: Access, session: Session) -> Fetched:
        """Render one page at a time with a browser, which takes its host's turn like any other request."""
        assert access.browser  # noqa: S101 - the caller has seen it
        async with self._renderer.slot, self._turns.turn(url.raw_host.decode("ascii")):
            rendered = await self._renderer.render(str(url), access.browser, session)
        if rendered.address != str(url):
            # A browser follows redirects by itself, so this comes after the fact.
            await self._ask_robots(read_address(rendered.address), access)
        return rendered

    async def _travel(
        self, url: httpx.URL, request: Request, access: Access, session: Session
    ) -> tuple[Answer, str]:
        """Ask an address and follow its redirects within ``timeout``; waiting for turns does not count.

        With the answer comes the address to which permanent redirects alone led, empty for none.
        """
        left = self._network.timeout.total_seconds()
        max_size = request.largest or self._network.max_size
        redirects, again = 0, session.is_login  # a password is never sent twice
        moved, permanent = "", True
        kept = access.session if session.is_kept(url) else None
        while True:
            answer, left = await self._ask(url, session, left, max_size)
            if answer.location is not None:
                if (redirects := redirects + 1) > MAX_REDIRECTS:
                    require_no_login(str(url), request.address, kept)
                    raise FetchError(str(url), f"redirected more than {MAX_REDIRECTS} times")
                url = session.redirect(url, answer.status, answer.location)
                if permanent := permanent and answer.status in PERMANENT:
                    moved = str(url)
                await self._ask_robots(url, access)
                continue
            gate = answer.gate(redirected=redirects > 0)
            if not again and _wants_its_cookie(answer, gate, kept):
                again = True
                continue
            _require_entrance(answer, gate, request.address, session, kept)
            return answer, moved

    async def _ask(
        self, url: httpx.URL, session: Session, left: float, max_size: int
    ) -> tuple[Answer, float]:
        """Make one exchange within ``left`` seconds; return its answer and the seconds still left."""
        loop = asyncio.get_running_loop()
        origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
        proxy = session.proxy()
        via = "through the proxy: " if proxy else ""
        host = url.raw_host.decode("ascii")
        async with self._turns.turn(host), self._transports.transport(origin, proxy) as transport:
            if self._keep_up:
                await self._keep_up()
            started = loop.time()
            status = received = 0
            try:
                async with asyncio.timeout(left) as deadline:
                    if proxy and not session.may_tell(url):
                        await self._guard.check(host)
                    answer = await exchange(transport, url, session, max_size, self._archive)
                status, received = answer.status, answer.received
            except FOREIGN as exc:
                if deadline.expired():
                    seconds = self._network.timeout.total_seconds()
                    raise PassingError(str(url), f"{via}timed out after {seconds:g} s") from exc
                raise explain(str(url), exc, via) from exc
            finally:
                if self._observe:
                    self._observe(Exchanged(status, loop.time() - started, received))
            self._note_date(host, answer.headers.get("date", ""))
            return answer, left - (loop.time() - started)

    def _note_date(self, host: str, date: str) -> None:
        if time_there := read_http_date(date):
            if len(self._booted) >= MAX_DATES:
                self._booted.clear()
            self._booted[host] = time_there - _uptime()


def _wants_its_cookie(answer: Answer, gate: str, kept: SiteSession | None) -> bool:
    """Tell whether the same request may be let in once it brings the cookie that an answer set."""
    challenged = gate and not (kept and gate == LOGIN_PAGE)
    return answer.new_cookie and bool(challenged or answer.status in COOKIE_CHALLENGES)


def _require_entrance(
    answer: Answer, gate: str, asked: str, session: Session, kept: SiteSession | None
) -> None:
    """Raise FetchError where a gate stands before an answer, or the session that is kept has ended."""
    if kept and session.live:
        judge(answer, asked, gate, kept, session.live)
    if gate and not (session.is_login and gate == LOGIN_PAGE):
        raise gate_error(answer, gate, datetime.now(UTC))


def _conclude(answer: Answer, moved: str, request: Request, session: Session) -> Fetched | NotModified:
    """Give what the last answer means. Raises FetchError where it is not what was asked for."""
    address = str(answer.url)
    if answer.body is not None:
        return session.masked_answer(Fetched(address, answer.status, answer.headers, answer.body, moved))
    if answer.status == NOT_MODIFIED and (request.etag or request.last_modified):
        return NotModified(session.mask(address), answer.headers, session.public(moved))
    raise status_error(answer, datetime.now(UTC))


def _uptime() -> timedelta:
    """Give the time since this machine was started, sleep included; no setting of its clock changes it."""
    return timedelta(seconds=time.clock_gettime(time.CLOCK_BOOTTIME))
