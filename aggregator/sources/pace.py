"""What a feed says of how often to come (RSS 2.0: ttl, skipHours, skipDays; RSS 1.0: syndication)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aggregator.model import Pace

PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HEAD = 256 * 1024  # bytes; a channel says it before its items, if at all
LONGEST = timedelta(days=365)

_SKIP = re.compile(rb"<skip(hours|days)\b[^<>]{0,200}>(.{0,2000}?)</skip\1", re.IGNORECASE | re.DOTALL)
_ITEM = re.compile(rb"<(?:hour|day)\s{0,9}>\s{0,99}(\w{1,12})\s{0,99}<", re.IGNORECASE)


def read_pace(channel: Mapping[str, Any], body: bytes) -> Pace:
    """Read what a feed says; ``channel`` is feedparser's, which keeps only the last hour and day of many."""
    hours: set[int] = set()
    days: set[int] = set()
    for kind, items in _SKIP.findall(body[:HEAD]):
        words = [word.decode("ascii", "replace").lower() for word in _ITEM.findall(items)]
        if kind.lower() == b"days":
            days |= {DAYS.index(word) for word in words if word in DAYS}
        else:
            # 24 is what some call midnight.
            hours |= {int(word) % 24 for word in words if word.isdecimal() and int(word) <= 24}
    return Pace(_every(channel), tuple(sorted(hours)), tuple(sorted(days)))


def _every(channel: Mapping[str, Any]) -> timedelta | None:
    period = PERIODS.get(str(channel.get("sy_updateperiod", "")).strip().lower())
    often = _number(channel.get("sy_updatefrequency", ""))
    minutes = _number(channel.get("ttl", ""))
    said = [period / (often or 1)] if period else []
    if minutes:
        said.append(min(timedelta(minutes=minutes), LONGEST))
    return max(said, default=None)


def _number(value: object) -> int:
    """Read a number that stands in a feed; 0 where there is none that could be meant."""
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0
