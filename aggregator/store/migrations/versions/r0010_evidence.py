"""Where each version of an article came from, and hashes of all that was kept, day by day."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import NUMBER, STRING, TIME, key, required

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Know nothing of what was kept before: the ledger begins with what comes next."""
    op.create_table(
        "provenance",
        key("article", "articles.number"),
        key("version", kind=sa.Integer()),
        *required(sa.LargeBinary(), "packed"),
    )
    op.create_table(
        "ledger",
        key("name", kind=STRING),
        *required(sa.Date(), "day"),
        *required(sa.LargeBinary(), "digest"),
    )
    op.create_index("ledger_day", "ledger", ["day"])
    op.create_table(
        "seals",
        key("day", kind=sa.Date()),
        *required(sa.LargeBinary(), "digest"),
        *required(sa.Integer(), "lines"),
        sa.Column("stamp", sa.LargeBinary()),
    )
    op.add_column("totals", sa.Column("witnessed", NUMBER))
    op.add_column("totals", sa.Column("witness_at", TIME))
