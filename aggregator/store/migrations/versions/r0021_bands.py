"""The index of texts and titles as one tree: SQLite kept its rows by their numbers, and once more by key."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Copy it; tables of PostgreSQL are not kept by numbers."""
    if op.get_bind().dialect.name == "sqlite":
        without = {"sqlite_with_rowid": False}
        local = {"resolve_fks": False}
        with op.batch_alter_table("bands", recreate="always", table_kwargs=without, reflect_kwargs=local):
            pass
