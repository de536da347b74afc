"""One source, once: its list, the pages of new entries, one commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from aggregator.content.dates import settle_date
from aggregator.content.normalise import article_address, labels_of, normalise
from aggregator.content.text import scrub
from aggregator.decide import Read, choose, decide, failed, owe
from aggregator.errors import FetchError, IncompleteError, ReadError
from aggregator.fetch import Fetcher
from aggregator.model import (
    Entry,
    Fetched,
    Known,
    Listing,
    NotModified,
    Outcome,
    Owed,
    OwedReason,
    PollState,
    Request,
)
from aggregator.settings import Source
from aggregator.sources import Kind, find_kind
from aggregator.store import Store

# After so many pages in a row that could not be fetched, the rest wait for the next poll.
PATIENCE = 3

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Visit:
    """What one look at a source's list gave; ``listing`` is None where nothing changed."""

    state: PollState
    listing: Listing | None


async def poll(
    source: Source,
    state: PollState,
    store: Store,
    fetcher: Fetcher,
    clock: Callable[[], datetime],
    owner: str,
    *,
    again: bool = False,
) -> Outcome:
    """Visit a source and commit what came of it; its failures are in the outcome's state, not raised.

    ``state`` is the one with which ``owner`` claimed it; the commit gives the lease back.
    ``again`` takes up debts before their time. Dates are read against the start, waits count from the end.
    """
    now = clock()
    owed = {debt.key: debt for debt in await asyncio.to_thread(store.owed, source.name)}
    try:
        visit = await look(source, state, fetcher, now)
    except FetchError as exc:
        outcome = failed(source, state, str(exc), exc.retry_after, now)
    except ReadError as exc:
        outcome = failed(source, state, f"{exc} ({source.url})", None, now)
    except Exception as exc:
        # What nobody foresaw in one source's answer is that source's failure, and nobody else's.
        log.exception("unforeseen", source=source.name)
        outcome = failed(source, state, f"unforeseen: {type(exc).__name__}: {exc}", None, now)
    else:
        outcome = await _work(source, state, visit, owed, store, fetcher, clock, again=again)
    await asyncio.to_thread(store.save, outcome, now, owner)
    return outcome


async def look(source: Source, state: PollState, fetcher: Fetcher, now: datetime) -> Visit:
    """Fetch and read a source's list. Raises FetchError or ReadError."""
    known = state if state.fingerprint == source.fingerprint else PollState(state.name, state.due)
    answer = await fetcher.fetch(Request(source.url, known.etag, known.last_modified))
    state = replace(state, polled=now, succeeded=now, status="ok", failures=0, error="", wait_until=None)
    if isinstance(answer, NotModified):
        return Visit(state, None)
    state = replace(
        state,
        fingerprint=source.fingerprint,
        etag=answer.headers.get("etag", ""),
        last_modified=answer.headers.get("last-modified", ""),
        body_digest=answer.digest,
    )
    if answer.digest == known.body_digest:
        return Visit(state, None)
    return Visit(state, await asyncio.to_thread(_read_list, source, answer, now))


def _read_list(source: Source, answer: Fetched, now: datetime) -> Listing:
    """Read a list; its relative dates count from this visit, also for entries that have to wait."""
    listing = _kind(source).read_list(source, answer)
    return replace(listing, entries=tuple(_settled(entry, source, now) for entry in listing.entries))


def _settled(entry: Entry, source: Source, now: datetime) -> Entry:
    # Keys go into the database and into ids, neither of which can hold every character.
    entry = replace(entry, key=scrub(entry.key))
    said = entry.published
    date, drifts = settle_date(said, now, source.timezone)
    if date == said:
        return entry
    fields = {name: date if value == said else value for name, value in entry.fields.items()}
    return replace(entry, published=date, drifts=drifts, fields=fields)


async def complete(source: Source, entry: Entry, fetcher: Fetcher) -> Entry:
    """Fetch an entry's own page where it asks for one. Raises FetchError or ReadError."""
    if entry.content is not None:
        return entry
    if not entry.title and not source.article.title:
        # Its page would not complete it; the list will, in its own time.
        raise IncompleteError("has no title yet")
    address = article_address(entry, source)
    if not address:
        raise IncompleteError("has no address yet")
    answer = await fetcher.fetch(Request(address))
    if not isinstance(answer, Fetched):
        raise ReadError(f"said that nothing changed, though nothing was known of it ({address})")
    try:
        return await asyncio.to_thread(_kind(source).read_article, source, entry, answer)
    except ReadError as exc:
        raise ReadError(f"{exc} ({address})") from exc


async def _work(
    source: Source,
    before: PollState,
    visit: Visit,
    owed: Mapping[str, Owed],
    store: Store,
    fetcher: Fetcher,
    clock: Callable[[], datetime],
    *,
    again: bool,
) -> Outcome:
    now = clock()
    listing = visit.listing or Listing(())
    keys = list(dict.fromkeys([*(entry.key for entry in listing.entries), *owed]))
    known = await asyncio.to_thread(store.known, source.name, source.identity, keys) if keys else {}
    work = choose(
        source,
        before,
        listing.entries,
        listing.unreadable if visit.listing else None,
        known,
        owed,
        now,
        again=again,
    )
    reads, put_off, state = await _read_all(source, work.entries, known, owed, visit.state, fetcher, clock)
    return decide(source, state, reads, put_off, listing.unreadable, work.gone, known, owed, clock())


async def _read_all(
    source: Source,
    entries: Sequence[Entry],
    known: Mapping[str, Known],
    owed: Mapping[str, Owed],
    state: PollState,
    fetcher: Fetcher,
    clock: Callable[[], datetime],
) -> tuple[list[Read], list[Owed], PollState]:
    """Make articles of entries, within the budget of pages; what fails is put off, one by one."""
    reads: list[Read] = []
    put_off: list[Owed] = []
    pages, in_a_row = 0, 0
    start = clock()

    def put(entry: Entry, reason: OwedReason, message: str) -> None:
        put_off.append(owe(entry, reason, message, owed.get(entry.key), source, clock()))

    for entry in entries:
        held = known.get(entry.key)
        if held and held.complete and held.owner != source.name:
            # Another source of the namespace has it whole; here it only gets its category.
            reads.append(Read(entry, labels_of(entry, source), None))
            continue
        if entry.content is None and (pages >= source.budget or in_a_row >= PATIENCE or state.wait_until):
            put(entry, "budget", _why(source, in_a_row, state))
            continue
        pages += entry.content is None
        try:
            whole = await complete(source, entry, fetcher)
            article = await asyncio.to_thread(normalise, whole, source, start)
        except FetchError as exc:
            in_a_row += 1
            if exc.retry_after:
                state = replace(state, wait_until=clock() + exc.retry_after)
            put(entry, "failed", str(exc))
        except ReadError as exc:
            put(entry, "failed", str(exc))
        except IncompleteError as exc:
            put(entry, "incomplete", str(exc))
        except Exception as exc:
            log.exception("unforeseen", source=source.name, key=entry.key)
            put(entry, "failed", f"unforeseen: {type(exc).__name__}: {exc}")
        else:
            in_a_row = 0
            reads.append(Read(entry, article.labels, article))
    return reads, put_off, state


def _kind(source: Source) -> Kind:
    kind = find_kind(source.kind)
    if kind is None:
        raise ReadError(f'there is no kind "{source.kind}"')
    return kind


def _why(source: Source, in_a_row: int, state: PollState) -> str:
    if state.wait_until:
        return "left for later: the server asked to wait"
    if in_a_row >= PATIENCE:
        return f"left for the next poll: {PATIENCE} pages in a row could not be fetched"
    return f"left for the next poll: budget = {source.budget}"
