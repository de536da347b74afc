"""The store as one object, put together from the classes that hold its SQL."""

from aggregator.store.categories import Renames
from aggregator.store.evidence.ledger import Ledger
from aggregator.store.evidence.origins import Origins
from aggregator.store.evidence.witness import Witnesses
from aggregator.store.filetexts import FileTexts
from aggregator.store.history.changes import Changes
from aggregator.store.history.events import Events
from aggregator.store.history.log import Log
from aggregator.store.history.outbox import Outbox
from aggregator.store.history.records import Records
from aggregator.store.history.revisits import Revisits
from aggregator.store.machines.dispatch import Dispatch
from aggregator.store.machines.hosts import Hosts
from aggregator.store.machines.leases import Leases
from aggregator.store.machines.locks import Locks
from aggregator.store.machines.nodes import Nodes
from aggregator.store.machines.queues import Queued
from aggregator.store.machines.time import DatabaseTime
from aggregator.store.media import Media
from aggregator.store.polls import Polls
from aggregator.store.publication.archives import Archives
from aggregator.store.publication.backlog import Backlog
from aggregator.store.publication.manifest import Manifest
from aggregator.store.publication.purges import Purges
from aggregator.store.publication.surroundings import Around
from aggregator.store.relations.copies import Copies
from aggregator.store.search import Searches
from aggregator.store.topics import Topics
from aggregator.store.upkeep.clock import Clock
from aggregator.store.upkeep.departed import Departed
from aggregator.store.upkeep.guard import Guard
from aggregator.store.upkeep.inquiries import Inquiries
from aggregator.store.upkeep.integrity import Integrity
from aggregator.store.upkeep.measures import Measured
from aggregator.store.upkeep.overview import Overview
from aggregator.store.upkeep.removals import Removals
from aggregator.store.upkeep.retention import Retention
from aggregator.store.upkeep.sessions import Sessions
from aggregator.store.upkeep.status import Status


class Store(
    Overview,
    Status,
    Leases,
    Polls,
    Records,
    Around,
    Copies,
    Outbox,
    Events,
    Changes,
    Log,
    Revisits,
    Searches,
    Sessions,
    Removals,
    Inquiries,
    Retention,
    Departed,
    Renames,
    Topics,
    Backlog,
    Archives,
    Manifest,
    Purges,
    Media,
    FileTexts,
    Integrity,
    Measured,
    Guard,
    Clock,
    DatabaseTime,
    Hosts,
    Nodes,
    Queued,
    Dispatch,
    Locks,
    Origins,
    Ledger,
    Witnesses,
):
    """Sources, articles and what is published of them, in SQLite or PostgreSQL.

    ``Store.open(url)`` opens it. Each call is one transaction. Times go in aware and come out in UTC.
    """
