"""When the database is copied next, and which copies stay."""

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.decide.backups import backup_due, kept_backups
from aggregator.settings import Backup

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 3, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("table", "last", "due"),
    [
        ({}, None, START),
        ({}, START - 3 * HOUR, START + 21 * HOUR),
        ({"interval": "6h"}, START - 7 * HOUR, START - HOUR),
        ({"cron": "30 3 * * *"}, None, datetime(2026, 3, 5, 19, 30, tzinfo=UTC)),
        ({"cron": "30 3 * * *"}, START - 2 * DAY, datetime(2026, 3, 3, 19, 30, tzinfo=UTC)),
    ],
)
def test_when_a_copy_is_due(table: dict[str, str], last: datetime | None, due: datetime) -> None:
    """After the interval, or when the cron says in the time zone of the site; what was missed is made up for."""
    settings = Backup(folder="backups", **table)  # type: ignore[arg-type]
    assert backup_due(settings, "Asia/Shanghai", last, START) == due


def test_which_copies_stay() -> None:
    """The newest of each of the last days, and of each of the last weeks; several of a day are one."""
    settings = Backup(folder="backups", daily=3, weekly=2)
    times = [START - number * 6 * HOUR for number in range(60 * 4)]
    kept = kept_backups(times, settings, "UTC")
    # 2026-03-05 is a Thursday, so the week before it ended on the first of March.
    assert sorted(time.date().isoformat() for time in kept) == [
        "2026-03-01",
        "2026-03-03",
        "2026-03-04",
        "2026-03-05",
    ]
    assert max(kept) == START


def test_copies_are_let_go_one_by_one_as_they_come() -> None:
    """A rotation that is applied day by day keeps the same as one that sees all: weeks are not lost on the way."""
    settings = Backup(folder="backups", daily=7, weekly=4)
    held: set[datetime] = set()
    for number in range(120):
        held = kept_backups(held | {START + number * DAY}, settings, "UTC")
        assert len(held) <= 11
    assert held == kept_backups([START + number * DAY for number in range(120)], settings, "UTC")
    assert max(held) - min(held) >= 3 * 7 * DAY - 6 * DAY


def test_a_rotation_keeps_something() -> None:
    """Of one copy, that one; of none, nothing."""
    settings = Backup(folder="backups", daily=1, weekly=0)
    assert kept_backups([START, START - DAY], settings, "UTC") == {START}
    assert kept_backups([], settings, "UTC") == set()
