"""A witness: the Internet Archive is asked to save the pages of new and changed articles, slowly."""

import asyncio
from datetime import datetime, timedelta

import structlog

from aggregator.errors import FetchError
from aggregator.fetch import Asks
from aggregator.model import Request
from aggregator.settings import Config, Source
from aggregator.store import Store

WAYBACK = "https://web.archive.org/save/"
"""Save Page Now, which takes the address of a page behind its own."""
BUSY = (None, 429, 503)
"""Statuses by which it is in trouble, or wants to be asked more slowly; any other one is about the page."""
MIN_WAIT = timedelta(minutes=10)

log = structlog.get_logger()


async def ask_witness(
    store: Store, fetcher: Asks, config: Config, now: datetime, address: str = WAYBACK
) -> int:
    """Have the next pages saved, as many as a minute may have; return how many it took.

    Pages of sources that need credentials or a proxy are nobody else's business. Where it is busy, it is left
    alone for as long as it asks; a page that it cannot save is left out. Raises StoreError.
    """
    open_sources = {one.name for one in config.sources if not _is_private(one)}
    taken = 0
    for page in await asyncio.to_thread(store.unwitnessed, now, config.evidence.witness_per_minute):
        if page.source in open_sources and page.address:
            try:
                await fetcher.fetch(Request(f"{address}{page.address}", once=True))
                taken += 1
            except FetchError as exc:
                if exc.status in BUSY and not _goes_on(exc):
                    wait = max(exc.retry_after or MIN_WAIT, MIN_WAIT)
                    log.info("the witness is busy", reason=str(exc), until=f"{now + wait:%H:%M} UTC")
                    await asyncio.to_thread(store.leave_witness, now + wait)
                    break
                log.info("not witnessed", address=page.address, reason=str(exc))
        await asyncio.to_thread(store.note_witnessed, page.sequence)
    return taken


def _goes_on(error: FetchError) -> bool:
    """Tell whether it was asked: it may save a page for longer than we wait, or answer with all of it."""
    return error.fault in ("too-large", "cut-off") or error.reason.startswith("timed out after")


def _is_private(source: Source) -> bool:
    return bool(source.headers or source.cookies or source.auth or source.proxy)
