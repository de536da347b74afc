"""One poll of one source, step by step: look, doubt, choose, read, learn, decide, save."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus

import structlog

from aggregator.decide.doubt import doubt_list
from aggregator.decide.finding import Finding
from aggregator.decide.learning import doubt_or_learn, watch_silence
from aggregator.decide.outcome import decide, doubtful, failed, unchanged
from aggregator.decide.owed import note_unread
from aggregator.decide.reach import find_unlisted
from aggregator.decide.selection import choose
from aggregator.decide.timing import regular_visit
from aggregator.decide.visit import Visit
from aggregator.errors import FetchError, LeaseLostError, ReadError, StoreError
from aggregator.model import Article, Entry, Fetched, Outcome, PollRecord, PollState
from aggregator.poll.catchup import catch_up
from aggregator.poll.entries import ArticleMaker
from aggregator.poll.leases import Lease
from aggregator.poll.list import Look, look, read_push
from aggregator.poll.recognition import compare
from aggregator.poll.records import recorded
from aggregator.poll.tools import Tools
from aggregator.settings import Source

log = structlog.get_logger()


async def poll(
    source: Source, lease: Lease, tools: Tools, *, again: bool = False, push: Fetched | None = None
) -> Outcome:
    """Visit a source and commit what came of it; its failures are in the outcome's state, not raised.

    The commit ends the lease. ``again`` takes up debts before their time, ``push`` is an answer that a hub
    brought. Dates are read against the start, waits count from the end. Raises StoreError where the database
    cannot be used.
    """
    now = tools.clock()
    debts = {debt.key: debt for debt in lease.debts}
    visit = Visit(source, lease.state, debts, {}, now, telling=tools.tells or None)
    record = PollRecord(now, "push" if push else "poll")
    try:
        seen = await _look(visit, push, tools)
        record = _noted(record, seen)
        outcome = await _visit(visit, seen, tools, again=again)
        outcome = recorded(outcome, record, lease.state, debts, tools.clock())
        await tools.save(lease, source, outcome, now)
    except Exception as exc:
        if isinstance(exc, FetchError):
            record = replace(record, answered=exc.status or 0, head=exc.headers)
        outcome = recorded(_fail(visit, exc), record, lease.state, debts, tools.clock())
        await tools.save(lease, source, outcome, now)
    return outcome


async def _visit(visit: Visit, seen: Look, tools: Tools, *, again: bool) -> Outcome:
    source, before = visit.source, visit.state
    # What is pushed is a part of the list, by which the rest is not trusted again.
    visit = visit.without("suspect") if seen.pushed else visit
    if seen.page is None and not visit.owed:
        return unchanged(visit, seen.state, seen.fresh, tools.clock())
    visit, seen, aliases = await asyncio.to_thread(compare, visit, seen, tools.store)
    visit, listing = await catch_up(visit, seen, tools)
    for note in listing.notes:
        log.info("odd", source=source.name, note=note)
    if seen.shown and (why := doubt_list(seen.state.baseline, seen.shown.entries, visit)):
        return doubtful(visit, listing.entries, why)
    work = choose(visit, listing.entries, listing.unreadable if seen.shown else None, again=again)
    maker = ArticleMaker(visit, seen.state, tools, tools.records(source), listing.keys)
    done, findings = await _read(visit, work.entries, maker, seen, tools)
    made = [finding.article for finding in findings if finding.article]
    new = _new(made, visit, done)
    why, after = await _learn(done, maker.state, seen, (made, new), tools)
    if why:
        return doubtful(replace(visit, now=done.now), listing.entries, why)
    if seen.pushed:
        regular = max(before.due, done.now)
    else:
        after = _watch_pushes(visit, after, findings)
        regular = regular_visit(source, after, seen.fresh, done.now)
    outcome = decide(done, after, findings, regular, unreadable=listing.unreadable, gone=work.gone)
    outcome = replace(outcome, aliases=(*outcome.aliases, *aliases))
    if not seen.shown:
        return outcome
    if source.revisit:
        outcome = _with_unlisted(visit, outcome, seen.shown.entries)
    return replace(outcome, hub=(listing.hub, listing.topic))


def _noted(record: PollRecord, seen: Look) -> PollRecord:
    """Return a record with what a look at the list saw."""
    answer, listed = seen.answer, len(seen.listing.entries)
    if not isinstance(answer, Fetched):
        return replace(record, answered=HTTPStatus.NOT_MODIFIED)
    return replace(record, answered=answer.status, size=len(answer.body), listed=listed, head=answer.headers)


async def _learn(
    visit: Visit,
    state: PollState,
    seen: Look,
    made: tuple[Sequence[Article], Sequence[Article]],
    tools: Tools,
) -> tuple[str, PollState]:
    """Return what is doubtful, and the state with what the list and the new articles teach.

    ``made`` are all articles and the new ones.
    """
    read, new = made
    if not seen.shown and not new:
        return "", watch_silence(state, visit.now)
    if seen.lesson and (learnt := seen.lesson.add_to(state, seen.listing.entries, new)):
        return "", watch_silence(learnt, visit.now)
    # What is known may be much, and learning needs none of it.
    bare = Visit(visit.source, visit.state, {}, {}, visit.now)
    shown = [_outline(entry) for entry in seen.shown.entries] if seen.shown else None
    return await tools.workers.run(doubt_or_learn, bare, state, shown, read, new)


def _outline(entry: Entry) -> Entry:
    """Give what a list teaches of an entry; its text is much to hand over."""
    return Entry(entry.key, entry.title, entry.address, entry.published)


async def _look(visit: Visit, push: Fetched | None, tools: Tools) -> Look:
    """Look at the list, or at what was pushed of it."""
    if push:
        return await read_push(visit.source, visit.state, push, tools, visit.now)
    return await look(visit.source, visit.state, tools, visit.now)


async def _read(
    visit: Visit, entries: Sequence[Entry], maker: ArticleMaker, seen: Look, tools: Tools
) -> tuple[Visit, list[Finding]]:
    """Read entries, which are owed until they are read; returns the visit as it is at the end."""
    noted = {debt.key: debt for debt in note_unread(visit, entries)}
    if noted:
        await asyncio.to_thread(tools.store.note_owed, visit.source.name, list(noted.values()))
    await maker.prepare(entries, seen.made)
    findings = [await maker.make(entry) for entry in entries]
    for note, times in maker.notes.items():
        log.info("odd", source=visit.source.name, note=note, entries=times)
    owed = {**visit.owed, **noted}
    done = replace(visit, known=maker.known, before=maker.before, owed=owed, now=tools.clock())
    return done, findings


def _with_unlisted(visit: Visit, outcome: Outcome, entries: Sequence[Entry]) -> Outcome:
    """Note which articles the list shows no more although it reaches further back."""
    unlisted, again = find_unlisted(visit, entries, visit.in_reach)
    return replace(outcome, seen=replace(outcome.seen, unlisted=unlisted, listed_again=again))


def _new(made: Sequence[Article], before: Visit, after: Visit) -> list[Article]:
    """Give the articles that nobody held before the visit."""
    held = before.known.keys() | {known.article_key for known in after.known.values()}
    return [article for article in made if article.key not in held]


def _watch_pushes(visit: Visit, after: PollState, findings: Sequence[Finding]) -> PollState:
    """Forget the last push where a visit finds what none has brought: from now on we look ourselves again."""
    missed = any(finding.is_article and finding.entry.key not in visit.known for finding in findings)
    return replace(after, pushed=None) if missed else after


def _fail(visit: Visit, error: Exception) -> Outcome:
    """Say what an error means for its source; where the database cannot be used, raise it again."""
    source, state, now = visit.source, visit.state, visit.now
    match error:
        case FetchError():
            return failed(source, state, error.fault, str(error), error.retry_after, now)
        case ReadError():
            compared = error.fault == "empty" and not visit.reconfigured
            if compared and (why := doubt_list(state.baseline, (), visit)):
                return doubtful(visit, (), why)
            return failed(source, state, error.fault, f"{error} ({source.url})", None, now)
        case OSError():
            return failed(source, state, "failed", f"this machine: {error.strerror or error}", None, now)
        case StoreError() if not error.refused or isinstance(error, LeaseLostError):
            raise error
    # What nobody foresaw in one source's answer is that source's failure; its traceback is logged once.
    reason = f"unforeseen: {type(error).__name__}: {error}"
    if reason != state.error:
        log.error("unforeseen", source=source.name, exc_info=error)
    return failed(source, state, "failed", reason, None, now)
