"""The addresses that caches between us and readers have to forget."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import NUMBER, STRING, key, required

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Nobody is to be told of anything yet."""
    op.create_table(
        "purges", key("address", kind=STRING), *required(NUMBER, "sequence"), *required(sa.Boolean(), "ready")
    )
