"""The tables of the database."""

from aggregator.store.schema.columns import metadata, scrub
from aggregator.store.schema.holdings import (
    aliases,
    articles,
    backfills,
    categories,
    filings,
    owed,
    removed,
    revisions,
    sightings,
    sources,
    texts,
    totals,
)
from aggregator.store.schema.publication import (
    announcements,
    archives,
    echoes,
    media,
    memberships,
    pages,
    pushes,
    tombstones,
    topics,
    touched,
    uses,
)

REVISION = "0008"
"""The revision of ``migrations`` that makes these tables; it stands here so that opening needs no alembic."""

__all__ = [
    "REVISION",
    "aliases",
    "announcements",
    "archives",
    "articles",
    "backfills",
    "categories",
    "echoes",
    "filings",
    "media",
    "memberships",
    "metadata",
    "owed",
    "pages",
    "pushes",
    "removed",
    "revisions",
    "scrub",
    "sightings",
    "sources",
    "texts",
    "tombstones",
    "topics",
    "totals",
    "touched",
    "uses",
]
