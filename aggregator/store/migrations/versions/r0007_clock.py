"""The time that was last believed, and since when the clock shows another."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Believe the time of the newest article, as far as it is not ahead."""
    for name in ("seen", "odd_since"):
        op.add_column("totals", sa.Column(name, sa.DateTime(timezone=True)))
