"""What a source is like: what it says of its rhythm, and what its polls taught us of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """What a list says of how often to come: not sooner than ``every``, not in these hours or days of UTC.

    RSS 2.0 (ttl, skipHours, skipDays) and the syndication module of RSS 1.0 (sy:updatePeriod). Hours are 0 to
    23, days 0 (Monday) to 6.
    """

    every: timedelta | None = None
    hours: tuple[int, ...] = ()
    days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a source publishes: what arrived by hour of the day and by day of the week (UTC, Monday first).

    Older arrivals weigh less: the weights are those of ``at``. ``since`` is when counting began.
    """

    hours: tuple[float, ...] = ()
    days: tuple[float, ...] = ()
    since: datetime | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """How the polls of a source usually are; shares are running means from 0 to 1.

    Of its lists: how many were read (``polls``) since when, the fewest entries, the share of titles and of
    dates that occur once in their list, the share of entries with a date. Of its new articles: how many, the
    share with a date, the mean length of their texts in characters, the share of text that repeats, and
    hashes of the ``sentences`` last seen. Of their dates: the ``latest``, the longest ``pause`` between two,
    how many in a row were ``last``'s, and how many in a row ever were one.
    """

    polls: int = 0
    since: datetime | None = None
    fewest: int = 0
    titles: float = 0.0
    dates: float = 0.0
    dated: float = 0.0
    articles: int = 0
    told: float = 0.0
    length: float = 0.0
    repeated: float = 0.0
    sentences: tuple[str, ...] = ()
    latest: datetime | None = None
    pause: timedelta = timedelta(0)
    last: datetime | None = None
    run: int = 0
    longest_run: int = 0
