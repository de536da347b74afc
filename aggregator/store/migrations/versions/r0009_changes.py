"""What changed in articles and what was withdrawn, and when each is looked at again."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import NUMBER, STRING, TIME, key, required

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Know of no change yet: a source's next poll notes when its articles are looked at again."""
    for name in ("missing_since", "withdrawn", "changed"):
        op.add_column("articles", sa.Column(name, TIME))
    op.add_column("articles", sa.Column("changes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("revisions", sa.Column("difference", sa.LargeBinary()))
    op.add_column("sources", sa.Column("revisit_at", TIME))
    op.create_table(
        "changes",
        key("number"),
        sa.Column("article", NUMBER, sa.ForeignKey("articles.number"), nullable=False),
        *required(TIME, "at"),
        *required(STRING, "kind"),
        *required(sa.Integer(), "version"),
    )
    op.create_index("changes_article", "changes", ["article"])
    op.create_index("changes_at", "changes", ["at", "number"])
    op.create_table(
        "revisits",
        key("article", "articles.number"),
        sa.Column("source", STRING, sa.ForeignKey("sources.name"), nullable=False),
        *required(sa.Integer(), "urgency", "step"),
        *required(TIME, "due"),
        sa.Column("looked", TIME),
        sa.Column("entry", STRING),
        *required(STRING, "fingerprint", "etag", "last_modified", "body_digest", "candidate", default=""),
        sa.Column("candidate_since", TIME),
        *required(sa.Integer(), "looks", "flips", default="0"),
        sa.Column("unlisted_since", TIME),
    )
    op.create_index("revisits_due", "revisits", ["source", "urgency", "due"])
    op.create_table(
        "files",
        key("article", "articles.number"),
        key("identity", kind=STRING),
        *required(STRING, "etag", "last_modified", "digest", "candidate", default=""),
    )
    op.create_table(
        "budgets",
        key("kind", kind=STRING),
        key("name", kind=STRING),
        *required(sa.Date(), "day"),
        *required(sa.Integer(), "used"),
    )
