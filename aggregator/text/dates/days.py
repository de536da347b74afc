"""Days in a text: written out, without a year, or named from today ("yesterday", 3天前)."""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import NamedTuple

from aggregator.text.dates.clock import find_clock
from aggregator.text.dates.vocabulary import ENGLISH

_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
# Two digits before a colon or "am" are an hour and no year.
_YEAR = r"(\d{3,4}(?!\d)|'?\d{2}(?!\d|:|\s*[ap]\.?m\b))"

_BASIC = re.compile(r"(?<!\d)((?:19|20)\d{2})(\d{2})(\d{2})(?:[t ]?(\d{2})(\d{2})(\d{2})?)?(?!\d)")
_YEAR_FIRST = re.compile(
    r"(?<!\d)(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{2}(?=\d{2}:)|\d{1,2}(?!\d))\s*[日号]?"
)
# The year may have two digits, but 2.4.10 is a version.
_YEAR_LAST = re.compile(
    r"(?<![\d/.-])(\d{1,2})([/.-])\s?(\d{1,2})\2\s?(\d{4}|(?<=/)\d{2}|(?<=\d\d\.)\d{2})(?!\d)"
)
# Years of two digits come first in Chinese and Japanese; between hyphens only in a text with such characters.
_SHORT_YEAR = re.compile(r"(?<!\d)(\d{2})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})(?!\d)")
_SHORT_CHINESE = re.compile(r"(?<![\d/.-])(\d{2})(?:-(\d{2})-|[/.](\d{2})[/.])(\d{2})(?![\d/.-])")
_CHINESE = re.compile("[\u3400-\u9fff]")
# Lists write day and month above each other, in elements of their own: 05 2026-03, 2026 03-05, 05 / 3月.
_APART = re.compile(
    r"^(?:(?P<d1>\d{1,2})(?:\s*[日号]|\s*[\s|/])\s*(?P<y1>\d{4})\s*[-/.年]\s*(?P<m1>\d{1,2})\s*月?"
    r"|(?P<y2>\d{4})\s*年?\s*[\s|/]\s*(?P<m2>\d{1,2})\s*[-/.月]\s*(?P<d2>\d{1,2})\s*[日号]?"
    r"|(?P<y3>\d{4})\s*[-/.年]\s*(?P<m3>\d{1,2})\s*月?\s*[\s|/]\s*(?P<d3>\d{1,2})\s*[日号]?"
    r"|(?P<m4>\d{1,2})\s*[-月]\s*(?P<d4>\d{1,2})(?:\s*[日号]|\s*[\s|/])\s*(?P<y4>\d{4})\s*年?"
    r"|(?P<d5>\d{1,2})\s*[日号]\s*[\s|/]?\s*(?P<m5>\d{1,2})\s*月\s*[\s|/]?\s*(?P<y5>\d{4})\s*年?"
    r"|(?P<d6>\d{1,2})(?:\s*[日号]|\s*[\s|/])\s*(?P<m6>\d{1,2})\s*月"
    r"|(?P<m7>\d{1,2})\s*月\s*[|/]?\s*(?P<d7>\d{1,2})"
    r")(?=$|\s+\d{1,2}:\d)"
)
_DAY_MONTH = re.compile(
    rf"(?<![\d:])(\d{{1,2}})(?:st|nd|rd|th|er|o|:?e|'s)?(?:\s+of)?[\s,./-]*{_MONTH}(?:[\s,./-]+{_YEAR})?"
)
_MONTH_DAY = re.compile(rf"\b{_MONTH}[\s,./-]*(\d{{1,2}})(?![\d:])(?:st|nd|rd|th)?\b(?:[\s,]+{_YEAR})?")
_YEAR_ELSEWHERE = re.compile(r"(?<![\d+-])((?:19|20)\d{2})(?![\d:])")
_NO_YEAR = re.compile(
    r"(?<!\d)(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]"
    r"|(?<![\d/-])(\d{1,2})/(\d{1,2})\s*(?=\([月火水木金土日]\))"
    r"|^(?:[^\da-z]*[:\s(\[])?(\d{1,2})[-/](\d{1,2})(?=[\s)\]]|$)"
)
_GERMAN = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.?(?=,?\s+(?:um\s+)?\d{1,2}:\d{2}\s*uhr\b)")
_SPAN = re.compile(
    r"((?<!\d)\d{1,6}|半|\b(?:an?|one)\s)(?:\s*(?:个?(半)|个))?\s*"
    r"(秒|分|小时|时间|钟头|天|日|周|星期|(?<=[个半])月|年|mo|y|s|m|h|d|w)"
    r"(?:钟|ec|econd|in|inute|r|our|ay|eek|k|nth|ear)?s?(?![a-rt-z])"
)
_AGO = re.compile(rf"((?:{_SPAN.pattern}[\s,]*(?:and\s+)?)++)(?:之?以?前|ago\b)")
_DAY_WORD = re.compile(r"(大前天|前天|昨[天日]?|今[天日]?|\byesterday\b|\btoday\b)")

_WEEKDAY = re.compile(
    r"(上)?个?(?:周|星期|礼拜)([一二三四五六日天])|\b(last\s+)?(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|ur)?(?:day)?\b"
)
_WEEK = "一二三四五六日", "mon tue wed thu fri sat sun".split()

_DAYS_BACK = {"大前天": 3, "前天": 2, "昨": 1, "今": 0, "yesterday": 1, "today": 0}
_SECONDS = dict.fromkeys("秒s", 1) | dict.fromkeys("分m", 60) | dict.fromkeys("小时钟h", 3600)
_SECONDS |= dict.fromkeys("天日d", 86400) | dict.fromkeys("周星w", 604800)
_CALENDAR = {"月": 1, "mo": 1, "年": 12, "y": 12}


class Day(NamedTuple):
    """A date found in a text, what stands around it, and whether it is in the order of RFC 822."""

    day: date
    before: str
    after: str
    rfc822: bool = False


def find_day(text: str, today: date, *, day_first: bool = False) -> Day | None:
    """Find the day in a text that ``spell`` returned, or None. Raises ValueError for an impossible one.

    Days without a year and those before today are read against ``today``. ``day_first`` says how to read
    03/05/2026, where both ways are possible.
    """
    return (
        _find_whole_day(text, today, day_first)
        or _find_day_word(text, today)
        or _find_day_without_year(text, today)
        or _find_weekday(text, today)
    )


def find_ago(text: str, now: datetime) -> datetime | None:
    """Find a time before now (3小时前, 2 months ago). Raises ValueError or OverflowError beyond all years."""
    ago = _AGO.search(text)
    if ago is None:
        return None
    months, span = 0.0, timedelta()
    for match in _SPAN.finditer(ago[1]):
        amount = {"半": 0.5, "a": 1, "an": 1, "one": 1}.get(match[1].strip()) or float(match[1])
        amount += 0.5 * bool(match[2])
        months += amount * _CALENDAR.get(match[3], 0)
        span += timedelta(seconds=amount * (0 if match[3] in _CALENDAR else _SECONDS[match[3][0]]))
    # Half a month is fifteen days.
    year, month = divmod(now.year * 12 + now.month - 1 - int(months), 12)
    day = min(now.day, monthrange(year, month + 1)[1])
    return now.replace(year=year, month=month + 1, day=day) - span - timedelta(days=months % 1 * 30)


def _find_whole_day(text: str, today: date, day_first: bool) -> Day | None:
    """Find a date with its year or an English month."""
    return _find_from_year(text, today) or _find_to_year(text, today, day_first)


def _find_from_year(text: str, today: date) -> Day | None:
    """Find a date that begins with its year, or names its parts."""
    if match := _APART.search(text):
        named = {name[0]: int(value) for name, value in match.groupdict().items() if value}
        around = _around(text, match)
        if "y" not in named:
            return Day(_latest(named["m"], named["d"], today), *around)
        return Day(date(named["y"], named["m"], named["d"]), *around)
    if match := _YEAR_FIRST.search(text):
        return Day(date(int(match[1]), int(match[2]), int(match[3])), *_around(text, match))
    if match := _SHORT_YEAR.search(text) or (_SHORT_CHINESE.search(text) if _CHINESE.search(text) else None):
        parts = [int(part) for part in match.groups() if part]
        return Day(date(2000 + parts[0], parts[1], parts[2]), *_around(text, match))
    return None


def _find_to_year(text: str, today: date, day_first: bool) -> Day | None:
    """Find a date that ends with its year, names its month in English, or is eight digits."""
    if match := _DAY_MONTH.search(text):
        before, after = _around(text, match)
        day = _day_of(match[3], match[2], match[1], before + after, today)
        return Day(day, before, after, bool(match[3]))
    if match := _MONTH_DAY.search(text):
        before, after = _around(text, match)
        return Day(_day_of(match[3], match[1], match[2], before + after, today), before, after)
    if match := _YEAR_LAST.search(text):
        return Day(_year_last(match, day_first), *_around(text, match))
    if match := _BASIC.search(text):
        before, after = _around(text, match)
        time = f" {match[4]}:{match[5]}:{match[6] or '00'}" if match[4] else ""
        return Day(date(int(match[1]), int(match[2]), int(match[3])), before, time + after)
    return None


def _year_last(match: re.Match[str], day_first: bool) -> date:
    first, mark, second, year = match.groups()
    day_first = int(first) > 12 or (int(second) <= 12 and (day_first or mark == "."))
    month, day = (second, first) if day_first else (first, second)
    return date(_full_year(year), int(month), int(day))


def _find_day_word(text: str, today: date) -> Day | None:
    """Find yesterday and the like, with a time or alone: within a sentence they are no date."""
    match = _DAY_WORD.search(text)
    if match is None:
        return None
    word = match[1] if match[1] in _DAYS_BACK else match[1][0]
    before, after = _around(text, match)
    if not find_clock(after) and (after.strip() or (before and before[-1] not in ":于 ")):
        return None
    return Day(today - timedelta(days=_DAYS_BACK[word]), before, after)


def _find_day_without_year(text: str, today: date) -> Day | None:
    """Find 3月5日 anywhere, but 03-05 only with a time or alone, since it may number pages."""
    if match := _GERMAN.search(text):
        return Day(_latest(int(match[2]), int(match[1]), today), *_around(text, match))
    match = _NO_YEAR.search(text)
    if match is None:
        return None
    before, after = _around(text, match)
    if match[5] and not find_clock(after) and after.strip(" )]"):
        return None
    month, day = (int(number) for number in match.groups() if number)
    return Day(_latest(month, day, today), before, after)


def _find_weekday(text: str, today: date) -> Day | None:
    """Find a day of the week, with a time or alone: the last up to today, or that of last week (上周三)."""
    match = _WEEKDAY.search(text)
    if match is None:
        return None
    before, after = _around(text, match)
    if not (find_clock(after) or not after.strip()) or (before and before[-1] not in ":于, "):
        return None
    number = _WEEK[0].index(match[2].replace("天", "日")) if match[2] else _WEEK[1].index(match[4])
    back = (today.weekday() - number) % 7
    if match[1]:
        back = today.weekday() - number + 7
    elif match[3] and back == 0:
        back = 7
    return Day(today - timedelta(days=back), before, after)


def _around(text: str, match: re.Match[str]) -> tuple[str, str]:
    return text[: match.start()], text[match.end() :]


def _day_of(year: str | None, month: str, day: str, around: str, today: date) -> date:
    """Return an English date; its year may stand elsewhere: ``Thu Mar 5 10:20:00 CST 2026``."""
    number = ENGLISH.index(month[:3]) + 1
    if year is None and (elsewhere := _YEAR_ELSEWHERE.search(around)):
        year = elsewhere[1]
    return date(_full_year(year), number, int(day)) if year else _latest(number, int(day), today)


def _full_year(year: str) -> int:
    """Return the year that two or three digits mean (RFC 2822, section 4.3)."""
    digits = year.lstrip("'")
    return int(digits) + (0 if len(digits) == 4 else 2000 if int(digits) < 50 else 1900)


def _latest(month: int, day: int, today: date) -> date:
    """Return the last such day up to tomorrow; nine years always hold a 29 February."""
    for year in range(today.year + 1, today.year - 9, -1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found <= today + timedelta(days=1):
            return found
    raise ValueError("no year has such a day")
