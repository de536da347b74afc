"""Articles that are held, looked at again: their pages and their attachments, within a budget."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from aggregator.decide.changes import state_digest
from aggregator.decide.outcome import wanted
from aggregator.decide.revisits import (
    FAILED_WAIT,
    Glimpse,
    Rules,
    Verdict,
    judge,
    too_many_missing,
    would_confirm,
)
from aggregator.model import MISSING, Outcome, PollState, Seen
from aggregator.poll.leases import Lease
from aggregator.poll.looker import Looker, host_of
from aggregator.poll.records import recorded_looks
from aggregator.poll.tools import Tools
from aggregator.settings import Source

MAX_LOOKS = 20  # articles that one visit looks at
PROBES, MIN_PROBES = 4, 2  # other articles that are looked at beside one that is missing; fewer tell nothing
WINDOW = timedelta(days=7)
"""Looks among which too many that find nothing mean a broken site."""
_MANY = "many of its articles are missing"

log = structlog.get_logger()


async def look_again(source: Source, lease: Lease, tools: Tools) -> Outcome:
    """Look at the articles of a source that are due for it, and commit what came of that.

    The commit ends the lease. Raises StoreError where the database cannot be used.
    """
    now, store = tools.clock(), tools.store
    state = replace(lease.state, wait_until=None)
    believed = await asyncio.to_thread(store.believed_time, now, tools.fetcher.confirms(now))
    if believed != now or state.failures or not source.revisit:
        seen = Seen(not_before=max(now + FAILED_WAIT, state.due if state.failures else now))
        outcome = Outcome(source.name, source.identity, state, seen=seen)
        await tools.save(lease, source, outcome, now)
        return outcome
    due = await asyncio.to_thread(store.due_revisits, source.name, now, MAX_LOOKS)
    names = {("source", source.name), *(("host", host_of(one.article.address)) for one in due)}
    used = await asyncio.to_thread(store.requests_used, names, now.date())
    looker = Looker(source, tools, used, now)
    glimpses = [glimpse for one in due if (glimpse := await looker.look(one))]
    glimpses = [await _remembered(one, source, tools) for one in _same_missing(glimpses)]
    glimpses, probes = await _probe(glimpses, looker, tools)
    broken = await _why_broken(glimpses, probes, source, state, tools)
    rules = Rules(source, now, believed=state.status != "suspect" and not broken, broken=bool(broken))
    verdicts = [judge(glimpse, rules) for glimpse in glimpses]
    outcome = _outcome(source, looker.asked_to_wait(state), glimpses, verdicts, broken)
    outcome = replace(outcome, seen=replace(outcome.seen, used=looker.spent, not_before=looker.not_before()))
    outcome = recorded_looks(outcome, now, tools.clock())
    await tools.save(lease, source, outcome, now)
    for glimpse, verdict in zip(glimpses, verdicts, strict=True):
        _log(source, glimpse, verdict)
    return outcome


def _outcome(
    source: Source,
    state: PollState,
    glimpses: Sequence[Glimpse],
    verdicts: Sequence[Verdict],
    broken: str,
) -> Outcome:
    judged = list(zip(glimpses, verdicts, strict=True))
    made = {one.article.key: (glimpse, one.article) for glimpse, one in judged if one.article}
    return Outcome(
        source.name,
        source.identity,
        _judged(state, broken),
        changed=tuple(article for _, article in made.values()),
        overwriting=frozenset(one.article.key for _, one in judged if one.article and one.overwrites),
        media={key: wanted(article, source.mirror) for key, (_, article) in made.items() if source.mirror},
        files={file.digest: file for one, _ in made.values() for file in one.texts},
        provenance={key: one.provenance for key, (one, _) in made.items() if one.provenance},
        seen=_seen(verdicts),
    )


def _seen(verdicts: Sequence[Verdict]) -> Seen:
    return Seen(
        revisits=[one.revisit for one in verdicts],
        standings=[one.standing for one in verdicts if one.standing],
        unsteady=[one.revisit.article for one in verdicts if one.unsteady],
        files={one.revisit.article: one.files for one in verdicts if one.files},
    )


def _judged(state: PollState, broken: str) -> PollState:
    """Give a source's state with whether its site is broken, as far as looks at its articles tell."""
    state = replace(state, baseline=replace(state.baseline, broken=broken))
    if broken and state.status == "ok":
        return replace(state, status="suspect", error=broken)
    doubted = state.status == "suspect" and not state.failures and state.error.startswith(_MANY)
    return replace(state, status="ok", error="") if doubted and not broken else state


async def _probe(
    glimpses: Sequence[Glimpse], looker: Looker, tools: Tools
) -> tuple[list[Glimpse], list[Glimpse]]:
    """Look at some articles that are not due, where one is missing now and none that was due is there.

    They tell a site that is broken from one that took something down; nothing else is made of them. Returns
    what was found of those that are due, and of the others: what cannot be told apart waits.
    """
    new = any(one.kind == "missing" and one.watched.missing_since is None for one in glimpses)
    if not new or any(one.kind in ("same", "state") for one in glimpses):
        return list(glimpses), []
    numbers = [one.watched.revisit.article for one in glimpses]
    source = glimpses[0].watched.revisit.source
    others = await asyncio.to_thread(tools.store.other_revisits, source, numbers, PROBES)
    probes = [glimpse for one in others if (glimpse := await looker.look(one))]
    if len(probes) < min(MIN_PROBES, len(others)):
        return [replace(one, kind="failed") if one.kind == "missing" else one for one in glimpses], []
    return list(glimpses), probes


async def _why_broken(
    glimpses: Sequence[Glimpse], probes: Sequence[Glimpse], source: Source, state: PollState, tools: Tools
) -> str:
    """Say that so much is missing at once that the site is broken; empty where it is not."""
    now = tools.clock()
    accepted = state.baseline.since or now
    missing = sum(one.kind == "missing" and _counts(one, accepted) for one in glimpses)
    looked = sum(one.kind != "failed" for one in glimpses)
    before = state.baseline.broken
    if not missing and not (before and looked):
        return before
    if len(probes) >= MIN_PROBES and all(one.kind == "missing" for one in probes):
        return f"{_MANY}: so are {len(probes)} others that were looked at"
    numbers = [one.watched.revisit.article for one in glimpses]
    more, others = await asyncio.to_thread(
        tools.store.count_missing, source.name, now - WINDOW, accepted, numbers
    )
    if too_many_missing(missing + more, looked + others):
        return f"{_MANY}: {missing + more} of {looked + others} that were looked at"
    return ""


def _counts(glimpse: Glimpse, accepted: datetime) -> bool:
    """Tell whether a missing article speaks against its site: nobody has accepted it, or seen it go."""
    revisit = glimpse.watched.revisit
    known = revisit.candidate == MISSING and revisit.candidate_since and revisit.candidate_since < accepted
    return not known and glimpse.watched.withdrawn is None


def _same_missing(glimpses: Sequence[Glimpse]) -> list[Glimpse]:
    """Find what is missing by what several articles lead to: one address, or a page that says the same."""
    finals = Counter(one.final for one in glimpses if one.final)
    pages = Counter(one.page for one in glimpses if one.page)
    found = []
    for one in glimpses:
        if finals[one.final] > 1:
            one = replace(one, kind="missing", why=f"it leads to {one.final}, as others do")
        elif one.kind in ("state", "failed") and pages[one.page] > 1:
            one = replace(one, kind="missing", why="its page says what the pages of others say, too")
        found.append(one)
    return found


async def _remembered(glimpse: Glimpse, source: Source, tools: Tools) -> Glimpse:
    """Tell of a change that is about to be believed whether the article was in that state before."""
    if not would_confirm(glimpse, source):
        return glimpse
    held = glimpse.watched.article
    earlier = await asyncio.to_thread(tools.store.earlier_states, held.namespace, held.key)
    return replace(glimpse, returning=glimpse.digest in map(state_digest, earlier))


def _log(source: Source, glimpse: Glimpse, verdict: Verdict) -> None:
    key = glimpse.watched.article.key
    if verdict.unsteady:
        log.info("differs from look to look; its changes are not told", source=source.name, key=key)
    if verdict.standing:
        standing = verdict.standing
        what = "withdrawn" if standing.withdrawn else "missing" if standing.missing_since else "is back"
        log.info(what, source=source.name, key=key, why=glimpse.why)
    log.debug("looked at", source=source.name, key=key, found=glimpse.kind, why=glimpse.why or glimpse.doubt)
