"""What receivers are told of articles, and how far the log of what happened was read for it."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import NUMBER, STRING, TIME, key, required

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Tell nothing of what happened before."""
    op.add_column("totals", sa.Column("told", NUMBER, nullable=False, server_default="0"))
    op.add_column("totals", sa.Column("restored", TIME))
    op.execute("UPDATE totals SET told = sequence")
    op.create_table(
        "outbox",
        key("number"),
        sa.Column("article", NUMBER, sa.ForeignKey("articles.number"), nullable=False),
        *required(STRING, "receiver", "kind", "rules"),
        *required(sa.Integer(), "version"),
        *required(TIME, "created", "due"),
        sa.Column("begun", TIME),
        sa.Column("told", TIME),
        *required(sa.Integer(), "tries", "doubts", default="0"),
        *required(STRING, "error", default=""),
    )
    op.create_index("outbox_once", "outbox", ["receiver", "article", "kind", "version"], unique=True)
    op.create_index("outbox_due", "outbox", ["receiver", "told", "due"])
    op.create_index("outbox_article", "outbox", ["article"])
