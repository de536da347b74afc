"""Contents of articles, compressed in SQLite as they are from now on; PostgreSQL compresses by itself."""

from typing import Any

from alembic import op

from aggregator.store.columns import pack

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Compress what is held."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.create_function("pack", 1, pack)
        op.execute("UPDATE articles SET content = pack(content)")
