"""Migrations of the tables, as revisions of alembic."""

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from aggregator.store.history.events import note_migration


def configure() -> Config:
    """Return alembic's configuration, which needs no file."""
    config = Config()
    config.set_main_option("script_location", "aggregator.store:migrations")
    return config


def knows(revision: str) -> bool:
    """Tell whether this program has that revision of the tables."""
    try:
        return ScriptDirectory.from_config(configure()).get_revision(revision) is not None
    except CommandError:
        return False


def migrate(connection: Connection, before: str | None) -> None:
    """Bring the tables from a revision to the newest one, inside the connection's transaction."""
    config = configure()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if before:
        note_migration(connection, before)
