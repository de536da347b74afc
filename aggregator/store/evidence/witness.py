"""How far a witness was asked to save pages."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from aggregator.store.database import Database
from aggregator.store.schema import articles, totals


@dataclass(frozen=True, slots=True)
class Unwitnessed:
    """A page that is new, or was changed, since a witness was asked last."""

    sequence: int
    address: str
    source: str


class Witnesses(Database):
    """Which pages a witness is asked to save next."""

    def unwitnessed(self, now: datetime, limit: int) -> list[Unwitnessed]:
        """Return the next pages, in the order in which they came; none while it wants to be left alone.

        The first call notes where to begin: with what comes after it.
        """
        with self._write_alone() as connection:
            row = connection.execute(select(totals.c.witnessed, totals.c.witness_at)).one()
            if row.witnessed is None:
                newest = select(func.coalesce(func.max(articles.c.sequence), 0)).scalar_subquery()
                connection.execute(update(totals).values(witnessed=newest))
            if row.witnessed is None or (row.witness_at and row.witness_at > now):
                return []
            columns = articles.c.sequence, articles.c.address, articles.c.source
            following = select(*columns).where(articles.c.sequence > row.witnessed)
            found = connection.execute(following.order_by(articles.c.sequence).limit(limit))
            return [Unwitnessed(*one) for one in found]

    def note_witnessed(self, sequence: int) -> None:
        """Note up to which sequence the witness was asked."""
        with self._write() as connection:
            connection.execute(update(totals).values(witnessed=sequence))

    def leave_witness(self, until: datetime) -> None:
        """Ask the witness nothing before a time."""
        with self._write() as connection:
            connection.execute(update(totals).values(witness_at=until))
