"""What is in the files of articles: their texts, once for the same bytes, and who has them."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import STRING, key, required

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Know of no text yet: a file is read when its article is read the next time."""
    op.create_table(
        "file_texts",
        key("digest", kind=STRING),
        *required(sa.LargeBinary(), "content"),
        *required(STRING, "fault"),
    )
    op.create_table("readings", key("article", "articles.number"), key("file", "file_texts.digest", STRING))
    op.create_index("readings_file", "readings", ["file"])
