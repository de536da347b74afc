"""Indexes by which the sources that are due are found without looking at all of them."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Make them."""
    op.create_index("sources_due", "sources", ["due"])
    op.create_index("sources_revisit_at", "sources", ["revisit_at"])
