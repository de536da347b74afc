"""A source between two polls, and everything that a poll changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from aggregator.errors import Fault
from aggregator.model.article import Article, Label
from aggregator.model.entry import Owed
from aggregator.model.exchange import Request
from aggregator.model.habits import Baseline, Pace, Rhythm
from aggregator.model.topic import Wish

STOPPED = datetime(9999, 1, 1, tzinfo=UTC)
"""The due time of a source that is visited no more."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a key, as one source sees it.

    ``article_key`` is the article's own key: another one than ``key`` where that is an alias.
    ``entry_digest`` is empty where this source never showed the key (another one of its namespace
    did). ``owner`` is the source whose words the article holds. ``removed``: it was taken out, and is not to
    come in again; nothing else of it is known then.
    """

    key: str
    article_key: str
    title: str
    entry_digest: str
    article_digest: str
    owner: str
    complete: bool
    published: datetime
    updated: datetime
    removed: bool = False


SourceStatus = Fault | Literal["new", "ok", "suspect"]


@dataclass(frozen=True, slots=True)
class PollState:
    """A source between two polls: validators, the due time, and how it does.

    ``fingerprint`` is that of the configuration which read the list; validators of another one do
    not count, so that a mended selector takes effect at once. ``wait_until`` is a standing
    Retry-After. ``failures`` counts those in a row; ``error`` says what ``status`` names. ``pushed`` is when
    a hub last brought something, empty where a visit has found since what none brought. ``pace`` is what the
    list says of its own rhythm, ``rhythm`` what its visits taught us of it. ``moved`` is the address to which
    permanent redirects have led since ``moved_since``. ``robots`` is what its host's robots.txt said last.
    ``baseline`` is how its polls usually are.
    """

    name: str
    due: datetime
    fingerprint: str = ""
    etag: str = ""
    last_modified: str = ""
    body_digest: str = ""
    polled: datetime | None = None
    succeeded: datetime | None = None
    status: SourceStatus = "new"
    failures: int = 0
    error: str = ""
    wait_until: datetime | None = None
    pushed: datetime | None = None
    pace: Pace = field(default_factory=Pace)
    rhythm: Rhythm = field(default_factory=Rhythm)
    baseline: Baseline = field(default_factory=Baseline)
    moved: str = ""
    moved_since: datetime | None = None
    robots: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A source showed an article: under which key (its own or an alias), what the entry said, its labels."""

    key: str
    entry_digest: str
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything a poll changed, to be committed in one transaction.

    ``new`` and ``changed`` are in the order in which they shall arrive (oldest first).
    ``sightings`` covers every entry that is an article after this poll, new ones included, unless
    it was sighted before with the same digest. ``owed`` are written (or overwritten); ``settled``
    are keys whose debt is paid. ``aliases`` are pairs of another key and the key of the article that it
    means, both in the namespace; a key that has an article of its own keeps it. ``media`` names by key what
    is to be mirrored of new and changed articles. ``hub`` is the hub that the list names and the topic by
    which it knows the list, both empty where it names none; None where the list said nothing.
    """

    source: str
    namespace: str
    state: PollState
    new: tuple[Article, ...] = ()
    changed: tuple[Article, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    owed: tuple[Owed, ...] = ()
    settled: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    media: Mapping[str, tuple[Wish, ...]] = field(default_factory=dict)
    hub: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Backfill:
    """How far a backfill of a source got: what it asks for next, and what it has read so far.

    ``fingerprint`` is that of the configuration which began it, ``number`` that of the list's page for which
    ``request`` asks; ``pages`` and ``articles`` count what is behind it.
    """

    source: str
    fingerprint: str
    number: int
    request: Request
    pages: int = 0
    articles: int = 0
