"""The one room that asks other people's servers: one polite, safe HTTP exchange at a time."""

from collections.abc import Awaitable, Callable

from aggregator import __version__
from aggregator.fetch.archive import Archive
from aggregator.fetch.fetcher import Fetcher
from aggregator.settings import Config

__all__ = ["Fetcher", "make_fetcher"]


def make_fetcher(
    config: Config, keep_up: Callable[[], Awaitable[None]] | None = None, archive: Archive | None = None
) -> Fetcher:
    """Make a fetcher that says honestly who asks, and for which site; the others as in Fetcher."""
    user_agent = f"aggregator/{__version__} (+{config.site.root}/)"
    return Fetcher(config.network, user_agent=user_agent, keep_up=keep_up, archive=archive)
