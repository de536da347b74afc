"""What is owed: entries put off, each until a time of its own."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from aggregator.decide.news import marked
from aggregator.decide.timing import MIN_WAIT, back_off
from aggregator.decide.visit import Visit
from aggregator.errors import FAULTS
from aggregator.model import Entry, Owed, OwedReason
from aggregator.settings import Source

MAX_KEPT_ASIDE = 1000  # entries of a source that are kept aside; a redesign may show others at each visit
MAX_FULL_TEXT_ATTEMPTS = 8  # attempts, over two days and more, at a page whose article stands with a summary

log = structlog.get_logger()


def owe(
    entry: Entry, reason: OwedReason, message: str, before: Owed | None, source: Source, now: datetime
) -> Owed | None:
    """Put an entry off: soon where only the budget was short, later at every failure in a row.

    None where enough was tried: a summary has stood in for the text for long.
    """
    tried = before is not None and before.reason in (*FAULTS, "full-text")
    if reason == "budget" and before and tried:
        # Running out of budget neither counts as a failure nor resets the count.
        return replace(before, retry_at=now + min(source.interval, MIN_WAIT), entry=entry)
    same = before is not None and (before.reason == reason or (tried and reason in (*FAULTS, "full-text")))
    attempts = before.attempts + 1 if before and same else 1
    if reason == "full-text" and attempts > MAX_FULL_TEXT_ATTEMPTS:
        return None
    if reason == "budget":
        wait = min(source.interval, MIN_WAIT)
    elif reason in ("incomplete", "filtered"):
        wait = source.interval
    else:
        wait = back_off(source, attempts)
    return Owed(entry.key, reason, message, now + wait, attempts, entry)


def tries(debt: Owed | None) -> int:
    """Count the attempts at a page that failed."""
    return debt.attempts if debt and debt.reason in (*FAULTS, "full-text") else 0


def payable(debt: Owed) -> bool:
    """Tell whether trying again can help; an incomplete entry waits for its list to say more."""
    return debt.entry is not None and debt.reason not in ("incomplete", "filtered")


def titled_by_page(source: Source, entry: Entry | None) -> bool:
    """Tell whether an entry without a title can get one from its page: every HTML page has one.

    An answer of a program gives one only where the configuration says where, or where ``Entry.rules`` do.
    """
    if entry is None or entry.content is not None:
        return False
    return bool(source.article.title) or "title" in entry.rules or _is_page(source, entry)


def _is_page(source: Source, entry: Entry) -> bool:
    if source.article_url:
        return source.kind != "api" or source.article.format == "html"
    return bool(entry.address)


def note_unread(visit: Visit, entries: Sequence[Entry]) -> tuple[Owed, ...]:
    """Give debts for what is new where pages are to be read, to be saved before they are.

    Whatever happens while pages are read then loses nothing, even if the list has moved on by the next visit.
    """
    if all(entry.content is not None for entry in entries):
        return ()
    new = (entry for entry in entries if entry.key not in visit.known and entry.key not in visit.owed)
    message = "its page was to be read"
    return tuple(marked(visit, Owed(entry.key, "budget", message, visit.now, entry=entry)) for entry in new)


def keep_aside(visit: Visit, entries: Sequence[Entry], why: str) -> tuple[Owed, ...]:
    """Give debts for what is new in a list that is not trusted, for the next visit that is.

    A title that stands in the list more than once may be that of a button; a page has a better one.
    """
    times = Counter(entry.title for entry in entries)
    new = [entry for entry in entries if entry.key not in visit.known and entry.key not in visit.owed]
    free = MAX_KEPT_ASIDE - sum(debt.reason == "suspect" for debt in visit.owed.values())
    if len(new) > free:
        log.warning("too much to be kept aside", source=visit.source.name, lost=len(new) - max(free, 0))
    untitled = (
        replace(entry, title="") if times[entry.title] > 1 and titled_by_page(visit.source, entry) else entry
        for entry in new[: max(free, 0)]
    )
    return tuple(marked(visit, Owed(entry.key, "suspect", why, visit.now, entry=entry)) for entry in untitled)
