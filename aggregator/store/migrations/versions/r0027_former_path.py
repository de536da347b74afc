"""Where articles were on the site that they were moved from."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import STRING

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Add the column; what is held came here first."""
    op.add_column("articles", sa.Column("former_path", STRING, nullable=False, server_default=""))
