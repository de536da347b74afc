"""What a feed is of, and what is said of articles that are no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

TopicKind = Literal["all", "category", "source", "tag", "feed"]


@dataclass(frozen=True, slots=True)
class Topic:
    """What a feed is of: everything, a category, a source, a tag, or what the user named (``feed``).

    ``name`` is safe as a file name: a slug, or the name in the configuration; empty for everything. ``label``
    is for people.
    """

    kind: TopicKind
    name: str = ""
    label: str = ""


EVERYTHING = Topic("all")

LIST_SIZE = 100
"""Articles on a numbered page of a category."""
SITEMAP_SIZE = 1000
"""Articles in a part of the sitemap."""
ARCHIVE_SIZE = 50
"""Articles in a closed archive, and how many the subscription document keeps at least."""


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as the store holds it."""

    topic: Topic
    articles: int = 0
    places: int = 0
    """The last place given out. Places count from 1 as articles arrive; a removed one leaves a gap."""
    archived: int = 0
    """The sequence up to which members stand in archives."""
    archives: int = 0
    """How many archives are closed."""

    def parts(self, size: int) -> int:
        """Return how many numbered parts there are, of ``size`` places each."""
        return -(-self.places // size)


TopicPart = Literal["front", "list", "sitemap", "archive"]


@dataclass(frozen=True, slots=True)
class Touch:
    """A document of a topic that is to be rendered again: its front (0), or a numbered part.

    ``sequence`` tells this touch from a later one of the same part.
    """

    topic: Topic
    part: TopicPart
    number: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Archive:
    """A closed archive: the members whose sequence was from ``first`` to ``last``, and the document's hash.

    ``fingerprint`` is that of what shaped it when it was written; empty where it is to be written anew.
    """

    number: int
    first: int
    last: int
    fingerprint: str
    digest: str


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An article that was taken out: its identity (namespace, key) and when (RFC 6721)."""

    namespace: str
    key: str
    removed_at: datetime


@dataclass(frozen=True, slots=True)
class Headline:
    """As much of an article as a list of links needs: a thousand of them cost no more than a page."""

    id: str
    title: str
    language: str
    published: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What stands before an article (came earlier) and after it, in its first category's order of arrival."""

    previous: Headline | None = None
    next: Headline | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """A file of others that is to be mirrored: what it should be, and its address."""

    kind: Literal["image", "attachment"]
    address: str


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file of others that we hold: ``path`` below the output's root, its media type, length in bytes."""

    path: str
    media_type: str
    length: int
