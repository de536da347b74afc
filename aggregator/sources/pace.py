"""How often a feed asks to be polled (RSS 2.0: ttl, skipHours, skipDays; RSS 1.0: syndication)."""

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
HEAD_SIZE = 256 * 1024
"""Bytes of a feed that are searched: a channel names its pace before its items."""
MAX_TTL = timedelta(days=365)

_SKIP = re.compile(rb"<skip(hours|days)\b[^<>]{0,200}>(.{0,2000}?)</skip\1", re.IGNORECASE | re.DOTALL)
_ITEM = re.compile(rb"<(?:hour|day)\s{0,9}>\s{0,99}(\w{1,12})\s{0,99}<", re.IGNORECASE)


def read_pace(channel: Mapping[str, Any], body: bytes) -> Pace:
    """Read a feed's pace. feedparser's ``channel`` keeps only the last of many hours, ``body`` has all."""
    hours: set[int] = set()
    days: set[int] = set()
    for kind, items in _SKIP.findall(body[:HEAD_SIZE]):
        words = [word.decode("ascii", "replace").lower() for word in _ITEM.findall(items)]
        if kind.lower() == b"days":
            days |= {DAYS.index(word) for word in words if word in DAYS}
        else:
            # Some feeds write 24 for midnight.
            hours |= {int(word) % 24 for word in words if word.isdecimal() and int(word) <= 24}
    return Pace(_interval(channel), tuple(sorted(hours)), tuple(sorted(days)))


def _interval(channel: Mapping[str, Any]) -> timedelta | None:
    """Give the longest interval that a channel names."""
    period = PERIODS.get(str(channel.get("sy_updateperiod", "")).strip().lower())
    frequency = _number(channel.get("sy_updatefrequency", ""))
    minutes = _number(channel.get("ttl", ""))
    intervals = [period / (frequency or 1)] if period else []
    if minutes:
        intervals.append(min(timedelta(minutes=minutes), MAX_TTL))
    return max(intervals, default=None)


def _number(value: object) -> int:
    """Read a number of a feed; 0 where there is none, or one too large to be meant."""
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0
