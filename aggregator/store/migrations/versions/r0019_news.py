"""Whether what is owed is news once it is an article: what a first poll left for later is none."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Take what was owed before for news, as it was."""
    op.add_column("owed", sa.Column("news", sa.Boolean(), nullable=False, server_default=sa.true()))
