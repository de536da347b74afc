"""The whole schema of the first release."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Written out here, not taken from schema.py: this revision stays what it was.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)
UNPUBLISHED = sa.text("version > published_version")


def upgrade() -> None:
    """Make every table."""
    totals = op.create_table(
        "totals",
        _key("number"),
        *_required(NUMBER, "sequence", "articles"),
        *_required(STRING, "fingerprint"),
    )
    op.bulk_insert(totals, [{"number": 1, "sequence": 0, "articles": 0, "fingerprint": ""}])
    op.create_table(
        "sources",
        sa.Column("name", STRING, primary_key=True),
        *_required(sa.Boolean(), "active"),
        *_required(TIME, "due"),
        *_required(STRING, "fingerprint", "etag", "last_modified", "body_digest"),
        sa.Column("polled", TIME),
        sa.Column("succeeded", TIME),
        *_required(STRING, "status"),
        *_required(sa.Integer(), "failures"),
        *_required(STRING, "error"),
        sa.Column("wait_until", TIME),
        sa.Column("owner", STRING),
        sa.Column("leased_until", TIME),
    )
    op.create_table(
        "articles",
        _key("number"),
        *_required(STRING, "id", "identity", "namespace", "key", "source", "title", "address", "content"),
        *_required(TIME, "published", "updated"),
        *_required(STRING, "labels"),
        *_required(sa.Boolean(), "dated"),
        *_required(STRING, "share_url", "summary", "author", "origin", "language", "attachments"),
        *_required(sa.Boolean(), "complete"),
        *_required(STRING, "digest"),
        *_required(TIME, "first_seen"),
        *_required(NUMBER, "sequence"),
        *_required(sa.Integer(), "version", "published_version"),
    )
    op.create_index("articles_id", "articles", [sa.text("lower(id)")], unique=True)
    op.create_index("articles_identity", "articles", ["identity"], unique=True)
    op.create_index("articles_published", "articles", ["published", "number"])
    op.create_index("articles_sequence", "articles", ["sequence"], unique=True)
    op.create_index(
        "articles_unpublished",
        "articles",
        ["sequence"],
        sqlite_where=UNPUBLISHED,
        postgresql_where=UNPUBLISHED,
    )
    op.create_table(
        "revisions",
        _key("article", "articles.number"),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        *_required(TIME, "replaced_at"),
        *_required(STRING, "state"),
    )
    op.create_table(
        "categories",
        _key("number"),
        *_required(STRING, "slug", "label"),
        *_required(sa.Integer(), "articles"),
        *_required(TIME, "arrived"),
        *_required(sa.Integer(), "version", "published_version"),
    )
    op.create_index("categories_slug", "categories", ["slug"], unique=True)
    op.create_index("categories_label", "categories", ["label"], unique=True)
    op.create_table(
        "filings",
        _key("article", "articles.number"),
        _key("category", "categories.number"),
        *_required(sa.Integer(), "position"),
        *_required(STRING, "tag"),
        *_required(TIME, "published"),
        *_required(NUMBER, "sequence"),
    )
    op.create_index("filings_published", "filings", ["category", "published", "article"])
    op.create_index("filings_sequence", "filings", ["category", "sequence", "article"])
    op.create_table(
        "sightings",
        sa.Column("source", STRING, sa.ForeignKey("sources.name"), primary_key=True),
        _key("article", "articles.number"),
        *_required(STRING, "entry_digest"),
    )
    op.create_table(
        "owed",
        sa.Column("identity", STRING, primary_key=True),
        sa.Column("source", STRING, sa.ForeignKey("sources.name"), nullable=False),
        *_required(STRING, "key", "reason", "message"),
        *_required(TIME, "retry_at"),
        *_required(sa.Integer(), "attempts"),
        sa.Column("entry", STRING),
    )
    op.create_index("owed_source", "owed", ["source", "retry_at"])
    op.create_table("pages", sa.Column("path", STRING, primary_key=True), sa.Column("article", STRING))
    op.create_index("pages_article", "pages", ["article"])


def _key(name: str, target: str | None = None) -> sa.Column[int]:
    constraints = [sa.ForeignKey(target)] if target else []
    return sa.Column(name, NUMBER, *constraints, primary_key=True, autoincrement=False)


def _required(kind: sa.types.TypeEngine[Any], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]
