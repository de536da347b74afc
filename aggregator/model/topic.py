"""Topics, the documents that show them, and the values in those documents."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple

from aggregator.model.value import Value

TopicKind = Literal["all", "category", "source", "tag", "feed", "withdrawn", "operations"]


@dataclass(frozen=True, slots=True)
class Topic(Value):
    """What a feed is of: everything, a category, a source, a tag, the user's (``feed``), what is gone.

    ``operations`` is the program's own news.
    """

    kind: TopicKind
    name: str = ""
    """Safe as a file name: a slug, or the name in the configuration; empty for everything."""
    label: str = ""
    """For people."""


EVERYTHING = Topic("all")
WITHDRAWN = Topic("withdrawn")
OPERATIONS = Topic("operations")

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
    leads_to: Topic | None = None
    """The category that has its articles now, where it is one that was renamed."""

    def parts(self, size: int) -> int:
        """Return how many numbered parts there are, of ``size`` places each."""
        return -(-self.places // size)


TopicPart = Literal["front", "list", "sitemap", "archive"]


@dataclass(frozen=True, slots=True)
class Touch:
    """A document of a topic that is to be rendered again."""

    topic: Topic
    part: TopicPart
    number: int
    """0 for the front, else that of the part."""
    sequence: int
    """Tells this touch from a later one of the same part."""


@dataclass(frozen=True, slots=True)
class Archive(Value):
    """A closed archive, of the members whose sequence was from ``first`` to ``last``."""

    number: int
    first: int
    last: int
    fingerprint: str
    """That of what shaped it when it was written; empty where it is to be written again."""
    digest: str
    """The document's."""


@dataclass(frozen=True, slots=True)
class Tombstone(Value):
    """An article that was removed: its identity (namespace, key) and when (RFC 6721)."""

    namespace: str
    key: str
    removed_at: datetime


class Headline(NamedTuple):
    """As much of an article as a list of links needs, without its text.

    It is a tuple, since a sitemap is made of a thousand, which are compared with those that it had before.
    """

    id: str
    title: str
    language: str
    published: datetime
    updated: datetime
    day: date | None = None
    """That of the article, where it has no time."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A file of others that is to be mirrored."""

    kind: Literal["image", "attachment"]
    """What it should be."""
    address: str


@dataclass(frozen=True, slots=True)
class MediaFile(Value):
    """A file of others that we mirror."""

    path: str
    """Below the root of its folder."""
    media_type: str
    length: int
    """Bytes."""


MEDIA_FOLDERS = ("site", "private")
"""The folders in which a mirrored file may lie: where all see it, or readers alone."""
