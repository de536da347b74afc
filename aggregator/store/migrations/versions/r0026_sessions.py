"""Sessions of sites, encrypted."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import STRING, TIME, key, required

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Know of no session yet."""
    op.create_table(
        "sessions",
        key("name", kind=STRING),
        *required(STRING, "recipe", "refused"),
        *required(sa.LargeBinary(), "sealed"),
        *required(sa.Integer(), "version", "tries"),
        sa.Column("tried", TIME),
    )
