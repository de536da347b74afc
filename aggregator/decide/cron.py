"""When a source with a ``cron`` is visited next: five fields, read as cron reads them.

APScheduler finds the moments, but it counts weekdays from Monday, wants day and weekday at once, and leaves
out a midnight after the clocks went forward. So it gets names of weekdays, and the time on the wall.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

EXAMPLE = '"30 8 * * mon-fri" is half past eight on weekdays'
HORIZON = timedelta(days=8 * 366)
"""29 February is never further away than eight years (1896 to 1904, 2096 to 2104)."""

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def next_visit(cron: str, timezone: str, now: datetime) -> datetime:
    """Give the first moment after ``now`` that a cron names in a time zone, in UTC.

    Minute, hour, day, month, weekday; 0 and 7 are Sunday, months and weekdays have English names. Where
    day and weekday are both given, either will do (POSIX, crontab). What the clocks skip in spring comes
    an hour later; what they repeat in autumn comes once. Raises ValueError for what :func:`check_cron`
    finds fault with.
    """
    zone = ZoneInfo(timezone)
    wall = now.astimezone(zone).replace(tzinfo=UTC, fold=0)
    # A trigger also names the very moment it is asked at.
    after = wall + timedelta(microseconds=1)
    triggers = _triggers(cron, after)
    found: list[datetime | None] = [trigger.get_next_fire_time(None, after) for trigger in triggers]
    shown = min((time for time in found if time), default=None)
    if shown is None:
        raise ValueError("names a day that never comes")
    visit, repeated = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return visit if visit > now else repeated


def check_cron(cron: str) -> str:
    """Say what is wrong with a cron; empty where nothing is."""
    try:
        next_visit(cron, "UTC", datetime(2000, 1, 1, tzinfo=UTC))
    except ValueError as exc:
        return f'"{cron}" {exc}; {EXAMPLE}'
    return ""


def _triggers(cron: str, after: datetime) -> list[CronTrigger]:
    fields = cron.lower().split()
    if len(fields) != 5:
        raise ValueError("is not five fields: minute, hour, day, month, weekday")
    minute, hour, day, month, weekday = fields
    weekdays = _weekdays(weekday)
    both = not day.startswith("*") and not weekday.startswith("*")
    pairs = [(day, "*"), ("*", weekdays)] if both else [(day, weekdays)]
    try:
        return [
            CronTrigger(
                month=month,
                day=one,
                day_of_week=other,
                hour=hour,
                minute=minute,
                timezone=UTC,
                end_date=after + HORIZON,
            )
            for one, other in pairs
        ]
    except ValueError as exc:
        raise ValueError(f"cannot be read: {exc}") from exc


def _weekdays(field: str) -> str:
    """Write a field of weekdays with names, each by itself, since only the names mean the same to both."""
    days: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = ("0", "-", "6") if span == "*" else span.partition("-")
        start = _weekday(first)
        end = _weekday(last) if dash else 6 if slash else start
        if dash and end == 0 < start:
            end = 7  # "fri-sun"
        if end < start or (slash and not (step.isdecimal() and int(step))):
            raise ValueError(f'has a weekday that is none: "{part}"')
        days.update(day % 7 for day in range(start, end + 1, int(step or 1)))
    return ",".join(_WEEKDAYS[day] for day in sorted(days))


def _weekday(word: str) -> int:
    if word in _WEEKDAYS:
        return _WEEKDAYS.index(word)
    if word.isascii() and word.isdecimal() and int(word) <= 7:
        return int(word)
    raise ValueError(f'has a weekday that is none: "{word}"')
