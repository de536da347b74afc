"""The processes of a cluster."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import STRING, TIME, key, required

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Know of no process yet."""
    op.create_table(
        "nodes",
        key("id", kind=STRING),
        *required(STRING, "host", "kind", "version", "configuration", "site"),
        *required(sa.Integer(), "pid", "jobs"),
        *required(sa.Boolean(), "dispatches", "browser"),
        *required(TIME, "started", "seen"),
        sa.Column("offset", sa.Float()),
    )
