"""Whether the web pages of a source may be asked for, by its own configuration and by their hosts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aggregator.errors import ReadError
from aggregator.fetch import Fetcher
from aggregator.settings import Source

# Lists of these kinds are made for programs; robots.txt is about web pages.
FOR_PROGRAMS = ("feed", "api", "sitemap")

Leave = Callable[[Source, str, Fetcher], Awaitable[str]]


async def permit_list(source: Source, address: str, fetcher: Fetcher) -> str:
    """Say by which word a page of the list may be asked for, empty where it is none of the web's pages.

    Raises FetchError or ReadError, as :func:`permit` does.
    """
    return "" if source.kind in FOR_PROGRAMS else await permit(source, address, fetcher)


async def permit(source: Source, address: str, fetcher: Fetcher) -> str:
    """Say by which word a web page may be asked for (RFC 9309).

    Raises ReadError where its host forbids it, FetchError where that cannot be found out.
    """
    if source.robots == "ignore":
        return 'not asked (robots = "ignore")'
    verdict = await fetcher.robots(address)
    if not verdict.allowed:
        raise ReadError(
            f'{verdict.said}; robots = "ignore" in its table asks all the same ({address})',
            fault="disallowed",
        )
    return verdict.said
