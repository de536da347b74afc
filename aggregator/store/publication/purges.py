"""Addresses of which caches between us and readers may hold an older state."""

from collections.abc import Sequence

from sqlalchemy import delete, select, tuple_, update

from aggregator.store.counters import counting
from aggregator.store.database import Database, change_in
from aggregator.store.rows import upsert
from aggregator.store.schema import purges


class Purges(Database):
    """What a content delivery network has not been told yet.

    An address is noted before its document changes, and told of once that is done: so a crash between the two
    forgets none, and no cache is told to ask again for what is old still.
    """

    def note_purges(self, addresses: Sequence[str]) -> None:
        """Note addresses whose documents are about to change or to go."""
        if not addresses:
            return
        with self._write() as connection, counting(connection) as counters:
            rows = [{"address": one, "sequence": counters.draw(), "ready": False} for one in addresses]
            upsert(connection, purges, rows, [purges.c.address])

    def release_purges(self, addresses: Sequence[str] | None = None) -> None:
        """Have caches told of these addresses, whose documents are in place; of all where nobody writes."""
        released = update(purges).where(~purges.c.ready).values(ready=True)
        with self._write_alone() as connection:
            if addresses is None:
                connection.execute(released)
            else:
                change_in(connection, released, purges.c.address, addresses)

    def purges(self, limit: int) -> list[tuple[str, int]]:
        """Return addresses of which caches are to be told, with the sequence of their change."""
        ready = select(purges.c.address, purges.c.sequence).where(purges.c.ready)
        with self._read() as connection:
            found = connection.execute(ready.order_by(purges.c.sequence).limit(limit))
            return [(row.address, row.sequence) for row in found]

    def mark_purged(self, told: Sequence[tuple[str, int]]) -> None:
        """Forget addresses that caches were told of; one that has changed since stays."""
        with self._write_alone() as connection:
            connection.execute(delete(purges).where(tuple_(purges.c.address, purges.c.sequence).in_(told)))
