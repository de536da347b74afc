"""The tables of the database: what we hold, what is still owed, what happened, and what is published."""

from aggregator.store.schema.alike import bands, copies, splits
from aggregator.store.schema.citations import citations
from aggregator.store.schema.cluster import hosts, nodes, robots
from aggregator.store.schema.held import (
    aliases,
    articles,
    backfills,
    categories,
    file_texts,
    filings,
    lower_id,
    owed,
    readings,
    records,
    removed,
    revisions,
    sightings,
    sources,
    texts,
    totals,
)
from aggregator.store.schema.history import (
    budgets,
    changes,
    events,
    files,
    ledger,
    outbox,
    provenance,
    removals,
    revisits,
    seals,
)
from aggregator.store.schema.metadata import metadata
from aggregator.store.schema.published import (
    announcements,
    archives,
    echoes,
    media,
    memberships,
    pages,
    purges,
    pushes,
    tombstones,
    topics,
    touched,
    uses,
)
from aggregator.store.schema.sessions import sessions

REVISION = "0030"
"""The revision of ``migrations`` that makes these tables; it stands here so that opening needs no alembic."""
MOVING = "moving"
"""What stands in the place of a revision while another database is moved into this one."""
