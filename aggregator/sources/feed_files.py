"""The files and pictures of a feed's items: enclosures, Media RSS, and what iTunes' elements say of them."""

import re
from dataclasses import replace
from typing import Any

from aggregator.model import Attachment, Episode
from aggregator.sources.feed_entry import absolute
from aggregator.text.addresses import resolve
from aggregator.text.filetypes import MEDIA_TYPES, ending_of
from aggregator.text.text import fold

_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,4}):(\d{1,2})|(\d{1,6})(?:\.\d+)?")
_PAGE_TYPE = re.compile(r"(?:text|xhtml|html|application/xhtml)\b")
_FLASH = "application/x-shockwave-flash"


def read_files(item: Any, base: str) -> tuple[tuple[Attachment, ...], tuple[Attachment, ...]]:
    """Give the files that one of feedparser's entries is about, and those of Media RSS that accompany it."""
    attachments, media = _attachments(item, base), _media(item, base)
    if attachments:
        return _with_episode(item, base, attachments), media
    return (), _with_episode(item, base, media)


def _attachments(item: Any, base: str) -> tuple[Attachment, ...]:
    found = [
        Attachment(
            enclosure.get("href", ""),
            title=fold(enclosure.get("title", "")),
            media_type=enclosure.get("type", ""),
            length=_size(enclosure.get("length")),
        )
        for enclosure in item.get("enclosures", [])
    ]
    # An Atom entry's content may be a file (RFC 4287, section 4.1.3.2).
    found += [
        Attachment(part["src"], media_type=part["type"])
        for part in item.get("content", [])
        if part.get("src") and not _PAGE_TYPE.match(part.get("type") or "html")
    ]
    return absolute(base, found)


def _media(item: Any, base: str) -> tuple[Attachment, ...]:
    """Give the sounds, films and documents of Media RSS; of several forms of one, the first."""
    parts = sorted(item.get("media_content", []), key=lambda part: bool(part.get("isdefault") != "true"))
    kinds = {(part.get("group"), _media_kind(part)): part for part in reversed(parts)}
    found = [
        Attachment(
            part.get("url", ""),
            media_type=part.get("type", ""),
            length=_size(part.get("filesize")),
            episode=Episode(seconds) if (seconds := _seconds(part.get("duration"))) else None,
        )
        for (_, kind), part in reversed(kinds.items())
        if kind in ("audio", "video", "document", "application")
    ]
    return absolute(base, found)


def _with_episode(item: Any, base: str, files: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    """Add to the first file what iTunes' elements say of the item."""
    if not files:
        return ()
    season, number = _size(item.get("itunes_season")), _size(item.get("itunes_episode"))
    picture = resolve(base, item.get("image", {}).get("href", ""))
    duration = _seconds(item.get("itunes_duration"))
    if not (duration or season or number or picture):
        return files
    episode = Episode(duration, season, number, picture)
    return (replace(files[0], episode=episode), *files[1:])


def _seconds(text: Any) -> int | None:
    """Read a length of time: 1:02:03, 62:03 or 3723."""
    match = _CLOCK.fullmatch(str(text or "").strip())
    hours, minutes, seconds, alone = (int(part or 0) for part in match.groups()) if match else (0, 0, 0, 0)
    return hours * 3600 + minutes * 60 + seconds + alone or None


def _media_kind(part: Any) -> str:
    """Say what a file of Media RSS is: its ``medium``, else the first word of its type."""
    media_type = part.get("type", "")
    if media_type == _FLASH:
        return ""
    media_type = media_type or MEDIA_TYPES.get(ending_of(part.get("url", "")), "")
    return str(part.get("medium") or media_type.partition("/")[0])


def find_picture(item: Any, base: str) -> str:
    """Give the address of the picture that stands for an item, the widest of several; "" without one."""
    pictures = [part for part in item.get("media_content", []) if _media_kind(part) == "image"]
    pictures.sort(key=_width)
    pictures += sorted(item.get("media_thumbnail", []), key=_width)
    named = [part.get("url", "") for part in pictures]
    named.append(item.get("image", {}).get("href", ""))
    return next((address for one in named if one and (address := resolve(base, one))), "")


def _size(value: object) -> int | None:
    """Read a size in bytes or a number; a zero is what programs write that do not know it."""
    text = str(value or "")
    return int(text) or None if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _width(part: Any) -> int:
    """Give a key that sorts pictures by their widths, the widest first."""
    return -(_size(part.get("width")) or 0)
