"""When a cron says to come: as cron reads its five fields, in the source's time zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from aggregator.decide.cron import check_cron, next_visit

MONDAY = datetime(2026, 3, 2, tzinfo=ZoneInfo("UTC"))


def visits(cron: str, count: int, start: datetime = MONDAY, zone: str = "UTC") -> list[str]:
    """The next moments of a cron, as its time zone shows them."""
    found = []
    for _ in range(count):
        start = next_visit(cron, zone, start)
        found.append(f"{start.astimezone(ZoneInfo(zone)):%a %d %H:%M}")
    return found


def week(cron: str) -> str:
    """The weekdays of a cron over one week from Monday."""
    days, now = [], MONDAY
    while (now := next_visit(cron, "UTC", now)) < MONDAY + timedelta(days=7):
        days.append(f"{now:%a}")
    return " ".join(days)


@pytest.mark.parametrize(
    ("weekday", "days"),
    [
        ("0", "Sun"),
        ("7", "Sun"),
        ("1", "Mon"),
        ("1-5", "Mon Tue Wed Thu Fri"),
        ("mon-fri", "Mon Tue Wed Thu Fri"),
        ("5-7", "Fri Sat Sun"),
        ("Fri-SUN", "Fri Sat Sun"),
        ("sun-tue", "Mon Tue Sun"),
        ("0,3,6", "Wed Sat Sun"),
        ("tue,4-5", "Tue Thu Fri"),
        ("1-6/2", "Mon Wed Fri"),
        ("*/2", "Tue Thu Sat Sun"),
        ("*", "Mon Tue Wed Thu Fri Sat Sun"),
    ],
)
def test_weekdays_are_numbered_as_cron_numbers_them(weekday: str, days: str) -> None:
    """0 and 7 are Sunday, in lists, ranges and steps too; names mean the same."""
    assert week(f"30 8 * * {weekday}") == days


def test_the_moment_itself_is_past() -> None:
    """A visit at its time does not name the same time again."""
    assert visits("0 0 * * *", 2) == ["Tue 03 00:00", "Wed 04 00:00"]


def test_day_or_weekday() -> None:
    """Where both are given either will do; a day of steps and a weekday have both to fit."""
    assert visits("0 6 4 * mon", 3) == ["Mon 02 06:00", "Wed 04 06:00", "Mon 09 06:00"]
    assert visits("0 6 */2 * mon", 2) == ["Mon 09 06:00", "Mon 23 06:00"]


def test_hours_are_those_of_the_time_zone() -> None:
    """Half past eight in Shanghai is half past midnight in UTC, and told in UTC."""
    visit = next_visit("30 8 * * *", "Asia/Shanghai", MONDAY)
    assert visit.isoformat() == "2026-03-02T00:30:00+00:00"


@pytest.mark.parametrize(
    ("cron", "start", "shown"),
    [
        ("30 2 * * *", "2026-03-28T12:00+01:00", ["Sun 29 03:30", "Mon 30 02:30"]),
        ("0 0 * * *", "2026-03-28T12:00+01:00", ["Sun 29 00:00", "Mon 30 00:00", "Tue 31 00:00"]),
        ("*/30 * * * *", "2026-03-29T01:10+01:00", ["Sun 29 01:30", "Sun 29 03:00", "Sun 29 03:30"]),
        ("30 2 * * *", "2026-10-24T12:00+02:00", ["Sun 25 02:30", "Mon 26 02:30"]),
        ("*/30 * * * *", "2026-10-25T02:10+01:00", ["Sun 25 02:30", "Sun 25 03:00"]),
    ],
)
def test_changes_of_the_clock(cron: str, start: str, shown: list[str]) -> None:
    """What spring skips comes an hour later, no day is left out, and time never goes back in autumn."""
    begin = datetime.fromisoformat(start)
    assert visits(cron, len(shown), begin, "Europe/Berlin") == shown
    assert next_visit(cron, "Europe/Berlin", begin) > begin


@pytest.mark.parametrize(
    ("cron", "reason"),
    [
        ("30 8 * *", "is not five fields"),
        ("@daily", "is not five fields"),
        ("61 * * * *", "cannot be read"),
        ("0 0 * foo *", "cannot be read"),
        ("0 0 * * 8", 'has a weekday that is none: "8"'),
        ("0 0 * * 1-5/0", 'has a weekday that is none: "1-5/0"'),
        ("0 0 * * 5-1", 'has a weekday that is none: "5-1"'),
        ("0 0 * * ,", 'has a weekday that is none: ","'),
        ("0 0 * * 1/²", "has a weekday that is none"),
        (f"0 0 * * 1/{'1' * 5000}", "digits"),
        ("0 0 30 2 *", "names a day that never comes"),
    ],
)
def test_what_is_no_cron(cron: str, reason: str) -> None:
    """Each fault is said plainly, with an example of what is right."""
    message = check_cron(cron)
    assert reason in message
    assert message.endswith('"30 8 * * mon-fri" is half past eight on weekdays')


@pytest.mark.parametrize("cron", ["0 6 29 2 *", "*/5 7-21 * jan,dec 1-5", "0 0 1 1 0"])
def test_what_is_a_cron(cron: str) -> None:
    """Leap days, names of months, lists, ranges and steps are all right."""
    assert check_cron(cron) == ""
