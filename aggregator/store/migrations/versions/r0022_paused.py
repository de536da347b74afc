"""Sources that their owner paused, since when."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import TIME

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the column; nothing is paused."""
    op.add_column("sources", sa.Column("paused", TIME))
