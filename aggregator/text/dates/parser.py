"""The parser of dates: what people and programs write, read as moments in UTC.

What is usual is read here, exactly: RFC 822 and 3339 in their sloppy forms, Chinese dates and those of
the common languages of Europe and East Asia, relative ones, dates without a year. Only what is left, such
as ``5. helmikuuta 2026``, goes to dateparser.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from aggregator.text.dates.clock import Clock, find_clock, find_zone
from aggregator.text.dates.days import Day, find_ago, find_day
from aggregator.text.dates.exact import read_exact
from aggregator.text.dates.spelling import spell
from aggregator.text.dates.zones import named_zone

# These are two arbitrary instants; a text that reads the same at both does not depend on "now".
_ONCE, _LATER = datetime(2000, 6, 1, 12, tzinfo=UTC), datetime(2002, 8, 10, 12, tzinfo=UTC)

_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
"""The moment that programs write where they know none, also as its midnight or evening somewhere."""

MAX_DATE = 200
"""Characters that are read: no date is longer, but whole articles come by mistake."""

_EPOCH = re.compile(r"(\d{10})(?:\.\d+)?|(\d{13})(?:\.\d+)?")
_JUST_NOW = re.compile(
    r"(?:\D*[:于]\s*)?(?:刚|now)\W*|(?:.*[\s:于·⋅•|])?(?:刚刚|刚才|just now)(?:前|更新|发布)?\W*"
)
# A time of day alone may have a label before it and words after it; a score or a duration is none.
_ALONE = re.compile(
    r"(?:\D{0,20}[:\s])?(?:上午|早上|早|凌晨|中午|下午|午后|傍晚|晚上|晚间|晚)?\s*"
    r"(?:\d{1,2}\s*[:时点]\s*\d{2}(?:\s*[:分]\s*\d{2}(?:\.\d+)?)?|\d{1,2}(?=点|\s*[ap]\.?m\b))\D*"
    r"(?:[+-]\d{1,2}:?\d{0,2}\D*|\d+\D*)?"
)
# In these zones 03/05/2026 is the third of May; the other countries that write so are told by their lists.
_DAY_FIRST = (
    *(
        "Europe/",
        "Africa/",
        "Australia/",
        "Pacific/Auckland",
        "Asia/Kolkata",
        "Asia/Calcutta",
        "Asia/Karachi",
    ),
    *("Asia/Dhaka", "Asia/Colombo", "Asia/Ho_Chi_Minh", "Asia/Saigon", "Asia/Bangkok", "Asia/Jakarta"),
    *("Asia/Singapore", "Asia/Kuala_Lumpur", "Asia/Hong_Kong", "Asia/Dubai", "Asia/Riyadh", "Asia/Jerusalem"),
    *(
        "America/Sao_Paulo",
        "America/Argentina/",
        "America/Buenos_Aires",
        "America/Santiago",
        "America/Bogota",
    ),
    *("America/Lima", "America/Mexico_City", "America/Montevideo", "America/Caracas", "America/Asuncion"),
    *("America/La_Paz", "America/Guayaquil", "America/Manaus", "America/Bahia", "America/Fortaleza"),
    *("America/Recife", "America/Belem", "America/Costa_Rica", "America/Guatemala", "America/Santo_Domingo"),
)
# A text for dateparser must have a year, or a number and a unit with a word beside them.
_UNUSUAL = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?!\d)"
    r"|^\W*(?:(?:[^\W\d]+\s+){1,2}\d{1,3}\s+[^\W\d]+|\d{1,3}\s+[^\W\d]+\s+[^\W\d]+)\W*$"
)


def read_date(text: str, now: datetime, timezone: str) -> datetime | None:
    """Return the moment that ``text`` names, aware and in UTC, or None where it names none.

    ``now`` (aware) is when the text was fetched: relative dates and dates without a year, which lie at
    most a day ahead of it, are read against it. ``timezone`` is the IANA name of the zone of dates that
    name none; a date alone is its midnight there. ``03/05/2026`` is 5 March, month first unless that
    cannot be; with dots the day is first. CST and its like mean what RFC 822 says in a date of its
    form, else what ``timezone`` calls itself, if it does. No text raises anything.
    """
    return read_exact(text) or _read_date(text[:MAX_DATE], now, timezone)


@lru_cache(1000)  # an entry's dates are asked for from several sides
def _read_date(text: str, now: datetime, timezone: str) -> datetime | None:
    zone = ZoneInfo(timezone)
    spelled = spell(text)
    try:
        moment = _read(spelled, now, zone) or _read_unusual(spelled, now, timezone)
        return moment.astimezone(UTC) if moment and 1000 <= moment.year < 9999 else None
    except (ValueError, OverflowError):
        return None


def is_moment(text: str) -> bool:
    """Tell whether ``read_date`` finds a date in a text that is not the zero of Unix clocks."""
    moment = read_date(text, _ONCE, "UTC")
    return moment is not None and abs(moment - _ZERO) >= timedelta(days=1)


def read_day(text: str, now: datetime, timezone: str) -> date | None:
    """Return the day that ``text`` names, as ``read_date`` reads it, where it names no time of day.

    Midnight is no time: programs write it where they know none. The day is that of the text, in whatever
    zone it is.
    """
    moment = read_date(text, now, timezone)
    if moment is None or (read_exact(text) and "00:00:00" not in text):
        return None
    spelled, zone = spell(text[:MAX_DATE]), ZoneInfo(timezone)
    wall = moment.astimezone(zone)
    try:
        found = _find_day(spelled, now, zone)
        clock = _clock(spelled, found)
    except (ValueError, OverflowError):
        found = clock = None
    if found is not None:
        return None if clock and clock.time else found.day
    return wall.date() if wall.time() == time() else None


def settle_date(text: str, now: datetime, timezone: str) -> tuple[str, bool]:
    """Write a date that means another moment later (昨天 23:01, 03-05, 5分钟前) as the one it means now.

    The flag tells of one that drifts with every minute ("5分钟前"): it says nothing new when it changes.
    """
    moment = read_date(text, now, timezone)
    if moment is None or read_exact(text) or read_date(text, now + timedelta(days=800), timezone) == moment:
        return text, False
    drifts = read_date(text, now + timedelta(minutes=1), timezone) == moment + timedelta(minutes=1)
    local = moment.astimezone(ZoneInfo(timezone))
    # A date without a time stays one: the article's page may know the time.
    return (moment if local.time() != time() else local.date()).isoformat(), drifts


def combine(listed: str, shown: str) -> str:
    """Return one date of what a list and an article's own page say, for ``read_date`` to read.

    The page's counts. Where it is only a time of day, the list's day goes before it; where it is only a
    day, and the list has that day's time (or a moment that is that day somewhere on earth), the list's
    counts, with the page's year if it has none of its own. Where the page names no date, or only how
    long ago it was while the list has a moment, the list's counts.
    """
    ours, theirs = _named(listed), _named(shown)
    if theirs.day is None:
        return _combine_without_day(ours, theirs)
    if not _is_same_day(ours, theirs):
        return shown
    if theirs.time and not theirs.year and ours.year:
        return f"{ours.words} {theirs.time}"
    if not theirs.time and (ours.time or ours.moment):
        return f"{theirs.words} {ours.time}" if theirs.year and not ours.year and ours.time else listed
    return shown


def same_day(one: str, other: str) -> bool:
    """Tell whether two dates, as written, may name one day (a moment: somewhere on earth).

    The first may have been guessed: a year that it did not say, or which of two numbers is the month.
    """
    ours, theirs = _named(one), _named(other)
    if _is_same_day(ours, theirs):
        return True
    if not (ours.day and theirs.day):
        return False
    month, day = theirs.day.month, theirs.day.day
    guessed = (ours.day.month, ours.day.day) == (month, day)
    return guessed or (ours.day.year, ours.day.month, ours.day.day) == (theirs.day.year, day, month)


class _Named(NamedTuple):
    """What a text names: a day and the words for it, whether with a year, a time of day; or a moment."""

    text: str
    day: date | None = None
    words: str = ""
    year: bool = False
    time: str = ""
    moment: datetime | None = None


def _named(text: str) -> _Named:
    """Take a date apart. A day relative to the fetch has no year, and midnight is no time."""
    spelled = spell(text[:MAX_DATE])
    once, later = _ONCE.date(), _LATER.date()
    try:
        found = find_day(spelled, once)
        clock = _clock(spelled, found)
        year = found is not None and found.day == (find_day(spelled, later) or found).day
    except (ValueError, OverflowError):
        return _Named(text)
    if found is None and clock and _ALONE.fullmatch(spelled):
        return _Named(text, time=_spelled(clock))
    if found is None:
        moment = read_date(text, _ONCE, "UTC")
        return _Named(text, year=moment == read_date(text, _LATER, "UTC"), moment=moment)
    words = spelled[len(found.before) : len(spelled) - len(found.after)].strip()
    time = _spelled(clock) if clock and clock.time else ""
    # A moment in a zone of its own is on another day elsewhere.
    moment = read_date(text, _ONCE, "UTC") if year and time else None
    moment = moment if moment == read_date(text, _ONCE, "Asia/Tokyo") else None
    return _Named(text, found.day, found.day.isoformat() if year else words, year, time, moment)


def _combine_without_day(ours: _Named, theirs: _Named) -> str:
    """Return the page's moment or time of day, with the list's day if it has one, else the list's date."""
    if theirs.moment:
        return theirs.text if theirs.year or not (ours.time or ours.moment) else ours.text
    if theirs.time and ours.day and not ours.time:
        return f"{ours.words} {theirs.time}"
    return theirs.text if theirs.time and not ours.day and not ours.moment else ours.text


def _is_same_day(ours: _Named, theirs: _Named) -> bool:
    if theirs.day is None:
        return False
    if ours.moment:
        midnight = datetime(theirs.day.year, theirs.day.month, theirs.day.day, tzinfo=UTC)
        return timedelta(hours=-14) <= ours.moment - midnight < timedelta(hours=36)
    if ours.day is None:
        return False
    if ours.year and theirs.year:
        return ours.day == theirs.day
    return (ours.day.month, ours.day.day) == (theirs.day.month, theirs.day.day)


def _spelled(clock: Clock) -> str:
    minutes, seconds = divmod(int(clock.time.total_seconds()), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02} {clock.after.strip()}".rstrip()


def _read(spelled: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Read the usual forms. Raises ValueError or OverflowError for an impossible date."""
    if epoch := _EPOCH.fullmatch(spelled):
        return datetime.fromtimestamp(int(epoch[1] or epoch[2]) / (1 if epoch[1] else 1000), UTC)
    if _JUST_NOW.fullmatch(spelled):
        return now
    today = now.astimezone(zone).date()
    found = _find_day(spelled, now, zone)
    if ago := find_ago(spelled, now) if found is None else None:
        return ago
    clock = _clock(spelled, found)
    if found is None:
        if clock is None or clock.before or clock.after:
            return None
        moment = datetime(today.year, today.month, today.day, tzinfo=zone) + clock.time
        return moment if moment <= now + timedelta(hours=1) else moment - timedelta(days=1)
    naive = datetime(found.day.year, found.day.month, found.day.day)  # noqa: DTZ001
    naive += clock.time if clock else timedelta()
    local = named_zone(spelled) or zone
    # A bare hyphen behind a date does not begin a zone.
    after = clock.after if clock else found.after.partition("-")[0]
    return naive.replace(tzinfo=find_zone(after, naive, local, rfc822=found.rfc822))


def _find_day(spelled: str, now: datetime, zone: ZoneInfo) -> Day | None:
    return find_day(spelled, now.astimezone(zone).date(), day_first=zone.key.startswith(_DAY_FIRST))


def _clock(spelled: str, found: Day | None) -> Clock | None:
    return find_clock(found.after) or find_clock(found.before) if found else find_clock(spelled)


def _read_unusual(spelled: str, now: datetime, zone: str) -> datetime | None:
    """Ask dateparser, but only for text with a day's number and a word, since it finds dates in much else."""
    if not re.search(r"(?<![a-z\d])\d{1,2}(?!\d)", spelled) or not _UNUSUAL.search(spelled):
        return None
    import dateparser  # type: ignore[import-untyped]  # loads every language it knows

    # "28 minutes" is how long something takes, "vor 28 Minuten" is when.
    length = re.fullmatch(r"(?:\W*\d+\s*[^\W\d\u3000-\uffff]+)+\W*", spelled)
    found: datetime | None = dateparser.parse(
        spelled,
        settings={
            "RELATIVE_BASE": now.astimezone(ZoneInfo(zone)).replace(tzinfo=None),
            "TIMEZONE": zone,
            "RETURN_AS_TIMEZONE_AWARE": True,
            "PREFER_DATES_FROM": "past",
            "REQUIRE_PARTS": ["day", "month"],
            "PARSERS": ["absolute-time"] if length else ["relative-time", "absolute-time"],
        },
    )
    return found
