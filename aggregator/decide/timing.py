"""When a source is visited again."""

from datetime import datetime, timedelta

from aggregator.decide.cron import next_visit
from aggregator.decide.rhythm import next_look
from aggregator.errors import Fault
from aggregator.model import Pace, PollState
from aggregator.model.digest import hexdigest
from aggregator.settings import Source

MAX_WAIT = timedelta(days=1)
"""The longest wait after failures, or because a server asks for it, unless the interval is longer."""
MIN_WAIT = timedelta(minutes=1)
"""The shortest wait for what the budget left over, unless the interval is shorter."""
MAX_SLOWDOWN = 4  # times longer than its interval that a source waits because its hub or its server says so
GATED_WAIT = timedelta(hours=1)
"""The first wait before a challenge, which does not open for being asked often."""
JITTER = 0.25  # the largest share of a wait by which sources that fail together drift apart


def back_off(source: Source, failures: int, fault: Fault = "failed") -> timedelta:
    """Wait twice as long after every failure in a row, a day at most (or the interval, if longer).

    On top comes a jitter of a quarter at most. It is the source's own, so that many which failed at once do
    not come back at once.
    """
    first = max(source.interval, GATED_WAIT) if fault == "gated" else source.interval
    longest = max(MAX_WAIT, source.interval)
    wait = min(first * (1 << min(failures - 1, 20)), longest)
    share = int(hexdigest(f"{source.name} {failures}", 2), 16) / 0xFFFF
    return wait * (1 + JITTER * share)


def regular_visit(source: Source, state: PollState, fresh: timedelta, now: datetime) -> datetime:
    """Say when the next regular visit is due, by the source's cron or else by its pace."""
    return next_visit(source.cron, source.timezone, now) if source.cron else pace(source, state, fresh, now)


def pace(source: Source, state: PollState, fresh: timedelta, now: datetime) -> datetime:
    """Say when the next regular visit is due, where no cron says it.

    ``fresh`` is how long the last answer is fresh. A hub that brings what is new, an answer that is fresh and
    a list that names its period make the wait longer, to four times the interval at most or to
    ``interval_max`` where that is given; hours and days that the list names are left out.
    """
    wait = next_look(source, state.rhythm, now)
    trusted = max(MAX_WAIT, MAX_SLOWDOWN * source.interval)
    if state.pushed is not None and now - state.pushed <= trusted:
        wait = max(wait, min(MAX_SLOWDOWN * source.interval, MAX_WAIT))
    asked = max(fresh, state.pace.every or timedelta(0))
    longest = source.interval_max or min(MAX_SLOWDOWN * source.interval, MAX_WAIT)
    return skip(max(wait, min(asked, longest)) + now, state.pace)


def skip(due: datetime, pace: Pace) -> datetime:
    """Move a time out of the hours and days (of UTC) in which a list does not want to be asked."""
    if len(pace.hours) >= 24 or len(pace.days) >= 7:
        return due
    for _ in range(24 * 7):
        if due.hour not in pace.hours and due.weekday() not in pace.days:
            return due
        due = due.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return due
