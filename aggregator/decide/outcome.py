"""What a poll changed: what is new, what changed, and what is owed after it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from aggregator.decide.owed import payable
from aggregator.decide.timing import SHORTEST_WAIT, back_off
from aggregator.errors import Fault
from aggregator.model import (
    STOPPED,
    Article,
    Baseline,
    Entry,
    Known,
    Label,
    Outcome,
    Owed,
    PollState,
    Sighting,
    Unreadable,
    Wish,
    entry_digest,
)
from aggregator.settings import Source

IMAGE = re.compile(r'<img [^>]*?\bsrc="([^"]+)"')
# A server that errs says 410 once; one that means it says it again after hours.
GONE_AFTER = 3


@dataclass(frozen=True, slots=True)
class Read:
    """An entry that became an article, or is one already through another source (``article`` None).

    The article's key may be another than the entry's: it is the same one under two addresses. ``whole`` is
    the entry with what its page added, ``link`` another address of it that the page names.
    """

    entry: Entry
    labels: tuple[Label, ...]
    article: Article | None
    whole: Entry | None = None
    link: str = ""


def decide(
    source: Source,
    state: PollState,
    reads: Sequence[Read],
    put_off: Sequence[Owed],
    unreadable: Sequence[Unreadable],
    gone: Sequence[str],
    known: Mapping[str, Known],
    owed: Mapping[str, Owed],
    now: datetime,
    regular: datetime,
) -> Outcome:
    """Compare what was read with what is known. ``state`` is the source's next one, but for its due time.

    ``regular`` is when the source would be visited next if nothing were owed.
    """
    new: list[Article] = []
    changed: list[Article] = []
    sightings: list[Sighting] = []
    aliases: dict[str, str] = {}
    for read in reads:
        held = known.get(read.entry.key)
        if read.article and read.article.key != read.entry.key:
            aliases[read.entry.key] = read.article.key
            held = known.get(read.article.key, held)
        if read.article and read.link and read.link != read.article.key:
            aliases[read.link] = read.article.key
        digest = entry_digest(read.entry)
        if held is None or held.entry_digest != digest or read.article is not None:
            sightings.append(Sighting(read.entry.key, digest, read.labels))
        if read.article is None:
            continue
        if held is None:
            if all(other.key != read.article.key for other in new):
                new.append(read.article)
        elif (article := _revised(read.article, held, now)) is not None:
            changed.append(article)
    broken = [
        Owed(item.key, "failed", item.message, now + source.interval)
        for item in unreadable
        if item.key not in owed or owed[item.key].message != item.message
    ]
    debts = [*put_off, *broken]
    # A summary may stand in for what is still owed.
    settled = ({read.entry.key for read in reads} | set(gone)) - {debt.key for debt in put_off}
    after = {key: debt for key, debt in owed.items() if key not in settled} | {
        debt.key: debt for debt in debts
    }
    return Outcome(
        source=source.name,
        namespace=source.identity,
        state=replace(state, due=_due(source, state, after.values(), now, regular)),
        new=tuple(sorted(new, key=_arrival)),
        changed=tuple(sorted(changed, key=_arrival)),
        sightings=tuple(sightings),
        owed=tuple(debts),
        settled=tuple(key for key in owed if key in settled),
        aliases=tuple(aliases.items()),
        media={article.key: wanted(article, source.mirror) for article in (*new, *changed) if source.mirror},
    )


def failed(
    source: Source, state: PollState, fault: Fault, error: str, retry_after: timedelta | None, now: datetime
) -> Outcome:
    """Give the outcome of a poll that got no list: nothing is lost, and the next visit comes later."""
    failures = state.failures + 1
    wait = max(back_off(source, failures, fault), retry_after or timedelta(0))
    due = now + wait
    if fault == "gone" and failures >= GONE_AFTER:
        due, error = STOPPED, f"{error}; not visited any more until `aggregator poll {source.name}`"
    return Outcome(
        source=source.name,
        namespace=source.identity,
        state=replace(
            state,
            due=due,
            polled=now,
            status=fault,
            failures=failures,
            error=error,
            wait_until=now + retry_after if retry_after else None,
        ),
    )


def doubtful(source: Source, state: PollState, why: str, now: datetime) -> Outcome:
    """Give the outcome of a poll that is not trusted: nothing of it is kept, and its validators neither.

    The next visits see it again, more and more seldom, until it is as it was or the user accepts it.
    """
    failures = state.failures + 1
    return Outcome(
        source=source.name,
        namespace=source.identity,
        state=replace(
            state,
            due=now + back_off(source, failures),
            polled=now,
            status="suspect",
            failures=failures,
            error=f"{why}; `aggregator accept {source.name}` takes it as it is",
            wait_until=None,
        ),
    )


def accepted(source: Source, state: PollState, now: datetime) -> Outcome:
    """Take a source as it is now: its next visit, due at once, learns anew what is usual."""
    state = replace(state, status="ok", failures=0, error="", baseline=Baseline(), due=now)
    return Outcome(source=source.name, namespace=source.identity, state=state)


def _revised(article: Article, held: Known, now: datetime) -> Article | None:
    """Give the article as it changes what is held; None where it changes nothing.

    Of two sources that show one article, the first one's words stand, unless they were a stand-in.
    """
    if not article.dated:
        article = replace(article, published=held.published)
    if article.digest == held.article_digest:
        return None
    if article.source != held.owner and not (article.complete and not held.complete):
        return None
    said = article.updated
    return replace(article, updated=said if held.updated < said <= now else now)


def _due(
    source: Source, state: PollState, debts: Iterable[Owed], now: datetime, regular: datetime
) -> datetime:
    """Come again when it is time, or sooner where a debt can be paid before, or when the server allows."""
    # What failed waits an interval at least: the regular visits take it up, but for those of a rare cron.
    soon = [debt for debt in debts if debt.reason == "budget" or (source.cron and payable(debt))]
    soonest = min((debt.retry_at for debt in soon), default=regular)
    due = min(regular, max(soonest, now + min(source.interval, SHORTEST_WAIT)))
    return max(due, state.wait_until) if state.wait_until else due


def _arrival(article: Article) -> tuple[datetime, str]:
    return article.published, article.key


def wanted(article: Article, mirror: Sequence[str]) -> tuple[Wish, ...]:
    """The images and attachments of an article, as far as its source's ``mirror`` names them, once each."""
    wishes: dict[str, Wish] = {}
    if "images" in mirror:
        for found in IMAGE.finditer(article.content):
            address = html.unescape(found[1])
            wishes.setdefault(address, Wish("image", address))
    if "attachments" in mirror:
        for attachment in article.attachments:
            wishes.setdefault(attachment.address, Wish("attachment", attachment.address))
    return tuple(wish for wish in wishes.values() if urlsplit(wish.address).scheme in ("http", "https"))
