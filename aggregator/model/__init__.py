"""The frozen values that one stage hands to the next.

    Request -> Fetched | NotModified -> Listing(Entry …) -> Article -> Outcome -> KeptArticle -> Document

Every ``datetime`` here is aware and in UTC unless a field says otherwise.
"""

from aggregator.model.article import (
    Article,
    Category,
    Citation,
    Document,
    Filing,
    KeptArticle,
    Label,
    Relation,
    Revision,
    Shown,
    Surroundings,
)
from aggregator.model.cluster import ClusterState, Node, NodeState, Trouble, WaitingJobs
from aggregator.model.entry import (
    IMPORTED,
    Attachment,
    Entry,
    Episode,
    Field,
    FieldType,
    FileFault,
    FileText,
    Listing,
    Owed,
    OwedReason,
    Unreadable,
    entry_digest,
)
from aggregator.model.event import (
    EVENT,
    OF_SOURCES,
    UNTOLD,
    Change,
    ChangeKind,
    Event,
    Logged,
    LogKind,
    Occurrence,
)
from aggregator.model.exchange import Exchanged, Fetched, NotModified, Request
from aggregator.model.habits import Baseline, Pace, Rhythm
from aggregator.model.host import HostTurn, KeptRobots, RobotsClaim
from aggregator.model.outcome import (
    STOPPED,
    Backfill,
    Known,
    Outcome,
    PollResult,
    PollState,
    Sighting,
)
from aggregator.model.provenance import Provenance, Receipt
from aggregator.model.record import PollRecord
from aggregator.model.revisit import (
    MISSING,
    FileState,
    InReach,
    Listed,
    Revisit,
    Seen,
    Standing,
    Urgency,
    Watched,
    place_in,
)
from aggregator.model.session import KeptSession
from aggregator.model.topic import (
    ARCHIVE_SIZE,
    EVERYTHING,
    LIST_SIZE,
    MEDIA_FOLDERS,
    OPERATIONS,
    SITEMAP_SIZE,
    WITHDRAWN,
    Archive,
    Headline,
    MediaFile,
    Tombstone,
    Topic,
    TopicKind,
    TopicPart,
    TopicState,
    Touch,
    Wish,
)
