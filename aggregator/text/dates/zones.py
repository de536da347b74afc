"""Zones by their names: those of IANA, and what people call them after places (CLDR)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

# 香港时间, 美国东部夏令时间; Eastern Standard Time, New York time; heure de Paris.
_SPOKEN = (
    ("zh", "时间", re.compile(r"([\u3400-\u9fff·]{2,12}?)(?:标准|夏令?)?(?<![布新表稿])时间")),
    ("en", "time", re.compile(r"((?:[a-z'-]+\s+){1,4}?)(?:(?:standard|daylight|summer)\s+)?time\b")),
    ("en", "h", re.compile(r"\bh(?:eure|ora)\s+((?:[a-z'-]+\s*){1,3})")),
)
_IANA = re.compile(r"(?<![\w/])[a-z_]+(?:/[a-z0-9_+-]+){1,2}(?![\w/])")
_NO_PART = re.compile(r"\b(?:standard|time)\b|标准|时间")

# Other names, and clocks that most of the zones that share them do not keep in summer.
_CALLED = {
    **dict.fromkeys(("eastern", "美东", "美国东部", "北美东部"), "America/New_York"),
    **dict.fromkeys(("pacific", "美西", "美国西部", "北美太平洋"), "America/Los_Angeles"),
    **{"central": "America/Chicago", "北美中部": "America/Chicago", "mountain": "America/Denver"},
    **dict.fromkeys(("western european", "西欧"), "Europe/Lisbon"),
    **dict.fromkeys(("eastern european", "东欧"), "Europe/Helsinki"),
    **dict.fromkeys(("北京", "beijing"), "Asia/Shanghai"),
    **dict.fromkeys(("台湾", "台灣", "taiwan"), "Asia/Taipei"),
}


def named_zone(text: str) -> ZoneInfo | None:
    """Return the zone whose name stands anywhere in a text that ``spell`` returned, or None."""
    for language, word, pattern in _SPOKEN:
        for match in pattern.finditer(text) if word in text else ():
            for name in _parts(match[1].strip(), language):
                if zone := _CALLED.get(name) or _zones(language).get(name):
                    return ZoneInfo(zone)
    written = _IANA.search(text) if "/" in text else None
    return ZoneInfo(zone) if written and (zone := _identifiers().get(written[0])) else None


def _parts(words: str, language: str) -> Iterator[str]:
    """Give the words, and what is left of them without those at their head or at their end, longest first."""
    parts = list(words) if language == "zh" else words.split()
    joint = "" if language == "zh" else " "
    for length in range(len(parts), 0, -1):
        yield joint.join(parts[-length:])
        yield joint.join(parts[:length])


@cache
def _identifiers() -> Mapping[str, str]:
    return {name.lower(): name for name in available_timezones()}


@cache
def _zones(language: str) -> Mapping[str, str]:
    """Give the zones of this machine by the names of their clocks ("eastern") and of their cities."""
    from babel import Locale  # takes a tenth of a second
    from babel.core import get_global

    locale, clocks = Locale(language), get_global("meta_zones")
    # Where many zones share a clock, those to which Windows gives names are the best known.
    famous = set(get_global("windows_zone_mapping").values())
    known = sorted(available_timezones() & clocks.keys(), key=lambda zone: (zone in famous, zone))
    names = {zone.rpartition("/")[2].replace("_", " ").lower(): zone for zone in known}
    for zone in known:
        names[locale.time_zones.get(zone, {}).get("city", zone).lower()] = zone
    for zone in known:
        called = locale.meta_zones.get(clocks[zone], {}).get("long", {})
        if name := called.get("generic") or called.get("standard"):
            names[" ".join(_NO_PART.sub(" ", name.lower()).split())] = zone
    return names


@cache
def abbreviated() -> Mapping[str, float]:
    """Give the hours of zones from UTC by abbreviations, in lower case, also of rare ones such as ART."""
    from dateparser.timezones import timezone_info_list  # type: ignore[import-untyped]  # takes as long

    return {name.lower(): seconds / 3600 for name, seconds in timezone_info_list[-1]["timezones"]}
