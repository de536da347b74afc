"""What a poll changed: what is new, what changed, and what is owed after it."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog

from aggregator.decide.finding import Finding
from aggregator.decide.judgement import CHANGED, NEW, held_of, judge
from aggregator.decide.learning import watch_silence
from aggregator.decide.news import marked, news_of
from aggregator.decide.owed import keep_aside, payable
from aggregator.decide.schedule import listed_as, revisit_at
from aggregator.decide.timing import MIN_WAIT, back_off, regular_visit
from aggregator.decide.visit import Visit
from aggregator.errors import Fault
from aggregator.model import (
    STOPPED,
    Article,
    Baseline,
    Entry,
    FileText,
    Listed,
    Outcome,
    Owed,
    PollState,
    Provenance,
    Seen,
    Sighting,
    Unreadable,
    Wish,
    entry_digest,
)
from aggregator.settings import Source

IMAGE = re.compile(r'<img [^>]*?\bsrc="([^"]+)"')
GONE_AFTER = 3
"""Answers of 410 in a row: a server that errs says it once, one that means it again after hours."""

log = structlog.get_logger()


def decide(
    visit: Visit,
    after: PollState,
    findings: Sequence[Finding],
    regular: datetime,
    *,
    unreadable: Sequence[Unreadable] = (),
    gone: Sequence[str] = (),
) -> Outcome:
    """Compare what was found with what is known at the end of a visit.

    ``after`` is the source's next state but for its due time; ``regular`` is when it would be visited next
    if nothing were owed. ``gone`` are keys of which nothing is owed any more.
    """
    source = visit.source
    new, changed, overwriting = _compare(visit, findings)
    made = {one.key for one in (*new, *changed)}
    debts = [*(finding.debt for finding in findings if finding.debt), *_broken(visit, unreadable)]
    ended = _paid(findings, gone)
    owed = [*debts, *_still_owed(visit, {*ended, *(debt.key for debt in debts)})]
    after = after if made else _without_texts(visit, after, owed)
    return Outcome(
        source=source.name,
        namespace=source.identity,
        state=replace(
            after,
            due=_due(source, after, owed, visit.now, regular),
            revisit_at=revisit_at(source, after, visit.now),
        ),
        new=tuple(sorted(new, key=_arrival)),
        changed=tuple(sorted(changed, key=_arrival)),
        news=news_of(visit, findings, new),
        since=None if visit.telling else visit.state.succeeded,
        overwriting=overwriting,
        sightings=tuple(_sightings(visit, findings)),
        owed=tuple(marked(visit, debt) for debt in debts),
        settled=tuple(key for key in visit.owed if key in ended),
        aliases=tuple(dict(pair for finding in findings for pair in _aliases(visit, finding)).items()),
        media={one.key: wanted(one, source.mirror) for one in (*new, *changed) if source.mirror},
        seen=Seen(source.revisit, _listed(visit, findings, made - overwriting)) if source.revisit else Seen(),
        files=_files(findings),
        provenance=_provenance(findings, made),
    )


def unchanged(visit: Visit, state: PollState, fresh: timedelta, now: datetime) -> Outcome:
    """Give the outcome of a visit that owes nothing and found the list as it was, for so long ``fresh``."""
    source, after = visit.source, watch_silence(state, now)
    due = regular_visit(source, after, fresh, now)
    after = replace(after, due=due, revisit_at=revisit_at(source, after, now))
    return Outcome(source.name, source.identity, after, seen=Seen(source.revisit))


def _still_owed(visit: Visit, without: Set[str]) -> list[Owed]:
    return [debt for key, debt in visit.owed.items() if key not in without]


def _without_texts(visit: Visit, state: PollState, owed: Sequence[Owed]) -> PollState:
    """Say so in the state of a source that answers and never gave an article, where its pages are why."""
    reasons = {debt.reason for debt in owed} - {"budget", "filtered"}
    gave = visit.known or state.baseline.articles
    if state.status == "ok" and not gave and reasons == {"no-body"}:
        return replace(state, status="no-body", error="none of its pages has an article")
    return state


def _files(findings: Sequence[Finding]) -> dict[str, FileText]:
    """Give what was read of files, by their hashes."""
    return {file.digest: file for one in findings if one.whole for file in one.whole.files.values()}


def _provenance(findings: Sequence[Finding], keys: Set[str]) -> dict[str, Provenance]:
    """Say of articles, by key, which answers and rules they were made by."""
    read = [(one.article, one.whole or one.entry) for one in reversed(findings) if one.article]
    return {made.key: Provenance(one.receipts, one.rules) for made, one in read if made.key in keys}


def _listed(visit: Visit, findings: Sequence[Finding], news: Set[str]) -> dict[str, Listed]:
    """Note by key what lists and pages said of the source's own articles, for the looks at them."""
    listed = {}
    for finding in findings:
        article, held = finding.article, held_of(visit, finding)
        if article is None or (held and held.owner != visit.source.name and article.key not in news):
            continue
        entry, whole = finding.entry, finding.whole or finding.entry
        listed[article.key] = listed_as(
            visit.source, article, entry, whole, visit.now, is_news=article.key in news
        )
    return listed


def _paid(findings: Sequence[Finding], gone: Sequence[str]) -> set[str]:
    """Give the keys of which nothing is owed any more."""
    paid = {finding.entry.key for finding in findings if finding.is_article}.union(gone)
    # A summary may stand in for what is still owed.
    return paid - {finding.entry.key for finding in findings if finding.debt}


def _compare(
    visit: Visit, findings: Sequence[Finding]
) -> tuple[list[Article], list[Article], frozenset[str]]:
    """Give the articles that are new and those that replace what is held, and log each way.

    With them come the keys of those that only overwrite it.
    """
    new: dict[str, Article] = {}
    changed: list[Article] = []
    overwriting: set[str] = set()
    of_source = log.bind(source=visit.source.name)
    for finding in findings:
        way, article = judge(visit, finding, new)
        of_source.debug("decides", key=finding.entry.key, way=way)
        if article and way == NEW:
            new[article.key] = article
        elif article:
            changed.append(article)
            if way != CHANGED:
                overwriting.add(article.key)
    return list(new.values()), changed, frozenset(overwriting)


def failed(
    source: Source, state: PollState, fault: Fault, error: str, retry_after: timedelta | None, now: datetime
) -> Outcome:
    """Give the outcome of a poll that got no list: nothing is lost, and the next visit comes later."""
    failures = state.failures + 1
    wait = max(back_off(source, failures, fault), retry_after or timedelta(0))
    due = now + wait
    if fault == "gone" and failures >= GONE_AFTER:
        due, error = STOPPED, f"{error}; not visited any more until `aggregator poll {source.name}`"
    wait_until = now + retry_after if retry_after else None
    state = replace(state, due=due, polled=now, status=fault, failures=failures, error=error)
    return Outcome(source.name, source.identity, replace(state, wait_until=wait_until))


def doubtful(visit: Visit, entries: Sequence[Entry], why: str) -> Outcome:
    """Give the outcome of a poll that is not trusted: its new entries are kept aside, its validators not.

    The next visits see it again, more and more seldom, until it is as it was or the user accepts it.
    """
    source, state, now = visit.source, visit.state, visit.now
    failures = state.failures + 1
    error = f"{why}; `aggregator accept {source.name}` takes it as it is"
    state = replace(state, polled=now, status="suspect", failures=failures, error=error)
    state = replace(state, due=now + back_off(source, failures), wait_until=None)
    return Outcome(source.name, source.identity, state, owed=keep_aside(visit, entries, why))


def accepted(source: Source, state: PollState, now: datetime) -> Outcome:
    """Take a source as it is now: its next visit, due at once, learns anew what is usual."""
    baseline = Baseline(shared=state.baseline.shared)
    state = replace(state, status="ok", failures=0, error="", baseline=baseline, due=now)
    return Outcome(source.name, source.identity, state)


def _sightings(visit: Visit, findings: Sequence[Finding]) -> Iterator[Sighting]:
    """Give a sighting of each article, but where nothing was made and the entry says what it said before."""
    for finding in findings:
        held, digest = held_of(visit, finding), entry_digest(finding.entry)
        repeated = held is not None and held.entry_digest == digest and finding.article is None
        if finding.labels is not None and not repeated:
            yield Sighting(finding.entry.key, digest, finding.labels)


def _aliases(visit: Visit, finding: Finding) -> Iterator[tuple[str, str]]:
    """Give the other keys of an article: its entry's and the address that its page names."""
    held = held_of(visit, finding)
    key = finding.article.key if finding.article else ""
    if held and finding.is_article and not finding.article:
        key = held.article_key
    if key:
        yield from ((other, key) for other in (finding.entry.key, finding.link) if other not in ("", key))


def _broken(visit: Visit, unreadable: Sequence[Unreadable]) -> Iterator[Owed]:
    """Give a debt for each entry that the list breaks, unless it is noted with the same words."""
    for item in unreadable:
        if item.key not in visit.owed or visit.owed[item.key].message != item.message:
            yield Owed(item.key, "failed", item.message, visit.now + visit.source.interval)


def _due(
    source: Source, state: PollState, debts: Iterable[Owed], now: datetime, regular: datetime
) -> datetime:
    """Say when to come again: at the regular time, or before it for a debt, once the server allows."""
    # The next regular visit retries what failed; only a source with a rare cron is visited early for it.
    soon = [debt for debt in debts if debt.reason == "budget" or (source.cron and payable(debt))]
    soonest = min((debt.retry_at for debt in soon), default=regular)
    due = min(regular, max(soonest, now + min(source.interval, MIN_WAIT)))
    return max(due, state.wait_until) if state.wait_until else due


def _arrival(article: Article) -> tuple[datetime, str]:
    return article.published, article.key


def wanted(article: Article, mirror: Sequence[str]) -> tuple[Wish, ...]:
    """Give the images and attachments of an article that ``mirror`` names, once each."""
    wishes: dict[str, Wish] = {}
    if "images" in mirror:
        for found in IMAGE.finditer(article.content):
            address = html.unescape(found[1])
            wishes.setdefault(address, Wish("image", address))
    if "attachments" in mirror:
        for attachment in article.attachments:
            wishes.setdefault(attachment.address, Wish("attachment", attachment.address))
    return tuple(wish for wish in wishes.values() if urlsplit(wish.address).scheme in ("http", "https"))
