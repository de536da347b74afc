"""A source between two polls, and everything that a poll changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal

from aggregator.errors import Fault
from aggregator.model.article import Article, Label
from aggregator.model.entry import FileText, Owed
from aggregator.model.event import Occurrence
from aggregator.model.exchange import Request
from aggregator.model.habits import Baseline, Pace, Rhythm
from aggregator.model.provenance import Provenance
from aggregator.model.record import PollRecord
from aggregator.model.revisit import Seen
from aggregator.model.session import KeptSession
from aggregator.model.topic import Wish
from aggregator.model.value import Value

STOPPED = datetime(9999, 1, 1, tzinfo=UTC)
"""The due time of a source that is visited no more."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a key, as one source sees it."""

    key: str
    article_key: str
    """The article's own key; another than ``key`` where that is an alias."""
    published: datetime
    updated: datetime
    title: str = ""
    entry_digest: str = ""
    """Empty where another source of the namespace showed the key, and this one never did."""
    article_digest: str = ""
    owner: str = ""
    """The source whose words the article holds."""
    complete: bool = True
    removed: bool = False
    """Whether it was removed and is not to come in again; nothing else of it is known then."""
    language: str = ""
    address: str = ""
    dated: bool = True
    """Whether the article has a date; ``day`` is set where it is that of a day alone."""
    day: date | None = None


SourceStatus = Fault | Literal["new", "ok", "suspect"]


@dataclass(frozen=True, slots=True)
class PollState(Value):
    """A source between two polls: validators, the due time, and how it does."""

    name: str
    due: datetime
    fingerprint: str = ""
    """That of the configuration which read the list. Validators of another one do not count, so that a
    mended selector takes effect at once."""
    etag: str = ""
    last_modified: str = ""
    body_digest: str = ""
    polled: datetime | None = None
    succeeded: datetime | None = None
    status: SourceStatus = "new"
    failures: int = 0
    """Those in a row."""
    error: str = ""
    """The message to ``status``."""
    wait_until: datetime | None = None
    """A standing Retry-After."""
    pushed: datetime | None = None
    """When a hub last brought something; None once a visit found what no hub brought."""
    pace: Pace = field(default_factory=Pace)
    """What the list says of its own rhythm."""
    rhythm: Rhythm = field(default_factory=Rhythm)
    """What visits taught us of it."""
    baseline: Baseline = field(default_factory=Baseline)
    """How its polls usually are."""
    moved: str = ""
    """The address to which permanent redirects have led since ``moved_since``."""
    moved_since: datetime | None = None
    robots: str = ""
    """What its host's robots.txt said last."""
    revisit_at: datetime | None = None
    """When the first of its articles is due to be looked at again; None where none is noted yet."""
    answered: int = 0
    """The HTTP status of the last answer; 0 where none came."""
    listed: int = 0
    """How many entries its list had when it was read last."""
    took: int = 0
    """Milliseconds that its last visit took."""
    repeats: int = 0
    """How many visits went as the one did of which the last record is, and found nothing."""
    paused: datetime | None = None
    """Since when its owner wants no visits. No poll writes it, so a pause holds that begins during one."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A source showed an article."""

    key: str
    """The article's own or an alias."""
    entry_digest: str
    """Of what the entry said."""
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything a poll changed, to be committed in one transaction."""

    source: str
    namespace: str
    state: PollState
    new: tuple[Article, ...] = ()
    """In the order in which they shall arrive, oldest first; ``changed`` too."""
    changed: tuple[Article, ...] = ()
    """What takes the place of what is held; that is kept as a revision."""
    sightings: tuple[Sighting, ...] = ()
    """Of every entry that is an article after this poll, unless one was saved with the same digest."""
    owed: tuple[Owed, ...] = ()
    """To be written or overwritten."""
    settled: tuple[str, ...] = ()
    """Keys of entries that are owed no longer."""
    aliases: tuple[tuple[str, str], ...] = ()
    """Pairs of another key and the key of the article that it means, both in the namespace. A key with an
    article of its own keeps it."""
    media: Mapping[str, tuple[Wish, ...]] = field(default_factory=dict)
    """What is to be mirrored of new and changed articles, by key."""
    provenance: Mapping[str, Provenance] = field(default_factory=dict)
    """Where new and changed articles came from, by key."""
    files: Mapping[str, FileText] = field(default_factory=dict)
    """What is in the files of new and changed articles, by the hash of their bytes."""
    news: frozenset[str] = frozenset()
    """The keys of new articles of which rules may tell: what a first poll or a backfill brings is no news."""
    since: datetime | None = None
    """When the source was visited before: what comes first after a restore is no news. None tells it."""
    overwriting: frozenset[str] = frozenset()
    """The keys of those in ``changed`` that are no change: what they overwrite is not kept."""
    seen: Seen = field(default_factory=Seen)
    """What looks at articles that are held gave, and what the next ones need."""
    hub: tuple[str, str] | None = None
    """The hub that the list names and the topic by which the hub knows it, both empty where it names none;
    None where the poll tells nothing of it."""
    events: tuple[Occurrence, ...] = ()
    """What the poll means for the events of its source."""
    former_paths: Mapping[str, str] = field(default_factory=dict)
    """Where articles were on the site that they are moved from, by key."""
    record: PollRecord | None = None
    """What is remembered of the visit; None where it went as the one before it."""
    session: KeptSession | None = None
    """The session of its site, where that changed."""

    @property
    def has_looks(self) -> bool:
        """Whether something of looks at articles is to be written, such as the first schedule of them."""
        first = bool(self.seen.schedule) and self.state.revisit_at is None
        return first or self.seen != Seen(self.seen.schedule)

    @property
    def is_bare(self) -> bool:
        """Whether only the source's state is to be written."""
        found = self.new or self.changed or self.sightings or self.aliases or self.owed or self.settled
        beside = self.events or self.record or self.session or self.has_looks or self.former_paths
        return not (found or beside or (self.hub and self.hub[0]))


@dataclass(frozen=True, slots=True)
class Backfill:
    """How far a backfill of a source got."""

    source: str
    fingerprint: str
    """That of the configuration which began it."""
    number: int
    """Of the list's page for which ``request`` asks."""
    request: Request
    pages: int = 0
    """How many were read so far."""
    articles: int = 0


@dataclass(frozen=True, slots=True)
class PollResult:
    """What came of a poll, and all that is saved with it."""

    outcome: Outcome
    now: datetime
    """When the poll was made, by our clock."""
    backfill: Backfill | None = None
    """How far the backfill got of which it was a step."""
    claimed: PollState | None = None
    """The state in which it began."""
    confirmed: bool | None = True
    """Whether servers say the same time as ``now``; None where none did."""
