"""Older pages of a list that is new from top to bottom: more came than its first page shows."""

from __future__ import annotations

from dataclasses import replace

import structlog

from aggregator.decide import Visit
from aggregator.errors import AggregatorError
from aggregator.model import Listing
from aggregator.poll.list import ListPage, Look, is_end, next_page
from aggregator.poll.tools import Tools

MAX_PAGES = 10  # pages of a list that a visit reads; a backfill reads further
MAX_ALL_NEW = 2  # entries of a short list, which may well be new as a whole although nothing was missed
MAX_FAILED_VISITS = 3  # visits that fail at an older page; after them the newer ones are kept without it

log = structlog.get_logger()


async def catch_up(visit: Visit, seen: Look, tools: Tools) -> tuple[Visit, Listing]:
    """Read on through a list until something on it is known.

    Returns the visit with what is known of all entries, and the list as far as it was read. Raises FetchError
    or ReadError where an older page cannot be had, for some visits.
    """
    page, listing, source = seen.page, seen.listing, visit.source
    if page is None or seen.pushed or source.limit or not visit.state.succeeded:
        return visit, listing
    try:
        while (following := await _older_page(visit, page, tools)) is not None:
            page = following
            visit = visit.knowing(await tools.look_up(source, page.listing.keys))
            listing = replace(
                listing,
                entries=(*listing.entries, *page.listing.entries),
                unreadable=(*listing.unreadable, *page.listing.unreadable),
            )
    except AggregatorError as exc:
        if not is_end(exc):
            if visit.state.failures < MAX_FAILED_VISITS:
                # As long as nothing of the list is kept, the next visit reads on again.
                raise
            log.warning("older pages of the list cannot be read", source=source.name, reason=str(exc))
    if page is not seen.page:
        log.info("read on", source=source.name, pages=page.number, entries=len(listing.entries))
    return visit, listing


async def _older_page(visit: Visit, page: ListPage, tools: Tools) -> ListPage | None:
    """Give the next page with entries; None where something on ``page`` is known, or where the list ends."""
    source, keys = visit.source, page.listing.keys
    if not keys or keys & (visit.known.keys() | visit.owed.keys()):
        return None
    if page.number == MAX_PAGES:
        log.warning("read on as far as we go; `aggregator backfill` reads further", source=source.name)
        return None
    following = await next_page(source, page, tools, visit.now)
    if following is None and page.number == 1 and len(keys) > MAX_ALL_NEW:
        log.warning(
            "nothing on the list was known, and it names no older page: some may be missed;"
            " a shorter interval or [source.paging] helps",
            source=source.name,
        )
    return following if following and following.listing.entries else None
