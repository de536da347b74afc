"""What is written to texts is written to SQLite's index beside it, and no longer by a trigger."""

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Drop the trigger of new rows; PostgreSQL has none."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER texts_inserted")
