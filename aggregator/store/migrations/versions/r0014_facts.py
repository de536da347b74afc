"""Named facts of articles, and the numbers of documents that they have or cite."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import STRING, key, required

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Know of no facts yet: they are named when an article is read the next time."""
    op.add_column("articles", sa.Column("fields", STRING, nullable=False, server_default="[]"))
    op.create_table(
        "citations",
        key("article", "articles.number"),
        key("core", kind=STRING),
        key("prefix", kind=STRING),
        *required(STRING, "relation"),
    )
    op.create_index("citations_core", "citations", ["core", "relation"])
