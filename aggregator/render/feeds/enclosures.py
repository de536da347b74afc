"""The files of an article as feeds name them: its attachments, and the picture that stands for it."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from aggregator.model import Attachment, KeptArticle
from aggregator.render import paths
from aggregator.render.xml import as_uri, visible
from aggregator.settings import Site
from aggregator.text.filetypes import ENCLOSED, MEDIA_TYPES, ending_of

MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
# In clean HTML no angle bracket stands bare in a value.
PICTURE = re.compile(r'<img\s(?:[^<>]*?\s)?src="([^"<>]*)"')


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that belongs to an item, at our mirror where we have it; ``length`` is None if nobody said."""

    address: str
    media_type: str
    title: str = ""
    length: int | None = None


def read_enclosures(site: Site, kept: KeptArticle) -> tuple[Enclosure, ...]:
    """The attachments of an article that have an address on the web, each file once."""
    found = (_read_enclosure(site, kept, attachment) for attachment in kept.article.attachments)
    return tuple({item.address: item for item in found if item.address}.values())


def find_picture(content: str, enclosures: Sequence[Enclosure]) -> str:
    """The address of the first picture in clean HTML, else among the enclosures, else nothing."""
    inside = (as_uri(html.unescape(match[1])) for match in PICTURE.finditer(content))
    beside = (item.address for item in enclosures if item.media_type.startswith("image/"))
    return next(filter(None, inside), "") or next(beside, "")


def _read_enclosure(site: Site, kept: KeptArticle, attachment: Attachment) -> Enclosure:
    """The attachment with a media type: its own where it is one, else by the extension of its address."""
    title = visible(attachment.title)
    if file := kept.media.get(attachment.address):
        return Enclosure(paths.absolute(site, file.path), file.media_type, title, file.length)
    address = as_uri(attachment.address)
    said = attachment.media_type.partition(";")[0].strip()
    ending = ending_of(address)
    guess = MEDIA_TYPES[ending] if ending in ENCLOSED else "application/octet-stream"
    media_type = said if MEDIA_TYPE.fullmatch(said) else guess
    length = attachment.length if attachment.length is not None and attachment.length >= 0 else None
    return Enclosure(address, media_type, title, length)
