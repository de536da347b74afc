"""The hosts that a cluster asks, and what their robots.txt say."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import STRING, TIME, key, required

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Know of no host yet."""
    op.create_table(
        "hosts",
        key("name", kind=STRING),
        *required(STRING, "owner", "wanted"),
        *required(TIME, "ends", "starts", "wanted_until"),
        *required(sa.Float(), "delay"),
    )
    op.create_table(
        "robots",
        key("file", kind=STRING),
        *required(STRING, "reader", "problem", "fault"),
        *required(TIME, "ends", "reading_until"),
        sa.Column("text", STRING),
        sa.Column("status", sa.Integer()),
        sa.Column("retry_after", sa.Float()),
    )
