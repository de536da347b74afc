"""The store: every call is one transaction."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from aggregator.store.database import Database
from aggregator.store.library import Library
from aggregator.store.output import Output
from aggregator.store.outside import Outside
from aggregator.store.polls import Visits


class Store(Visits, Library, Output, Outside):
    """Sources, articles and what is published of them, in SQLite or PostgreSQL.

    Threads may share a store and processes a database. Times go in aware and come out in UTC. Every
    call may raise StoreError where the database fails; nothing of that call is stored then.
    """

    @classmethod
    def open(cls, url: str) -> Self:
        """Open ``sqlite:///path`` or ``postgresql://…``, make what is missing, migrate what is older.

        Raises StoreError, without the url's password.
        """
        return cls(Database.open(url))

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
