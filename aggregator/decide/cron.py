"""When a source with a ``cron`` is visited next: five fields, which mean what they mean to Debian's cron."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

EXAMPLE = '"30 8 * * mon-fri" is half past eight on weekdays'


def next_visit(cron: str, timezone: str, now: datetime) -> datetime:
    """Give the first moment after ``now`` that a cron names in a time zone, in UTC.

    Minute, hour, day, month, weekday; 0 and 7 are Sunday, months and weekdays have English names. Where
    day and weekday are both given, either will do (POSIX, crontab). A time that the clocks skip in spring
    comes an hour later; one that they repeat in autumn comes once. Raises ValueError with the fault that
    :func:`check_cron` reports.
    """
    zone = ZoneInfo(timezone)
    # Cronsim reads the clock on the wall: with the zone, it would shorten the hour that spring skips.
    wall = now.astimezone(zone).replace(tzinfo=None, fold=0)
    found = next(_parse(cron, wall), None)
    if found is None:
        raise ValueError("names a day that never comes")
    visit, repeated = (found.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return visit if visit > now else repeated


def check_cron(cron: str) -> str:
    """Say what is wrong with a cron; empty where nothing is."""
    try:
        next_visit(cron, "UTC", datetime(2000, 1, 1, tzinfo=UTC))
    except ValueError as exc:
        return f'"{cron}" {exc}; {EXAMPLE}'
    return ""


def _parse(cron: str, after: datetime) -> CronSim:
    fields = cron.lower().split()
    if len(fields) != 5:
        raise ValueError("is not five fields: minute, hour, day, month, weekday")
    weekday = fields[4]
    # Cronsim takes a Sunday at the end of a range only as 7, and lets "1/2" run on to that 7.
    ranges = re.sub(r"\b(?!(?:sun|0)-)(\w+)-(?:sun|0)\b", r"\1-7", weekday)
    ranges = re.sub(r"(?<![\w-])(\w+)/", r"\1-6/", ranges)
    try:
        return CronSim(" ".join([*fields[:4], ranges]), after)
    except CronSimError as exc:
        if "day-of-week" in str(exc):
            raise ValueError(f'has a weekday that is none: "{weekday}"') from exc
        if "day-of-month" in str(exc):
            raise ValueError("names a day that never comes") from exc
        raise ValueError(f"cannot be read: {exc}") from exc
