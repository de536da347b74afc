"""One source, once: its list, the pages of new entries, one commit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from aggregator.decide import (
    choose,
    decide,
    doubt_list,
    doubt_read,
    doubtful,
    failed,
    learn_from,
    pace,
)
from aggregator.decide.cron import next_visit
from aggregator.errors import AggregatorError, FetchError, ReadError, StoreError
from aggregator.model import Fetched, Known, Listing, Outcome, Owed, PollState
from aggregator.poll.entries import LookUp, Reader
from aggregator.poll.leases import Lease
from aggregator.poll.list import Look, Page, is_end, look, take, turn
from aggregator.poll.tools import Tools
from aggregator.settings import Source

# Pages that a visit reads on through, after a time without visits, until it meets what it knows.
CATCH_UP = 10
# A list of so few entries may well be new as a whole.
FEW = 3
# After so many visits that failed at an older page the newer ones are kept all the same.
PATIENCE = 3

log = structlog.get_logger()


async def poll(
    source: Source,
    lease: Lease,
    tools: Tools,
    *,
    again: bool = False,
    given: Fetched | None = None,
) -> Outcome:
    """Visit a source and commit what came of it; its failures are in the outcome's state, not raised.

    Raises StoreError where the database cannot be used.

    The commit ends the lease. ``again`` takes up debts before their time, ``given`` is an answer that was
    pushed to us. Dates are read against the start, waits count from the end.
    """
    state, now = lease.state, tools.clock()
    owed = {debt.key: debt for debt in await asyncio.to_thread(tools.store.owed, source.name)}
    try:
        if given:
            seen = await take(source, state, given, tools, now)
        else:
            seen = await look(source, state, tools, now)
        outcome = await _work(source, state, seen, owed, tools, again=again, given=given)
        await lease.save(outcome, now)
        return outcome
    except FetchError as exc:
        outcome = failed(source, state, exc.fault, str(exc), exc.retry_after, now)
    except ReadError as exc:
        same = state.fingerprint == source.fingerprint
        if same and exc.fault == "empty" and (why := doubt_list(state.baseline, (), now)):
            outcome = doubtful(source, state, why, now)
        else:
            outcome = failed(source, state, exc.fault, f"{exc} ({source.url})", None, now)
    except OSError as exc:
        outcome = failed(source, state, "failed", f"this machine: {exc.strerror or exc}", None, now)
    except Exception as exc:
        if isinstance(exc, StoreError) and not exc.refused:
            raise
        # What nobody foresaw in one source's answer is that source's failure, and nobody else's; its
        # traceback is worth reading once.
        error = f"unforeseen: {type(exc).__name__}: {exc}"
        if error != state.error:
            log.exception("unforeseen", source=source.name)
        outcome = failed(source, state, "failed", error, None, now)
    await lease.save(outcome, now)
    return outcome


async def _work(
    source: Source,
    before: PollState,
    seen: Look,
    owed: Mapping[str, Owed],
    tools: Tools,
    *,
    again: bool,
    given: Fetched | None,
) -> Outcome:
    now = tools.clock()

    async def look_up(keys: Sequence[str]) -> Mapping[str, Known]:
        if not keys:
            return {}
        return await asyncio.to_thread(tools.store.known, source.name, source.identity, keys)

    listing = seen.page.listing if seen.page else Listing(())
    known = dict(await look_up(list(dict.fromkeys([*(entry.key for entry in listing.entries), *owed]))))
    if seen.page and before.succeeded and not source.limit and not given:
        listing = await _read_on(source, seen.page, known, owed, tools, look_up, now, before)
    for note in listing.notes:
        log.info("odd", source=source.name, note=note)
    judged = seen.page if not given else None
    baseline = seen.state.baseline
    if judged and (why := doubt_list(baseline, judged.listing.entries, now)):
        return doubtful(source, before, why, now)
    unreadable = listing.unreadable if judged else None
    work = choose(source, before, listing.entries, unreadable, known, owed, now, again=again)
    listed = frozenset(entry.key for entry in listing.entries)
    reader = Reader(source, seen.state, known, owed, tools, look_up, listed)
    for entry in work.entries:
        await reader.read(entry)
    for note, times in reader.notes.items():
        log.info("odd", source=source.name, note=note, entries=times)
    end = tools.clock()
    read = [one.article for one in reader.reads if one.article]
    held = known.keys() | {one.article_key for one in reader.known.values()}
    new = [article for article in read if article.key not in held]
    if judged and (why := await tools.workers.run(doubt_read, baseline, read, new, end)):
        return doubtful(source, before, why, end)
    listed_now = judged.listing.entries if judged else None
    after = await tools.workers.run(learn_from, source, before, reader.state, listed_now, new, end)
    if not given and any(read.entry.key not in known for read in reader.reads):
        # No push had brought it: from now on we look ourselves again.
        after = replace(after, pushed=None)
    regular = (
        next_visit(source.cron, source.timezone, end) if source.cron else pace(source, after, seen.fresh, end)
    )
    outcome = decide(
        source,
        after,
        reader.reads,
        reader.put_off,
        listing.unreadable,
        work.gone,
        reader.known,
        owed,
        end,
        max(before.due, end) if given else regular,
    )
    return replace(outcome, hub=(listing.hub, listing.topic)) if seen.page and not given else outcome


async def _read_on(
    source: Source,
    page: Page,
    known: dict[str, Known],
    owed: Mapping[str, Owed],
    tools: Tools,
    look_up: LookUp,
    now: datetime,
    before: PollState,
) -> Listing:
    """Read on through a list of which nothing is known: more came than its first page shows.

    ``known`` grows by what is known of the further entries. Raises FetchError or ReadError where an older
    page cannot be had, for some visits.
    """
    listing, first = page.listing, page
    strange = {entry.key for entry in listing.entries}
    try:
        while strange and not strange & (known.keys() | owed.keys()):
            if page.number == CATCH_UP:
                log.warning(
                    "read on as far as we go; `aggregator backfill` reads further", source=source.name
                )
                break
            following = await turn(source, page, tools, now)
            if following is None and page is first and len(strange) >= FEW:
                log.warning(
                    "nothing on the list was known, and it names no older page: some may be missed;"
                    " a shorter interval or [source.paging] helps",
                    source=source.name,
                )
            if following is None or not following.listing.entries:
                break
            page = following
            strange = {entry.key for entry in page.listing.entries}
            known |= await look_up(list(strange))
            listing = replace(
                listing,
                entries=(*listing.entries, *page.listing.entries),
                unreadable=(*listing.unreadable, *page.listing.unreadable),
            )
    except AggregatorError as exc:
        if not is_end(exc):
            if before.failures < PATIENCE:
                # As long as nothing of the list is kept, the next visit reads on again.
                raise
            log.warning("older pages of the list cannot be read", source=source.name, reason=str(exc))
    if page is not first:
        log.info("read on", source=source.name, pages=page.number, entries=len(listing.entries))
    return listing
