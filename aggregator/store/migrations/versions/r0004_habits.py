"""What a source is like, and what its host says of robots; the articles of a source by age."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import STRING, TIME

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Know nothing of the sources yet: their next visits tell."""
    for name in ("pace", "rhythm", "baseline"):
        op.add_column("sources", sa.Column(name, STRING, nullable=False, server_default="{}"))
    for name in ("moved", "robots"):
        op.add_column("sources", sa.Column(name, STRING, nullable=False, server_default=""))
    op.add_column("sources", sa.Column("moved_since", TIME))
    op.create_index("articles_source", "articles", ["source", "first_seen", "number"])
