"""Categories that were renamed lead to others."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import NUMBER

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Let no category lead to another yet."""
    op.add_column("categories", sa.Column("leads_to", NUMBER))
