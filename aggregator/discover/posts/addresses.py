"""Addresses that Jekyll gives to posts (https://jekyllrb.com/docs/permalinks/), as versions 3 and 4 do."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from urllib.parse import unquote

STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
MAX_PATH, MAX_NAME = 1000, 250
"""Bytes of a path and of one name in it; file systems end at 255, and a suffix stands behind it."""
RESERVED = re.compile(
    r"(?:share|category|source|tag|feed|feeds|assets|media|withdrawn|search|r|api|status|metrics|websub|healthz)(?:/|$)"
    r"|(?:index|404|feeds)\.html$|feeds\.opml$|robots\.txt$|sitemap"
)
"""Paths of documents of ours."""
_PRETTY = re.compile(r"[^\w.~!$&'()+,;=@-]+", re.UNICODE)
_PLAIN = re.compile(r"[^\w-]+|_", re.UNICODE)
_PLACEHOLDER = re.compile(r":([a-z_]+)")


@dataclass(frozen=True, slots=True)
class Named:
    """What a post's address is made of."""

    slug: str
    """As its file is named, or as ``slug`` says."""
    moment: datetime
    """In the zone of the site."""
    categories: Sequence[str] = ()


def moment_of(text: str, zone: tzinfo, *, plain: bool) -> datetime | None:
    """Read a date as Jekyll does for addresses: a ``plain`` one (without quotes) of seconds is in UTC."""
    match = re.match(
        r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt\s]+(\d{1,2}):(\d{2})(:\d{2})?(?:\.\d+)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?",
        text.strip(),
    )
    if not match:
        return None
    year, month, day, hour, minute, second, offset = match.groups()
    try:
        wall = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), tzinfo=zone)
        if offset:
            sign = "+0000" if offset in ("Z", "UTC") else offset.replace(":", "")
            known = datetime.strptime(f"{wall:%Y-%m-%d %H:%M} {sign}", "%Y-%m-%d %H:%M %z")
            return known.astimezone(zone)
        return wall.replace(tzinfo=UTC).astimezone(zone) if plain and second else wall
    except (ValueError, OverflowError):  # OverflowError: in this zone it is in no year from 1 to 9999
        return None


def address_of(pattern: str, named: Named) -> str:
    """Give the path at which a post was, below its site's root; a folder's ends with ``index.html``.

    It is empty where no file of ours may lie there.
    """
    values = _values(named)
    template = STYLES.get(pattern, pattern)
    filled = _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), f"/{template}")
    path = re.sub(r"/{2,}", "/", unquote(filled)).lstrip("/")
    if not path or path.endswith("/"):
        path += "index.html"
    elif "." not in path.rpartition("/")[2]:
        path += ".html"
    path = unicodedata.normalize("NFC", path)
    return path if _is_free(path) else ""


def _is_free(path: str) -> bool:
    names = path.split("/")
    short = len(path.encode()) <= MAX_PATH and all(len(name.encode()) <= MAX_NAME for name in names)
    plain = path.isprintable() and not any(name.startswith(".") or not name for name in names)
    return short and plain and not RESERVED.match(path)


def _values(named: Named) -> Mapping[str, str]:
    moment = named.moment
    year, week, day = moment.isocalendar()
    lowered = dict.fromkeys(str(one).lower() for one in named.categories)
    return {
        "categories": "/".join(lowered),
        "slugified_categories": "/".join(map(slugify, lowered)),
        "title": slugify(named.slug, pretty=True),
        "slug": slugify(named.slug),
        "name": slugify(named.slug),
        "basename": named.slug,
        "collection": "posts",
        "output_ext": ".html",
        "year": f"{moment.year:04}",
        "short_year": f"{moment:%y}",
        "month": f"{moment.month:02}",
        "i_month": str(moment.month),
        "short_month": f"{moment:%b}",
        "long_month": f"{moment:%B}",
        "day": f"{moment.day:02}",
        "i_day": str(moment.day),
        "y_day": f"{moment:%j}",
        "short_day": f"{moment:%a}",
        "long_day": f"{moment:%A}",
        "hour": f"{moment.hour:02}",
        "minute": f"{moment.minute:02}",
        "second": f"{moment.second:02}",
        "w_year": str(year),
        "week": f"{week:02}",
        "w_day": str(day),
    }


def slugify(text: str, *, pretty: bool = False) -> str:
    """Make a slug as ``Jekyll::Utils.slugify`` does: ``pretty`` keeps capitals and more signs."""
    slug = (_PRETTY if pretty else _PLAIN).sub("-", text).strip("-")
    return slug if pretty else slug.lower()
