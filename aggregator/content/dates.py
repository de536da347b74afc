"""Dates as people and programs write them, read as moments in UTC.

What is usual is read here, exactly: RFC 822 and 3339 in their sloppy forms, Chinese and English
dates, relative ones, dates without a year. Only what is left, such as ``5. März 2026``, goes to dateparser.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from aggregator.content.clock import find_clock, find_zone

LONGEST = 200
"""Characters that are looked at: no date is longer, and whole articles come by mistake."""

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
# Two digits before a colon or "am" are hours, no year.
_YEAR = r"(\d{3,4}(?!\d)|'?\d{2}(?!\d|:|\s*[ap]\.?m\b))"

_EPOCH = re.compile(r"(\d{10})(?:\.\d+)?|(\d{13})(?:\.\d+)?")
_BASIC = re.compile(r"(?<!\d)((?:19|20)\d{2})(\d{2})(\d{2})(?:[t ]?(\d{2})(\d{2})(\d{2})?)?(?!\d)")
_YEAR_FIRST = re.compile(
    r"(?<!\d)(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{2}(?=\d{2}:)|\d{1,2}(?!\d))\s*[日号]?"
)
# A year of two digits, but no version 2.4.10.
_YEAR_LAST = re.compile(r"(?<![\d/.-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|(?<=/)\d{2}|(?<=\d\d\.)\d{2})(?!\d)")
_DAY_MONTH = re.compile(
    rf"(?<![\d:])(\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?[\s,./-]*{_MONTH}(?:[\s,./-]+{_YEAR})?"
)
_MONTH_DAY = re.compile(rf"\b{_MONTH}[\s,./-]*(\d{{1,2}})(?![\d:])(?:st|nd|rd|th)?\b(?:[\s,]+{_YEAR})?")
_YEAR_ELSEWHERE = re.compile(r"(?<![\d+-])((?:19|20)\d{2})(?![\d:])")
_NO_YEAR = re.compile(
    r"(?<!\d)(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]|^(?:[^\da-z]*[:\s(\[])?(\d{1,2})[-/](\d{1,2})(?=[\s)\]]|$)"
)
_SPAN = re.compile(
    r"(\d{1,6}|半|\b(?:an?|one)\s)(?:\s*(?:个?(半)|个))?\s*"
    r"(秒|分|小时|时间|钟头|天|日|周|星期|s|m|h|d|w)(?:钟|ec|econd|in|inute|r|our|ay|eek|k)?s?(?![a-rt-z])"
)
_AGO = re.compile(rf"((?:{_SPAN.pattern}[\s,]*(?:and\s+)?)++)(?:之?以?前|ago\b)")
_DAY_WORD = re.compile(r"(大前天|前天|昨[天日]?|今[天日]?|\byesterday\b|\btoday\b)")
_JUST_NOW = re.compile(r"(?:\D*[:于]\s*)?(?:刚刚|刚才|刚|just now|now)\W*")
_CHINESE_NUMBER = re.compile(r"([〇○零一二两三四五六七八九十廿]{1,4})(?=[年月日号时点分秒天周]|小时|个|星期)")

_SIMPLE = str.maketrans("時點鐘剛個號兩週間後−", "时点钟刚个号两周间后-")
_DIGITS = {
    **{digit: str(place) for place, digit in enumerate("零一二三四五六七八九")},
    "〇": "0",
    "○": "0",
    "两": "2",
}
_DAYS_BACK = {"大前天": 3, "前天": 2, "昨": 1, "今": 0, "yesterday": 1, "today": 0}
_SECONDS = dict.fromkeys("秒s", 1) | dict.fromkeys("分m", 60) | dict.fromkeys("小时钟h", 3600)
_SECONDS |= dict.fromkeys("天日d", 86400) | dict.fromkeys("周星w", 604800)


class _Day(NamedTuple):
    """A date found in a text, what stands around it, and whether it is in the order of RFC 822."""

    day: date
    before: str
    after: str
    rfc822: bool = False


def read_date(text: str, now: datetime, timezone: str) -> datetime | None:
    """Return the moment that ``text`` names, aware and in UTC, or None where it names none.

    ``now`` (aware) is when the text was fetched: relative dates and dates without a year, which lie at
    most a day ahead of it, are read against it. ``timezone`` is the IANA name of the zone of dates that
    name none; a date alone is its midnight there. ``03/05/2026`` is 5 March, month first unless that
    cannot be; with dots the day is first. CST and its like mean what RFC 822 says in a date of its
    form, else what ``timezone`` calls itself, if it does. No text raises anything.
    """
    zone = ZoneInfo(timezone)
    said = _folded(text[:LONGEST])
    try:
        moment = _read(said, now, zone) or _read_unusual(said, now, timezone)
        return moment.astimezone(UTC) if moment and 1000 <= moment.year < 9999 else None
    except (ValueError, OverflowError):
        return None


def settle_date(text: str, now: datetime, timezone: str) -> tuple[str, bool]:
    """Write a date that means another moment later (昨天 23:01, 03-05, 5分钟前) as the one it means now.

    The flag tells of one that drifts with every minute ("5分钟前"): it says nothing new when it changes.
    """
    moment = read_date(text, now, timezone)
    if moment is None or read_date(text, now + timedelta(days=800), timezone) == moment:
        return text, False
    drifts = read_date(text, now + timedelta(minutes=1), timezone) == moment + timedelta(minutes=1)
    return moment.isoformat(), drifts


def _read(said: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Read what is usual. Raises ValueError or OverflowError for a date that cannot be."""
    if epoch := _EPOCH.fullmatch(said):
        return datetime.fromtimestamp(int(epoch[1] or epoch[2]) / (1 if epoch[1] else 1000), UTC)
    if _JUST_NOW.fullmatch(said):
        return now
    today = now.astimezone(zone).date()
    found = _find_day(said, today)
    if found is None and (ago := _AGO.search(said)):
        return now - sum(map(_span, _SPAN.finditer(ago[1])), timedelta())
    found = found or _find_day_word(said, today) or _find_day_without_year(said, today)
    clock = find_clock(found.after) or find_clock(found.before) if found else find_clock(said)
    if found is None:
        if clock is None or clock.before or clock.after:
            return None
        moment = datetime(today.year, today.month, today.day, tzinfo=zone) + clock.time
        return moment if moment <= now + timedelta(hours=1) else moment - timedelta(days=1)
    naive = datetime(found.day.year, found.day.month, found.day.day)  # noqa: DTZ001
    naive += clock.time if clock else timedelta()
    local = ZoneInfo("Asia/Shanghai") if "北京时间" in said else zone
    # A bare hyphen behind a date begins anything but a zone.
    after = clock.after if clock else found.after.partition("-")[0]
    return naive.replace(tzinfo=find_zone(after, naive, local, rfc822=found.rfc822))


def _folded(text: str) -> str:
    """Return the text in lower case, with plain digits, punctuation and units, trimmed."""
    said = unicodedata.normalize("NFKC", text).translate(_SIMPLE).lower().strip(" \t\r\n()[]<>\"'|,;·-—")
    return _CHINESE_NUMBER.sub(_number, said.replace("\\r", " ").replace("\\n", " "))


def _number(match: re.Match[str]) -> str:
    """Write 二〇二六 as 2026 and 二十五 as 25."""
    word = match[1].replace("廿", "二十")
    tens, ten, ones = word.partition("十")
    if ten and len(tens) < 2 and len(ones) < 2:
        return _DIGITS.get(tens, "1") + _DIGITS.get(ones, "0")
    return "".join(_DIGITS.get(character, "") for character in word)


def _find_day(said: str, today: date) -> _Day | None:
    """Find a date that stands by itself."""
    if match := _YEAR_FIRST.search(said):
        return _Day(date(int(match[1]), int(match[2]), int(match[3])), *_around(said, match))
    if match := _DAY_MONTH.search(said):
        before, after = _around(said, match)
        return _Day(
            _day_of(match[3], match[2], match[1], before + after, today), before, after, bool(match[3])
        )
    if match := _MONTH_DAY.search(said):
        before, after = _around(said, match)
        return _Day(_day_of(match[3], match[1], match[2], before + after, today), before, after)
    if match := _YEAR_LAST.search(said):
        first, mark, second, year = match.groups()
        day_first = mark == "." or int(first) > 12
        month, number = (second, first) if day_first else (first, second)
        return _Day(date(_full_year(year), int(month), int(number)), *_around(said, match))
    if match := _BASIC.search(said):
        before, after = _around(said, match)
        time = f" {match[4]}:{match[5]}:{match[6] or '00'}" if match[4] else ""
        return _Day(date(int(match[1]), int(match[2]), int(match[3])), before, time + after)
    return None


def _find_day_word(said: str, today: date) -> _Day | None:
    """Find yesterday and its like, with a time or alone: a sentence about yesterday is no date."""
    match = _DAY_WORD.search(said)
    if match is None:
        return None
    word = match[1] if match[1] in _DAYS_BACK else match[1][0]
    before, after = _around(said, match)
    if not find_clock(after) and (after.strip() or (before and before[-1] not in ":于 ")):
        return None
    return _Day(today - timedelta(days=_DAYS_BACK[word]), before, after)


def _find_day_without_year(said: str, today: date) -> _Day | None:
    """Find 3月5日 anywhere, 03-05 with a time or alone: pages 3-5 are no date."""
    match = _NO_YEAR.search(said)
    if match is None:
        return None
    before, after = _around(said, match)
    if match[3] and not find_clock(after) and after.strip(" )]"):
        return None
    return _Day(_latest(int(match[1] or match[3]), int(match[2] or match[4]), today), before, after)


def _around(said: str, match: re.Match[str]) -> tuple[str, str]:
    return said[: match.start()], said[match.end() :]


def _span(match: re.Match[str]) -> timedelta:
    """Return how long 半小时, 1个半小时 or "an hour" is."""
    amount = {"半": 0.5, "a": 1, "an": 1, "one": 1}.get(match[1].strip()) or float(match[1])
    return timedelta(seconds=(amount + 0.5 * bool(match[2])) * _SECONDS[match[3][0]])


def _day_of(year: str | None, month: str, day: str, around: str, today: date) -> date:
    """Put an English date together; its year may stand elsewhere: ``Thu Mar 5 10:20:00 CST 2026``."""
    number = _MONTHS.index(month[:3]) + 1
    if year is None and (elsewhere := _YEAR_ELSEWHERE.search(around)):
        year = elsewhere[1]
    return date(_full_year(year), number, int(day)) if year else _latest(number, int(day), today)


def _full_year(year: str) -> int:
    """Read a year of two or three digits as RFC 2822, section 4.3 says."""
    digits = year.lstrip("'")
    return int(digits) + (0 if len(digits) == 4 else 2000 if int(digits) < 50 else 1900)


def _latest(month: int, day: int, today: date) -> date:
    """Return the last such day that is not past tomorrow; nine years always hold a 29 February."""
    for year in range(today.year + 1, today.year - 9, -1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found <= today + timedelta(days=1):
            return found
    raise ValueError("no year has such a day")


def _read_unusual(said: str, now: datetime, zone: str) -> datetime | None:
    """Ask dateparser, which sees a date in much: only for text with a day's number and a word."""
    if not re.search(r"(?<![a-z\d])\d{1,2}(?!\d)", said) or not re.search(
        r"[^\W\d_]{3}|[^\x00-\u04ff]", said
    ):
        return None
    import dateparser  # type: ignore[import-untyped]  # loads every language it knows

    # "28 minutes" is how long something takes, "vor 28 Minuten" is when.
    length = re.fullmatch(r"\d+\s*[^\W\d\u3000-\uffff]+\W*", said)
    found: datetime | None = dateparser.parse(
        said,
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
