"""What is remembered of the visits of sources, for their owner."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import STRING, key, required

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add the log, and the numbers of the last visit; nothing is known of earlier ones."""
    for column in required(sa.Integer(), "answered", "listed", "took", "repeats", default="0"):
        op.add_column("sources", column)
    op.create_table("records", key("source", "sources.name", STRING), *required(STRING, "log"))
