"""When the database is copied next, and which copies stay."""

from collections.abc import Collection
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from aggregator.decide.cron import next_visit
from aggregator.settings import Backup


def backup_due(settings: Backup, timezone: str, last: datetime | None, started: datetime) -> datetime:
    """Say when a copy is due after the last one; ``started`` is when somebody began to look after it.

    A time that passed while nobody did is made up for; without a copy, an interval begins with one.
    """
    if settings.cron:
        return next_visit(settings.cron, timezone, last or started)
    return last + settings.interval if last else started


def kept_backups(times: Collection[datetime], settings: Backup, timezone: str) -> set[datetime]:
    """Of copies made at these times, choose those that stay: the newest of each day, and of each week."""
    zone = ZoneInfo(timezone)
    days = {time.astimezone(zone).date(): time for time in sorted(times)}
    weeks = {day.isocalendar()[:2]: time for day, time in sorted(days.items())}
    return {*_newest(days.values(), settings.daily), *_newest(weeks.values(), settings.weekly)}


def _newest(times: Collection[datetime], count: int) -> Collection[datetime]:
    return set(islice(sorted(times, reverse=True), count))
