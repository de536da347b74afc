"""The requests of a login: sent once each, by the fetcher's way of going through redirects."""

from collections.abc import Awaitable, Callable, Sequence

import httpx

from aggregator.errors import FetchError
from aggregator.fetch.addresses import read_address
from aggregator.fetch.exchange import Answer
from aggregator.fetch.faults import explain
from aggregator.fetch.guard import Guard, RefusedError, UnresolvedError
from aggregator.fetch.session import Session
from aggregator.fetch.sessions.live import LiveSession
from aggregator.model import Request
from aggregator.settings.access import Access

Travel = Callable[[httpx.URL, Request, Access, Session], Awaitable[tuple[Answer, str]]]


class LoginSite:
    """Sends what a login asks for."""

    def __init__(self, guard: Guard, travel: Travel) -> None:
        self._guard = guard
        self._travel = travel

    async def ask(self, request: Request, access: Access, live: LiveSession, hidden: Sequence[str]) -> Answer:
        """Ask an address and follow its redirects, whatever the answer is. Raises FetchError."""
        session = Session(request, access, live, hidden)
        try:
            return (await self._travel(read_address(request.address), request, access, session))[0]
        except FetchError as exc:
            raise session.masked(exc) from None

    async def require_safe(self, address: str, access: Access) -> None:
        """Refuse to send a password to a host that is not the source's own, or in clear over a network.

        Raises FetchError.
        """
        url = read_address(address)
        if not Session(Request(address), access).may_tell(url):
            raise FetchError(address, "refused: the login would send the password to another host")
        if url.scheme == "https":
            return
        try:
            inside = await self._guard.is_inside(url.host)
        except (RefusedError, UnresolvedError) as exc:
            raise explain(address, exc) from exc
        if not inside:
            raise FetchError(address, "refused: a password is sent only by https, except to allow_private")
