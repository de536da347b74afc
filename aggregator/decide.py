"""What is new, what changed, what is owed, and when to come again: decided from values alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator.content.media import wanted
from aggregator.errors import FAULTS, Fault
from aggregator.model import (
    Article,
    Entry,
    Known,
    Label,
    Outcome,
    Owed,
    OwedReason,
    PollState,
    Sighting,
    Unreadable,
    entry_digest,
)
from aggregator.settings import Source

LONGEST_WAIT = timedelta(days=1)
SHORTEST_WAIT = timedelta(minutes=1)
# So many times longer is the interval of a source whose hub tells us of its news.
PUSHED = 4
# For so many attempts (two days and more) a page is asked for whose article stands with a summary.
FULL_TEXT_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Work:
    """What a poll has to look at: entries in order, and the keys whose debt is paid by being gone."""

    entries: tuple[Entry, ...]
    gone: tuple[str, ...] = ()


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


def choose(
    source: Source,
    state: PollState,
    entries: Sequence[Entry],
    unreadable: Sequence[Unreadable] | None,
    known: Mapping[str, Known],
    owed: Mapping[str, Owed],
    now: datetime,
    *,
    again: bool = False,
) -> Work:
    """Choose what this poll looks at: new and changed entries, and what is owed and due.

    ``unreadable`` is None where no list was read (304). ``again`` takes up debts before their time.
    A changed configuration (see ``Source.fingerprint``) makes every entry worth a second look.
    """
    changed = state.fingerprint != source.fingerprint
    again = again or changed
    chosen: dict[str, Entry] = {}
    for entry in entries:
        held, debt = known.get(entry.key), owed.get(entry.key)
        if held and held.removed:
            continue
        digest = entry_digest(entry)
        if debt and debt.entry and entry_digest(debt.entry) == digest and not again:
            if _waited_out(source, debt, now):
                chosen[entry.key] = entry
            continue
        if held is None or debt or changed or held.entry_digest != digest:
            chosen[entry.key] = entry
    listed = {entry.key for entry in entries}
    removed = [key for key in owed if key in known and known[key].removed]
    for key, debt in owed.items():
        if debt.entry is None or debt.reason == "filtered" or key in listed or key in removed:
            continue
        if again or _waited_out(source, debt, now):
            chosen[key] = debt.entry
    # What failed before comes last: it must not use up what the others need.
    entries = sorted(chosen.values(), key=lambda entry: _tries(owed.get(entry.key)))
    if unreadable is None:
        return Work(tuple(entries), tuple(removed))
    # What the list shows no more is no debt, where only the list could pay it or the user wants none of it.
    listed |= {item.key for item in unreadable}
    gone = [key for key, debt in owed.items() if key not in listed and _needs_list(source, debt)]
    return Work(tuple(entries), tuple(dict.fromkeys([*removed, *gone])))


def owe(
    entry: Entry, reason: OwedReason, message: str, before: Owed | None, source: Source, now: datetime
) -> Owed | None:
    """Put an entry off: soon where only the budget was short, later at every failure in a row.

    None where enough was tried: a summary has stood in for the text for long.
    """
    tried = before is not None and before.reason in (*FAULTS, "full-text")
    if reason == "budget" and before and tried:
        # Not tried is no other failure, and no end to those in a row.
        return replace(before, retry_at=now + min(source.interval, SHORTEST_WAIT), entry=entry)
    same = before is not None and (before.reason == reason or (tried and reason in (*FAULTS, "full-text")))
    attempts = before.attempts + 1 if before and same else 1
    if reason == "full-text" and attempts > FULL_TEXT_ATTEMPTS:
        return None
    if reason == "budget":
        wait = min(source.interval, SHORTEST_WAIT)
    elif reason in ("incomplete", "filtered"):
        wait = source.interval
    else:
        wait = back_off(source, attempts)
    return Owed(entry.key, reason, message, now + wait, attempts, entry)


def back_off(source: Source, failures: int) -> timedelta:
    """Wait twice as long after every failure in a row, a day at most (or the interval, if longer)."""
    longest = max(LONGEST_WAIT, source.interval)
    return min(source.interval * (1 << min(failures - 1, 20)), longest)


def pace(source: Source, state: PollState, now: datetime) -> timedelta:
    """How long to wait for the next regular visit: longer, as long as a hub brings what is new."""
    trusted = max(LONGEST_WAIT, PUSHED * source.interval)
    if state.pushed is None or now - state.pushed > trusted:
        return source.interval
    return max(source.interval, min(PUSHED * source.interval, LONGEST_WAIT))


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
    wait = max(back_off(source, failures), retry_after or timedelta(0))
    return Outcome(
        source=source.name,
        namespace=source.identity,
        state=replace(
            state,
            due=now + wait,
            polled=now,
            status=fault,
            failures=failures,
            error=error,
            wait_until=now + retry_after if retry_after else None,
        ),
    )


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
    payable = [debt for debt in debts if debt.reason == "budget" or (source.cron and _payable(debt))]
    soonest = min((debt.retry_at for debt in payable), default=regular)
    due = min(regular, max(soonest, now + min(source.interval, SHORTEST_WAIT)))
    return max(due, state.wait_until) if state.wait_until else due


def _tries(debt: Owed | None) -> int:
    return debt.attempts if debt and debt.reason in (*FAULTS, "full-text") else 0


def _waited_out(source: Source, debt: Owed, now: datetime) -> bool:
    return debt.retry_at <= now and (_payable(debt) or titled_by_page(source, debt.entry))


def _needs_list(source: Source, debt: Owed) -> bool:
    """Tell whether only the list can pay a debt, or whether the user wants none of it."""
    if debt.entry is None or debt.reason == "filtered":
        return True
    return debt.reason == "incomplete" and not titled_by_page(source, debt.entry)


def _payable(debt: Owed) -> bool:
    """Tell whether trying again can help; an incomplete entry waits for its list to say more."""
    return debt.entry is not None and debt.reason not in ("incomplete", "filtered")


def titled_by_page(source: Source, entry: Entry | None) -> bool:
    """Tell whether an entry without a title can get one from its page.

    A list that shows an entry before its title will show it; one that has no titles at all names in
    ``Entry.rules`` who gives it.
    """
    return bool(source.article.title) or (entry is not None and "title" in entry.rules)


def _arrival(article: Article) -> tuple[datetime, str]:
    return article.published, article.key
