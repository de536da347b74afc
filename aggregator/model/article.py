"""What we hold and what we write: articles, their categories, pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from aggregator.model.digest import hexdigest
from aggregator.model.entry import Attachment
from aggregator.model.topic import MediaFile


@dataclass(frozen=True, slots=True)
class Label:
    """A category as a source names it, with the tag that goes with it (empty: the category itself)."""

    category: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """What we hold of an entry: complete, clean, ours.

    ``content`` is sanitised HTML with absolute addresses, ``summary`` plain text. ``address`` is the
    article's own page at its source (empty where it has none), ``share_url`` the page that the
    configuration names for it. ``published`` is the time first seen where ``dated`` is false; ``future`` is
    then the date that the source states, where it lies in the future.
    ``complete`` is false where a digest stands in for a text that the source did not give.
    """

    namespace: str
    key: str
    source: str
    title: str
    address: str
    content: str
    published: datetime
    updated: datetime
    labels: tuple[Label, ...]
    dated: bool = True
    share_url: str = ""
    summary: str = ""
    author: str = ""
    origin: str = ""
    language: str = ""
    attachments: tuple[Attachment, ...] = ()
    complete: bool = True
    future: datetime | None = None

    @property
    def digest(self) -> str:
        """Hash of what a reader would see change; times first seen do not count."""
        said: tuple[object, ...] = (
            self.title,
            self.address,
            self.content,
            self.published.isoformat() if self.dated else "",
            self.share_url,
            self.summary,
            self.author,
            self.origin,
            self.language,
            self.attachments,
            self.complete,
        )
        if self.future:
            # Only then, so that what an earlier version kept has not changed.
            said += (self.future.isoformat(),)
        return hexdigest(repr(said))


@dataclass(frozen=True, slots=True)
class Category:
    """Where articles are filed: a slug that is safe as a file name and a label for people."""

    slug: str
    label: str


@dataclass(frozen=True, slots=True)
class Filing:
    """An article in a category, under a tag (the category's label where none is configured)."""

    category: Category
    tag: str


Shown = Literal["full", "summary", "link"]
"""How much of an article is published: all of it, its summary, or a link with its title."""


@dataclass(frozen=True, slots=True)
class KeptArticle:
    """An article as the store holds it: its public id (given once, for ever), version and filings.

    ``version`` counts from 1; ``first_seen`` is when it came. ``sequence`` grows with every arrival
    and change over the whole store. ``filings`` are in the order in which they were added. ``media`` has what
    we mirror of its images and attachments, by their address at the source. ``shown`` says how much of the
    article this is: it may be less than what the store holds.
    """

    id: str
    version: int
    sequence: int
    first_seen: datetime
    article: Article
    filings: tuple[Filing, ...]
    media: Mapping[str, MediaFile] = field(default_factory=dict)
    shown: Shown = "full"


@dataclass(frozen=True, slots=True)
class Document:
    """A file we write: its path below the output's root, with ``/`` between parts, and its bytes."""

    path: str
    body: bytes
