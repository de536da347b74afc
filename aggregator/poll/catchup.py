"""Older pages of a list of which more is new than its first page shows."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import structlog

from aggregator.decide.visit import Visit
from aggregator.errors import AggregatorError
from aggregator.model import Entry, Listing
from aggregator.poll.list import ListPage, Look, is_end, next_page, open_page
from aggregator.poll.recognition import recognise
from aggregator.poll.tools import Tools
from aggregator.text.dates import read_date

MAX_PAGES = 10  # pages of a list that a visit reads; a backfill reads further
MAX_ALL_NEW = 2  # entries of a short list, which may well be new as a whole although nothing was missed
MAX_PINNED = 5  # known entries before new ones that are pinned rather than old, where no dates tell
MAX_FAILED_VISITS = 3  # visits that fail at an older page; after them the newer ones are kept without it

log = structlog.get_logger()


async def catch_up(visit: Visit, seen: Look, tools: Tools) -> tuple[Visit, Listing]:
    """Read on through a list until it is known.

    Returns the visit with what is known of all entries, and the list as far as it was read. Raises FetchError
    or ReadError where an older page cannot be had, for some visits.
    """
    page, listing, source = seen.page, seen.listing, visit.source
    if page is None or seen.pushed or source.limit or not visit.state.succeeded:
        return visit, listing
    try:
        while (following := await _older_page(visit, page, tools)) is not None:
            # What is withdrawn meanwhile moves rows up over the edge, onto a page that was read already.
            shifted = await open_page(source, page.number, page.request, tools, visit.now)
            keys = shifted.listing.keys | following.listing.keys
            visit = visit.knowing(await tools.records(source).known(keys))
            visit = await asyncio.to_thread(recognise, visit, following.listing.entries, tools.store)
            page = following
            listing = _with_page(_with_page(listing, shifted.listing), _news_of(visit, page.listing))
    except AggregatorError as exc:
        if not is_end(exc):
            if visit.state.failures < MAX_FAILED_VISITS:
                # As long as nothing of the list is kept, the next visit reads on again.
                raise
            log.info("older pages of the list cannot be read", source=source.name, reason=str(exc))
    if page is not seen.page:
        log.info("read on", source=source.name, pages=page.number, entries=len(listing.entries))
    return visit, listing


def _with_page(listing: Listing, page: Listing) -> Listing:
    """Add what a page shows that the list has not yet: pages overlap where the list grows meanwhile."""
    broken = {item.key for item in listing.unreadable}
    return replace(
        listing,
        entries=(*listing.entries, *(entry for entry in page.entries if entry.key not in listing.keys)),
        unreadable=(*listing.unreadable, *(item for item in page.unreadable if item.key not in broken)),
    )


def _news_of(visit: Visit, page: Listing) -> Listing:
    """Give an older page without the old rows at its end, behind those where the list is known."""
    if not _is_known(visit, page.entries):
        return page
    last = max(position for position, entry in enumerate(page.entries) if _met(visit, entry))
    return replace(page, entries=page.entries[: last + 1])


async def _older_page(visit: Visit, page: ListPage, tools: Tools) -> ListPage | None:
    """Give the next page with entries; None where ``page`` is known, or where the list ends."""
    source, keys = visit.source, page.listing.keys
    if not keys or _is_known(visit, page.listing.entries):
        return None
    if page.number == MAX_PAGES:
        log.warning("read on as far as we go; `aggregator backfill` reads further", source=source.name)
        return None
    following = await next_page(source, page, tools, visit.now)
    all_new = not any(_met(visit, entry) for entry in page.listing.entries)
    if following is None and page.number == 1 and all_new and len(keys) > MAX_ALL_NEW:
        log.warning(
            "nothing on the list was known, and it names no older page: some may be missed;"
            " a shorter interval or [source.paging] helps",
            source=source.name,
        )
    return following if following and following.listing.entries else None


def _is_known(visit: Visit, entries: tuple[Entry, ...]) -> bool:
    """Tell whether a page of a list, newest first, ends among entries that are known.

    One known entry proves nothing, wherever it stands: it may be pinned. Unknown entries behind known ones
    are new where the known ones are pinned above them, and old where something was withdrawn and older
    entries moved up, or where pages became longer. Their dates tell; without dates their number does.
    """
    if len(entries) < 2:
        return any(_met(visit, entry) for entry in entries)
    if all(_met(visit, entry) for entry in entries[-2:]):
        return True
    if _met(visit, entries[-1]):
        return _is_known(visit, entries[:-1])
    known = [position for position, entry in enumerate(entries) if _met(visit, entry)]
    if len(known) < 2:
        return False
    behind = entries[known[-1] + 1 :]
    oldest = min(_dates(visit, (entries[position] for position in known)), default=None)
    newest = max(_dates(visit, behind), default=None)
    if oldest and newest and oldest != newest:
        return newest < oldest
    return len(known) > MAX_PINNED or len(behind) * 2 < len(entries)


def _met(visit: Visit, entry: Entry) -> bool:
    return entry.key in visit.known or entry.key in visit.owed or entry.key in visit.moves.alike


def _dates(visit: Visit, entries: Iterable[Entry]) -> Iterable[datetime]:
    found = (read_date(entry.published, visit.now, visit.source.timezone) for entry in entries)
    return [date for date in found if date]
