"""What queries look at beside titles and texts: authors and the names of files."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import STRING

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Note nothing yet: until an article changes, they are asked of the article itself."""
    op.add_column("texts", sa.Column("names", STRING))
