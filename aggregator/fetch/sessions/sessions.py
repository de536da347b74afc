"""The sessions in use: read before each fetch, begun by a login, and renewed once where they have ended."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import structlog

from aggregator.errors import FetchError
from aggregator.fetch.secrets import reveal
from aggregator.fetch.sessions.ended import EndedError
from aggregator.fetch.sessions.live import LiveSession, Place
from aggregator.fetch.sessions.recipe import RefusedLoginError, Say, Website, reveal_login
from aggregator.fetch.sessions.sealing import MEND, Sealer
from aggregator.model import Fetched, KeptSession, NotModified
from aggregator.settings.access import Access, SiteSession
from aggregator.text.addresses import registered_domain

MAX_TRIES = 3
"""Logins in a row of which none was seen to let us in; accounts are locked after five and more."""
MIN_WAIT = timedelta(minutes=5)
"""Between two logins, however often sessions end."""
LOGIN_TIME = timedelta(minutes=1)
"""A login that another process has begun is waited for so long."""
LOOK_SECONDS = 0.5
"""Between two looks whether it has come to an end."""
Attempt = Callable[[LiveSession], Awaitable[Fetched | NotModified]]
OTHER_KEY = "what is kept of it was encrypted with another key than the one beside the database, or elsewhere"

log = structlog.get_logger()


def _passing_key() -> Callable[[datetime], bytes]:
    key = secrets.token_bytes(32)
    return lambda now: key


class BegunElsewhereError(FetchError):
    """Another process has begun a login."""


@dataclass(frozen=True, slots=True)
class SessionRecords:
    """Where sessions are kept, by default nowhere: those of a preview end with it. All raise StoreError."""

    key: Callable[[datetime], bytes] = field(default_factory=_passing_key)
    """Gives the key from which ours are made."""
    session: Callable[[str], KeptSession | None] = lambda name: None
    """Gives what is kept of a session."""
    note_login: Callable[[str, int, int, datetime], bool] = lambda name, before, tries, now: True
    """Notes that a login is begun; False where another process has begun one."""
    save: Callable[[KeptSession], None] | None = None
    """Keeps a session that was just begun, for other processes that wait for it."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    """Gives the time, which is the same for all processes that share these."""


class Sessions:
    """The sessions of a fetcher's sources, by name."""

    def __init__(self, website: Website, records: SessionRecords) -> None:
        self._website = website
        self._records = records
        self._live: dict[str, LiveSession] = {}
        self._sealer: Sealer | None = None

    async def fetch(self, attempt: Attempt, access: Access, address: str) -> Fetched | NotModified:
        """Attempt a fetch within the session of its source, and once more where that had ended.

        Raises FetchError, StoreError, and what the attempt raises.
        """
        live = await self._open(access, address)
        generation = live.generation
        try:
            return await attempt(live)
        except EndedError as exc:
            await self._renew(live, generation, access, exc)
        try:
            fetched = await attempt(live)
        except EndedError as exc:
            reason = f"{exc.reason}, although it just logged in"
            raise FetchError(exc.address, reason, fault="gated") from None
        live.prove()
        return fetched

    async def log_in(self, access: Access, say: Say) -> None:
        """Log in whatever was refused before, because the owner says so. Raises FetchError, StoreError."""
        session = _session_of(access)
        address = session.login.url if session.login else ""
        live = await self._read(access, address)
        live.reset(live.recipe)
        await self._send(access, live, address, say)

    def change(self, access: Access) -> KeptSession | None:
        """Give what is to be kept of a source's session, None where nothing is."""
        live = self._live.get(access.session.name) if access.session else None
        return live.change(self._sealer) if live and self._sealer else None

    def written(self, kept: KeptSession) -> None:
        """Take note that a change is kept."""
        self._live[kept.name].written(kept)

    async def _open(self, access: Access, address: str) -> LiveSession:
        """Give the session of a source, logged in where there is a recipe. Raises FetchError, StoreError."""
        session = _session_of(access)
        live = await self._read(access, address)
        if session.login and not live.signed_in:
            await self._log_in(access, live, live.generation, address, "no session is kept")
        return live

    async def _renew(self, live: LiveSession, generation: int, access: Access, ended: EndedError) -> None:
        """Begin a session that has ended anew, unless another fetch has. Raises FetchError."""
        session = _session_of(access)
        if session.login is None:
            raise FetchError(
                ended.address,
                f"the session has ended: {ended.reason}; log in with a browser, and put the cookies that it "
                "has then into [source.cookies]",
                fault="gated",
            )
        log.info("the session has ended", session=live.place.name, why=ended.reason)
        await self._log_in(access, live, generation, ended.address, ended.reason)

    async def _read(self, access: Access, address: str, *, ended: bool = False) -> LiveSession:
        """Read a session as it is kept now: another process may have changed it since the last fetch."""
        session = _session_of(access)
        if self._sealer is None:
            if not Sealer.is_there():
                raise FetchError(address, MEND)
            self._sealer = await asyncio.to_thread(self._make_sealer)
        sealer = self._sealer
        live = self._live.get(session.name)
        if live is None:
            live = self._live.setdefault(session.name, LiveSession(Place(session.name, site_of(access))))
        row = await asyncio.to_thread(self._records.session, session.name)
        if not live.update(row, sealer, ended=ended):
            log.warning("the session begins anew", session=session.name, why=OTHER_KEY)
        self._compare(access, live, sealer)
        return live

    def _make_sealer(self) -> Sealer:
        return Sealer(self._records.key(self._records.clock()))

    def _compare(self, access: Access, live: LiveSession, sealer: Sealer) -> None:
        """Begin a session anew where the secrets are others than those that it was begun with."""
        try:
            recipe = sealer.mark(*_secrets_of(access))
        except FetchError:
            return  # who needs the secret that is missing says so
        if live.recipe and live.recipe != recipe:
            live.reset(recipe)
        live.recipe = recipe

    async def _log_in(
        self, access: Access, live: LiveSession, generation: int, address: str, why: str
    ) -> None:
        async with live.lock:
            if live.generation != generation or await self._take_over(access, live, address):
                return
            if not live.refused and live.tries >= MAX_TRIES:
                live.refuse(f"of {live.tries} logins in a row, none was seen to let us in ({why})")
            if live.refused:
                raise _refused(live, address)
            if live.tried and self._records.clock() - live.tried < MIN_WAIT:
                minutes = MIN_WAIT.total_seconds() / 60
                raise FetchError(address, f"{why}; the last login is less than {minutes:g} minutes old")
            try:
                await self._send(access, live, address, lambda step: None)
            except BegunElsewhereError:
                if not await self._take_over(access, live, address):
                    raise

    async def _take_over(self, access: Access, live: LiveSession, address: str) -> bool:
        """Take the session that another process has begun meanwhile, or begins now; tell whether one has."""
        before = live.version
        for _ in range(int(LOGIN_TIME.total_seconds() / LOOK_SECONDS)):
            await self._read(access, address, ended=True)
            if live.version != before and live.signed_in:
                live.generation += 1
                return True
            begun = live.tried if live.tries and live.tried != live.ours and not live.refused else None
            if begun is None or self._records.clock() - begun >= LOGIN_TIME:
                break
            await asyncio.sleep(LOOK_SECONDS)
        return False

    async def _send(self, access: Access, live: LiveSession, address: str, say: Say) -> None:
        from aggregator.fetch.sessions.login import LogIn  # reads HTML, which few fetchers do

        async def note() -> None:
            tries, began = live.tries + 1, self._records.clock()
            noting = (live.place.name, live.noted_tries, tries, began)
            if not await asyncio.to_thread(self._records.note_login, *noting):
                reason = "another process is logging in; a later visit uses its session"
                raise BegunElsewhereError(address, reason)
            live.tries, live.tried, live.ours = tries, began, began
            live.noted_tries = tries

        try:
            await LogIn(access, live, self._website, note, say).run()
        except RefusedLoginError as exc:
            live.refuse(f"the login was refused: {exc}")
            log.warning("the login was refused", session=live.place.name, why=str(exc))
            raise _refused(live, address) from None
        live.generation += 1
        log.info("logged in", session=live.place.name)
        save = self._records.save
        if save and self._sealer and (kept := live.change(self._sealer)):
            await asyncio.to_thread(save, kept)
            live.written(kept)


def _session_of(access: Access) -> SiteSession:
    assert access.session  # noqa: S101 - who has none does not come here
    return access.session


def _refused(live: LiveSession, address: str) -> FetchError:
    reason = (
        f"not logged in, and not tried again: {live.refused}. The next visit tries another password or "
        "recipe, `aggregator login` also this one"
    )
    return FetchError(address, reason, fault="gated")


def site_of(access: Access) -> str:
    """Give the site that a session belongs to: the registered domain of its first host, or that host."""
    session = _session_of(access)
    host = urlsplit(session.login.url).hostname if session.login else access.hosts[0]
    return registered_domain(host or "") or host or ""


def _secrets_of(access: Access) -> list[str]:
    """Give everything that a session is begun with. Raises FetchError where a secret is missing."""
    session = _session_of(access)
    texts = [f"{name}={reveal(value, name, '')}" for name, value in sorted(access.cookies.items())]
    if login := session.login:
        hidden = reveal_login(login)
        fields = [f"{name}={value}" for name, value in sorted(hidden.fields.items())]
        recipe = login.model_dump_json(exclude={"user", "password", "fields"})
        texts += [recipe, hidden.user, hidden.password, *fields]
    return texts
