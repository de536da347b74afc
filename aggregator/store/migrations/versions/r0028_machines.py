"""What machines have in common: nodes, hosts, robots.txt and a key; and what caches have to forget."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import NUMBER, STRING, TIME, key, required

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Know of no process, host or cache yet; the first machine that needs a key fills in its mark."""
    op.create_table(
        "nodes",
        key("id", kind=STRING),
        *required(STRING, "host", "kind", "version", "configuration", "site"),
        *required(sa.Integer(), "pid", "jobs"),
        *required(sa.Boolean(), "dispatches", "browser"),
        *required(TIME, "started", "seen"),
        sa.Column("offset", sa.Float()),
    )
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
    op.create_table(
        "purges", key("address", kind=STRING), *required(NUMBER, "sequence"), *required(sa.Boolean(), "ready")
    )
    op.add_column("totals", sa.Column("key_mark", STRING, nullable=False, server_default=""))
