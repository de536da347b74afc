"""The files of an article as feeds name them: its attachments, and its picture."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from aggregator.model import Attachment, Episode, KeptArticle
from aggregator.render import paths
from aggregator.render.xml import as_uri, xml_text
from aggregator.settings import Site
from aggregator.text.filetypes import ENCLOSED, MEDIA_TYPES, ending_of

MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
# In sanitised HTML no value holds a bare angle bracket.
PICTURE = re.compile(r'<img\s(?:[^<>]*?\s)?src="([^"<>]*)"')


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that belongs to an item."""

    address: str
    """At our mirror where we have the file, else at its source."""
    media_type: str
    title: str = ""
    length: int | None = None
    """Bytes; None where they are not known."""
    episode: Episode | None = None


def read_enclosures(site: Site, kept: KeptArticle) -> tuple[Enclosure, ...]:
    """The attachments of an article that have an address of the web, each once."""
    found = (_read_enclosure(site, kept, attachment) for attachment in kept.article.attachments)
    return tuple({item.address: item for item in found if item.address}.values())


def find_picture(content: str, enclosures: Sequence[Enclosure]) -> str:
    """The address of the first picture in sanitised HTML, else among the enclosures, else empty."""
    inside = (as_uri(html.unescape(match[1])) for match in PICTURE.finditer(content))
    beside = (item.address for item in enclosures if item.media_type.startswith("image/"))
    return next(filter(None, inside), "") or next(beside, "")


def _read_enclosure(site: Site, kept: KeptArticle, attachment: Attachment) -> Enclosure:
    """Make an enclosure; without a valid media type of its own it gets that of its address's extension."""
    title = xml_text(attachment.title)
    if file := kept.media.get(attachment.address):
        address, length = paths.absolute(site, file.path), file.length or None
        return Enclosure(address, file.media_type, title, length, attachment.episode)
    address = as_uri(attachment.address)
    media_type = attachment.media_type.partition(";")[0].strip()
    if not MEDIA_TYPE.fullmatch(media_type):
        ending = ending_of(address)
        media_type = MEDIA_TYPES[ending] if ending in ENCLOSED else "application/octet-stream"
    # Where a length is not known, some sources write 0.
    length = attachment.length if attachment.length and attachment.length > 0 else None
    return Enclosure(address, media_type, title, length, attachment.episode)
