"""The time zone of the system, for a configuration that is begun."""

import os
from collections.abc import Iterator
from pathlib import Path

from aggregator.settings import check_timezone

LOCALTIME = Path("/etc/localtime")
TIMEZONE = Path("/etc/timezone")


def system_timezone() -> str:
    """Give the zone that the system is set to: TZ, /etc/localtime, /etc/timezone; else UTC."""
    for name in _candidates():
        try:
            return check_timezone(name)
        except ValueError:
            continue
    return "UTC"


def _candidates() -> Iterator[str]:
    # "TZ=:Europe/Berlin" is the POSIX way to write a name.
    yield os.environ.get("TZ", "").removeprefix(":").rpartition("zoneinfo/")[2]
    # The folders posix and right hold the same zones again, right with leap seconds.
    linked = os.path.realpath(LOCALTIME).partition("zoneinfo/")[2]
    yield linked.removeprefix("posix/").removeprefix("right/")
    try:
        yield TIMEZONE.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return
