"""What every part of the store stands on."""

from __future__ import annotations

from aggregator.store.database import Database


class Door:
    """A way into a database; each of its calls is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
