"""Which key the machines of a cluster have in common."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import STRING

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Add the column; the first machine that needs a key fills it in."""
    op.add_column("totals", sa.Column("key_mark", STRING, nullable=False, server_default=""))
