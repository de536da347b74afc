"""The one room that asks other people's servers: one polite, safe HTTP exchange at a time."""

from datetime import datetime
from typing import Protocol

from aggregator import __version__
from aggregator.fetch.fetcher import Fetcher, Services
from aggregator.fetch.sessions.sessions import SessionRecords
from aggregator.fetch.shared import SharedHosts
from aggregator.model import Fetched, KeptSession, NotModified, Request
from aggregator.settings import Access, Config

__all__ = ["Asks", "Fetcher", "Services", "SessionRecords", "SharedHosts", "make_fetcher"]


class Asks(Protocol):
    """Who answers requests: a :class:`Fetcher`, or an archive in its place."""

    async def fetch(self, request: Request, access: Access | None = None) -> Fetched | NotModified:
        """Ask an address. Raises FetchError or ReadError."""
        ...

    def confirms(self, now: datetime) -> bool | None:
        """Tell whether servers say the time ``now``; None where none was asked."""
        ...

    def session_change(self, access: Access) -> KeptSession | None:
        """Give what is to be kept of a source's session; None where nothing is."""
        ...

    def note_kept(self, session: KeptSession) -> None:
        """Take note that it is kept."""
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...


def make_fetcher(config: Config, services: Services | None = None) -> Fetcher:
    """Make a fetcher that says honestly who asks, and for which site."""
    user_agent = f"aggregator/{__version__} (+{config.site.root}/)"
    return Fetcher(config.network, user_agent=user_agent, services=services)
