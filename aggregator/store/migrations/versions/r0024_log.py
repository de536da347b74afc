"""What followers of all articles need: which are no longer held, and what tells one store from another."""

import secrets

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import STRING, TIME, key, required

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Note removals from now on."""
    op.create_table("removals", key("number"), *required(STRING, "id", "source"), *required(TIME, "at"))
    op.add_column("totals", sa.Column("lineage", STRING, nullable=False, server_default=""))
    op.execute(sa.text("UPDATE totals SET lineage = :mark").bindparams(mark=secrets.token_hex(8)))
