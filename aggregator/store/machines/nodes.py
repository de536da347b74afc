"""The processes of a cluster: each says every few seconds that it lives."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Interval,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from aggregator.errors import StoreError
from aggregator.model import Node
from aggregator.store.codec import read_row
from aggregator.store.database import Database, revision_of
from aggregator.store.machines.leases import end_leases
from aggregator.store.schema import nodes, robots

SILENCE = timedelta(seconds=30)
"""A node that was not seen for so long is dead."""
_NOW: ColumnElement[Any] = func.clock_timestamp(type_=DateTime(timezone=True))
_LIVING = nodes.c.seen > _NOW - literal(SILENCE, Interval())


class Nodes(Database):
    """Which processes there are; only PostgreSQL can be asked."""

    def add_node(self, node: Node) -> None:
        """Make a node known, which lives from now on.

        Raises StoreError where those that live publish for another address: two clusters would mix.
        """
        values = asdict(node) | {"started": _NOW, "seen": _NOW}
        with self._write_alone() as connection:
            others = select(nodes.c.site, nodes.c.host).where(_LIVING, nodes.c.site != node.site)
            if other := connection.execute(others).first():
                raise StoreError(
                    f"this database belongs to the cluster of {other.site} (its nodes run on {other.host}); "
                    f"this node's [site] url is {node.site}"
                )
            connection.execute(delete(nodes).where(nodes.c.id == node.id))
            connection.execute(insert(nodes).values(values))

    def beat(self, node: Node) -> tuple[bool, str | None]:
        """Note that a node lives, and how it does.

        Return whether it was still known, and the revision of the database.
        """
        values = asdict(node)
        for name in ("id", "started"):
            del values[name]
        with self._write() as connection:
            if node.dispatches:  # nobody else does any more, also where it died before it could say so
                others = update(nodes).where(nodes.c.dispatches, nodes.c.id != node.id)
                connection.execute(others.values(dispatches=False))
            change = update(nodes).where(nodes.c.id == node.id).values(values | {"seen": _NOW})
            return connection.execute(change).rowcount > 0, revision_of(connection)

    def living_nodes(self) -> list[Node]:
        """Return the nodes that live, the one that was started first in front."""
        with self._read() as connection:
            rows = connection.execute(select(nodes).where(_LIVING).order_by(nodes.c.started)).all()
        return [read_row(Node, row) for row in rows]

    def remove_nodes(self, ids: Collection[str]) -> None:
        """Forget nodes that have ended, and let others do what they were about."""
        with self._write_alone() as connection:
            connection.execute(delete(nodes).where(nodes.c.id.in_(ids)))
            _end_work(connection, ids)

    def bury_nodes(self) -> list[Node]:
        """Forget the nodes that are dead, and let others do what they were about; return them."""
        with self._write_alone() as connection:
            dead = connection.execute(delete(nodes).where(~_LIVING).returning(nodes)).all()
            _end_work(connection, [row.id for row in dead])
        return [read_row(Node, row) for row in dead]


def _end_work(connection: Connection, ids: Collection[str]) -> None:
    """End the leases of nodes, and let others read the robots.txt that they were reading."""
    end_leases(connection, ids)
    connection.execute(update(robots).where(robots.c.reader.in_(ids)).values(reading_until=_NOW))
