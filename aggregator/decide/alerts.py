"""Whom rules tell of what happened to an article, and when."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aggregator.model import Change
from aggregator.settings import Receiver, Rule
from aggregator.text.query import ANYTHING, MAX_CONFIGURED, Query, Searchable, parse_query

FIRST_WAIT, LAST_WAIT = timedelta(minutes=1), timedelta(hours=6)
"""How long a receiver that cannot be told is left alone: twice as long each time, up to the last."""
MAX_DOUBTS = 1
"""How often something is sent again that may have been sent, to a receiver that cannot tell."""


def query_of(rule: Rule, zone: str) -> Query:
    """Return the query of a rule, whose days begin in a zone; the program's own news need none."""
    if not rule.query.strip():
        return ANYTHING
    return parse_query(rule.query, zone, longest=MAX_CONFIGURED)


def is_told(rule: Rule, change: Change, article: Searchable, zone: str) -> bool:
    """Say whether a rule tells of what happened to an article. Raises ReadError for a slow pattern."""
    return change.kind in rule.on and query_of(rule, zone).matches(article)


def due_at(receiver: Receiver, now: datetime, zone: ZoneInfo) -> datetime:
    """Say when a receiver is told of what happened now: at once, or at its next digest."""
    if not receiver.digest:
        return now
    here = now.astimezone(zone)
    day = here.date() if receiver.digest > here.time() else here.date() + timedelta(days=1)
    return datetime.combine(day, receiver.digest, zone)


def is_quiet(receiver: Receiver, now: datetime, zone: ZoneInfo) -> bool:
    """Tell whether a receiver is told nothing at this hour."""
    if not receiver.quiet:
        return False
    (begin, end), moment = receiver.quiet, now.astimezone(zone).time()
    return begin <= moment < end if begin <= end else moment >= begin or moment < end


def next_try(tries: int, now: datetime, asked: timedelta | None = None) -> datetime:
    """Say when something is sent again after so many failures; ``asked`` is what the receiver asked for."""
    wait = min(FIRST_WAIT * (1 << min(tries, 20)), LAST_WAIT)
    return now + max(wait, asked or wait)
