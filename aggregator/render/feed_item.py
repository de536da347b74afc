"""An article as every form of feed shows it: scrubbed of what XML forbids, with nothing left to guess."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from posixpath import splitext

from aggregator.content.excerpt import opening
from aggregator.content.text import scrub
from aggregator.model import Attachment, Category, KeptArticle
from aggregator.render import paths
from aggregator.settings import Site

SUMMARY_LENGTH = 200
# How much of a body's markup is read for a summary: a body of megabytes costs no more than a page.
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
LANGUAGE_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
# Our own table: the mimetypes module knows other types on every machine and in every Python.
MEDIA_TYPES = {
    ".7z": "application/x-7z-compressed",
    ".csv": "text/csv",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".epub": "application/epub+zip",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ofd": "application/ofd",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".ppt": "application/vnd.ms-powerpoint",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".rar": "application/vnd.rar",
    ".rtf": "application/rtf",
    ".txt": "text/plain",
    ".webp": "image/webp",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One article of a feed.

    ``original`` is the canonical address, ``share`` our share page (the same where there is no other).
    ``language`` is empty where it is the feed's. Attachments have a media type; times are UTC, to the second.
    """

    id: str
    title: str
    original: str
    share: str
    content: str
    summary: str
    author: str
    published: datetime
    updated: datetime
    language: str
    categories: tuple[Category, ...]
    attachments: tuple[Attachment, ...]


def read_item(site: Site, kept: KeptArticle) -> Item:
    """The item of an article; without an author it names the origin, else the source (RFC 4287, 4.1.2)."""
    article = kept.article
    content = scrub(article.content)
    language = article.language.replace("_", "-")
    same_language = language.casefold() == site.language.casefold()
    filed = dict.fromkeys(filing.category for filing in kept.filings)
    return Item(
        id=paths.article_urn(kept),
        title=scrub(article.title) or kept.id,
        original=escape_brackets(scrub(paths.original(site, kept))),
        share=paths.absolute(site, paths.share_path(kept.id)),
        content=content,
        summary=scrub(article.summary) or opening(content, SUMMARY_LENGTH),
        author=scrub(article.author) or scrub(article.origin) or article.source,
        published=to_second(article.published),
        updated=to_second(article.updated),
        language="" if same_language or not LANGUAGE_TAG.fullmatch(language) else language,
        categories=tuple(scrub_category(category) for category in filed),
        attachments=tuple(complete_attachment(attachment) for attachment in article.attachments),
    )


def escape_brackets(address: str) -> str:
    """The address with brackets only around an IPv6 host, as RFC 3986 has it; browsers allow more."""
    parts = address.split("/", 3)
    return "/".join((*parts[:3], *(part.replace("[", "%5B").replace("]", "%5D") for part in parts[3:])))


def scrub_category(category: Category) -> Category:
    """The category with a label that XML can hold, never empty."""
    return replace(category, label=scrub(category.label) or category.slug)


def to_second(moment: datetime) -> datetime:
    """The time in UTC without its fraction, as every form of feed can write it."""
    return moment.astimezone(UTC).replace(microsecond=0)


def complete_attachment(attachment: Attachment) -> Attachment:
    """The attachment with a media type: its own where it is one, else by the extension of its address."""
    address = scrub(attachment.address)
    said = attachment.media_type.partition(";")[0].strip()
    guess = MEDIA_TYPES.get(splitext(re.split("[?#]", address, maxsplit=1)[0])[1].lower())
    return replace(
        attachment,
        address=address,
        title=scrub(attachment.title),
        media_type=said if MEDIA_TYPE.fullmatch(said) else guess or "application/octet-stream",
    )
