"""The time of day in a text, and the zone that stands behind it."""

import re
from datetime import datetime, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from aggregator.text.dates.zones import abbreviated

# Zones of RFC 822, section 5.1, and other common names that mean one thing nearly everywhere, in hours.
_ZONES = {
    **{"z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "cest": 2, "met": 1},
    **{"mez": 1, "mesz": 2, "eet": 2, "eest": 3, "msk": 3, "trt": 3, "sast": 2},
    **{"pkt": 5, "ist": 5.5, "ict": 7, "wib": 7, "hkt": 8, "sgt": 8, "myt": 8, "pht": 8, "awst": 8, "jst": 9},
    **{"kst": 9, "acst": 9.5, "acdt": 10.5, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "hst": -10},
    **{"akst": -9, "akdt": -8, "pst": -8, "pdt": -7, "mst": -7, "mdt": -6, "cst": -6, "cdt": -5, "est": -5},
    **{"edt": -4, "ast": -4, "adt": -3, "nst": -3.5, "ndt": -2.5, "brt": -3, "vet": -4, "bdt": 6},
}
_RFC822 = frozenset("z ut utc gmt est edt cst cdt mst mdt pst pdt".split())
_ALSO = {"ast": 3, "bst": 6, "amt": -4, "sst": 8}
"""Other zones with these names, in Riyadh, Dhaka, Manaus and Singapore, which zoneinfo does not name."""
_TIME = re.compile(
    r"(上午|早上|早|晨|凌晨|中午|下午|午后|傍晚|晚上|晚间|晚|夜间)?\s*(?<![\d+])(?:"
    r"(\d{1,2})\s*[:时点]\s*(\d{1,2})(?:\s*[:分]\s*(\d{1,2})(?:[.,](\d{1,6})\d*)?)?\s*[分秒]?"
    r"|(\d{1,2})(?:点(半)?(?!赞|击|评)|(?=\s*[ap]\.?m\b))"
    rf"|(\d{{2}})(\d{{2}})(?=\s+(?:(?:{'|'.join(_ZONES)})\b|[+-]\d{{4}}))"
    r")(?:\s*([ap])\.?m\b\.?)?"
)
_AFTERNOON = {"下午", "午后", "傍晚"}
_NIGHT = {"晚上", "晚间", "晚", "夜间"}

_OFFSET = re.compile(r"\s*\(?(?:gmt|utc|z)?\s*([+-])(\d{1,2}):?(\d{2})?(?!\d)")
_NAME = re.compile(r"\s*(?:uhr\s+)?[(\[]?([a-z]{1,5})\b(\s*(?:[,.)|\]]|\d{4}\b|$))?")
# Americans write ET all year round; in French "et" is a word within a sentence.
_PLACES = re.compile(r"\s*\(?([ecmp])(?:t|astern|entral|ountain|acific)(?=\s*(?:[,.)|]|$))")
_CITIES = {"e": "New_York", "c": "Chicago", "m": "Denver", "p": "Los_Angeles"}


class Clock(NamedTuple):
    """A time of day, since midnight (24 hours and more belong to the next day), and the text around it."""

    time: timedelta
    before: str
    after: str


def find_clock(text: str) -> Clock | None:
    """Return the first time of day in lower-case text, or None. Raises ValueError for 25:00 and its like.

    24:00 and a leap second run over into the next day and minute.
    """
    match = _TIME.search(text)
    if match is None:
        return None
    word, hour, minute, second, fraction, bare, half, hour4, minute4, meridiem = match.groups()
    hours = int(hour or bare or hour4)
    minutes = 30 if half else int(minute or minute4 or 0)
    seconds = int(second or 0)
    if hours > 24 or minutes > 59 or seconds > 60:
        raise ValueError("no such time of day")
    hours = _of_the_day(hours, word, meridiem)
    microseconds = int((fraction or "0").ljust(6, "0"))
    time = timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds)
    return Clock(time, text[: match.start()], text[match.end() :])


def _of_the_day(hours: int, word: str | None, meridiem: str | None) -> int:
    """Return the hour of a day of 24 that is meant by one of the forenoon, the afternoon or the night."""
    if meridiem == "p" or word in _AFTERNOON or word in _NIGHT or (word == "中午" and hours < 11):
        return hours + 12 if hours < 12 + (word in _NIGHT) else hours
    return 0 if hours == 12 and (meridiem == "a" or word == "凌晨") else hours


def find_zone(after: str, moment: datetime, local: ZoneInfo, *, rfc822: bool) -> tzinfo:
    """Return the zone at the head of what stands after a time, ``local`` where none does.

    A name of RFC 822 means what it says there in a date of its form (``rfc822``); else what ``local`` is
    called about the naive ``moment`` comes first: CST is China's time to a Chinese program, and IST Israel's
    in Israel. Raises ValueError for an offset of a day or more.
    """
    if offset := _OFFSET.match(after):
        sign = -1 if offset[1] == "-" else 1
        return timezone(sign * timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0)))
    if place := _PLACES.match(after):
        return ZoneInfo(f"America/{_CITIES[place[1]]}")
    name = _NAME.match(after)
    hours = _ZONES.get(name[1]) if name else None
    # The rare names are words, too, within a sentence.
    if name and hours is None and (rfc822 or name[2] is not None):
        hours = abbreviated().get(name[1])
    if name is None or hours is None:
        return local
    own = None if rfc822 and name[1] in _RFC822 else _own_offset(name[1], moment, local)
    return timezone(timedelta(hours=hours) if own is None else own)


def _own_offset(name: str, moment: datetime, local: ZoneInfo) -> timedelta | None:
    """Return what a name means where ``local`` itself is called so, now or in another season; else None.

    Australians leave out their A: EST is the time of Sydney there.
    """
    for wall in (moment, moment.replace(month=1, day=1), moment.replace(month=7, day=1)):
        clock = wall.replace(tzinfo=local)
        offset = clock.utcoffset()
        if (clock.tzname() or "").lower() in (name, f"a{name}") or offset == timedelta(
            hours=_ALSO.get(name, 99)
        ):
            return offset
    return None
