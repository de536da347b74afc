"""Looks at articles that are held: when each is due, what the last ones gave, what came of this one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum

from aggregator.model.article import Article
from aggregator.model.digest import hexdigest
from aggregator.model.entry import Entry


class Urgency(IntEnum):
    """Which of the articles that are due are looked at first."""

    SECOND_LOOK = 0
    """A first look found something that a second one has to confirm."""
    YOUNG = 1
    OLD = 2
    """The waits of the schedule are over, and its last one repeats."""


@dataclass(frozen=True, slots=True)
class Revisit:
    """When an article is looked at again, and what the looks at it gave."""

    article: int
    source: str
    due: datetime
    urgency: int = Urgency.YOUNG
    step: int = 0
    """How many waits of the schedule are over."""
    looked: datetime | None = None
    entry: Entry | None = None
    """What its list said where its text is read from its page; None where it came with the list, or is not
    known any more."""
    fingerprint: str = ""
    """How answers were read when the article became what it is; empty where that is not known."""
    etag: str = ""
    """The validators and the hash of the page's last answer that gave what is held."""
    last_modified: str = ""
    body_digest: str = ""
    candidate: str = ""
    """What the last look found where that is not what is held: its digest, or ``MISSING``."""
    candidate_since: datetime | None = None
    looks: int = 0
    """How many looks in a row found the candidate."""
    flips: int = 0
    """How often a look contradicted the one before."""
    unlisted_since: datetime | None = None
    """Since when its list, which reaches further back, does not show it."""


MISSING = "missing"
"""The candidate of an article whose page is not there."""


@dataclass(frozen=True, slots=True)
class FileState:
    """An attachment as it was when it was looked at last."""

    file: str
    """Its address without what changes although the file does not."""
    etag: str = ""
    last_modified: str = ""
    digest: str = ""
    """The hash of its bytes, as a mirrored file is named."""


@dataclass(frozen=True, slots=True)
class Watched:
    """An article that is due to be looked at, with all that the store knows of its looks."""

    revisit: Revisit
    article: Article
    missing_since: datetime | None = None
    withdrawn: datetime | None = None
    files: Mapping[str, FileState] = field(default_factory=dict)
    """By ``file``."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What a poll notes of an article for the looks at it."""

    due: datetime
    step: int
    urgency: int
    fingerprint: str
    entry: Entry | None
    """As in :class:`Revisit`, and so are the others."""
    etag: str = ""
    last_modified: str = ""
    body_digest: str = ""
    again: bool = False
    """Whether the article is as it was, so that it keeps its place in the schedule."""


@dataclass(frozen=True, slots=True)
class InReach:
    """An article of a source that its list should show."""

    number: int
    key: str
    unlisted: bool
    """Whether it was found before that the list does not show it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Since when a source does not show an article, and since when that counts as withdrawn."""

    article: int
    missing_since: datetime | None
    withdrawn: datetime | None


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that looks at articles changed, or that a poll noted for them."""

    schedule: Sequence[timedelta] = ()
    """The waits by which articles without a row get one; empty where none is wanted."""
    listed: Mapping[str, Listed] = field(default_factory=dict)
    """By the articles' keys."""
    unlisted: Sequence[int] = ()
    """The numbers of articles that their list has just been found not to show."""
    listed_again: Sequence[int] = ()
    """The numbers of those that it shows again."""
    revisits: Sequence[Revisit] = ()
    standings: Sequence[Standing] = ()
    unsteady: Sequence[int] = ()
    """The numbers of articles whose pages have just been found to differ from look to look."""
    files: Mapping[int, Sequence[FileState]] = field(default_factory=dict)
    """By the articles' numbers."""
    used: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """How many requests were used, by ``("source", name)`` and ``("host", name)``."""
    not_before: datetime | None = None
    """The earliest time for further looks at the source."""


def place_in(waits: Sequence[timedelta], came: datetime, name: str, now: datetime) -> tuple[int, datetime]:
    """Say how many waits of a schedule are over for an article that came once, and when the next look is due.

    Those whose waits are all over are spread over the last one by their names.
    """
    due = came
    for step, wait in enumerate(waits):
        due += wait
        if due > now:
            return step, due
    return len(waits), now + waits[-1] * (int(hexdigest(name, 4), 16) / 0xFFFFFFFF)
