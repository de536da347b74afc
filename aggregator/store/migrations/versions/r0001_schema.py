"""The whole schema of the first release."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import NUMBER, STRING, TIME, key, required

revision = "0001"
down_revision = None

UNPUBLISHED = sa.text("version > published_version")


def upgrade() -> None:
    """Make every table."""
    totals = op.create_table(
        "totals",
        key("number"),
        *required(NUMBER, "sequence", "articles"),
        *required(STRING, "fingerprint"),
    )
    op.bulk_insert(totals, [{"number": 1, "sequence": 0, "articles": 0, "fingerprint": ""}])
    op.create_table(
        "sources",
        key("name", kind=STRING),
        *required(sa.Boolean(), "active"),
        *required(TIME, "due"),
        *required(STRING, "fingerprint", "etag", "last_modified", "body_digest"),
        sa.Column("polled", TIME),
        sa.Column("succeeded", TIME),
        *required(STRING, "status"),
        *required(sa.Integer(), "failures"),
        *required(STRING, "error"),
        sa.Column("wait_until", TIME),
        sa.Column("owner", STRING),
        sa.Column("leased_until", TIME),
    )
    op.create_table(
        "articles",
        key("number"),
        *required(STRING, "id", "identity", "namespace", "key", "source", "title", "address", "content"),
        *required(TIME, "published", "updated"),
        *required(STRING, "labels"),
        *required(sa.Boolean(), "dated"),
        *required(STRING, "share_url", "summary", "author", "origin", "language", "attachments"),
        *required(sa.Boolean(), "complete"),
        *required(STRING, "digest"),
        *required(TIME, "first_seen"),
        *required(NUMBER, "sequence"),
        *required(sa.Integer(), "version", "published_version"),
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
        key("article", "articles.number"),
        key("version", kind=sa.Integer()),
        *required(TIME, "replaced_at"),
        *required(STRING, "state"),
    )
    op.create_table(
        "categories",
        key("number"),
        *required(STRING, "slug", "label"),
        *required(sa.Integer(), "articles"),
        *required(TIME, "arrived"),
        *required(sa.Integer(), "version", "published_version"),
    )
    op.create_index("categories_slug", "categories", ["slug"], unique=True)
    op.create_index("categories_label", "categories", ["label"], unique=True)
    op.create_table(
        "filings",
        key("article", "articles.number"),
        key("category", "categories.number"),
        *required(sa.Integer(), "position"),
        *required(STRING, "tag"),
        *required(TIME, "published"),
        *required(NUMBER, "sequence"),
    )
    op.create_index("filings_published", "filings", ["category", "published", "article"])
    op.create_index("filings_sequence", "filings", ["category", "sequence", "article"])
    op.create_table(
        "sightings",
        key("source", "sources.name", STRING),
        key("article", "articles.number"),
        *required(STRING, "entry_digest"),
    )
    op.create_table(
        "owed",
        key("identity", kind=STRING),
        sa.Column("source", STRING, sa.ForeignKey("sources.name"), nullable=False),
        *required(STRING, "key", "reason", "message"),
        *required(TIME, "retry_at"),
        *required(sa.Integer(), "attempts"),
        sa.Column("entry", STRING),
    )
    op.create_index("owed_source", "owed", ["source", "retry_at"])
    op.create_table("pages", sa.Column("path", STRING, primary_key=True), sa.Column("article", STRING))
    op.create_index("pages_article", "pages", ["article"])
