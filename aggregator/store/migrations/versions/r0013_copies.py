"""Which articles are copies of which, and the index by which that is found."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import NUMBER, key

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Know of no copy yet: articles are compared when they are next filed."""
    op.create_table("bands", key("band"), key("article", "articles.number"))
    op.create_index("bands_article", "bands", ["article"])
    op.create_table(
        "copies",
        key("article", "articles.number"),
        sa.Column("leader", NUMBER, sa.ForeignKey("articles.number"), nullable=False),
    )
    op.create_index("copies_leader", "copies", ["leader", "article"])
    op.create_table("splits", key("article", "articles.number"), key("other", "articles.number"))
    op.create_index("splits_other", "splits", ["other"])
    op.add_column("articles", sa.Column("compared_version", sa.Integer(), nullable=False, server_default="0"))
