"""The day of articles whose source states no time."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Know no day yet: articles that are there show a time of midnight as none."""
    op.add_column("articles", sa.Column("day", sa.Date()))
