"""Closed archives of a topic's feed, and the tombstones of removed articles."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select, update

from aggregator.model import Archive, Tombstone, Topic
from aggregator.store.codec import make_row, read_row
from aggregator.store.database import Database
from aggregator.store.rows import upsert
from aggregator.store.schema import archives, memberships, removed, tombstones, topics
from aggregator.store.topics import NUMBER_OF, is_topic, named

_OF_TOPIC = select(archives).where(archives.c.topic == NUMBER_OF).order_by(archives.c.number)
_ARCHIVE = select(archives).where(archives.c.topic == NUMBER_OF, archives.c.number == bindparam("wanted"))
_UNARCHIVED = (
    select(memberships.c.sequence)
    .where(memberships.c.topic == NUMBER_OF, memberships.c.sequence > bindparam("after"))
    .order_by(memberships.c.sequence)
    .limit(bindparam("most"))
)
_TOMBSTONES = (
    select(removed.c.namespace, removed.c.key, removed.c.removed_at)
    .join(tombstones, tombstones.c.identity == removed.c.identity)
    .where(tombstones.c.topic == NUMBER_OF)
    .order_by(tombstones.c.sequence.desc())
    .limit(bindparam("most"))
)


class Archives(Database):
    """What a topic's feed shows besides its newest articles."""

    def unarchived(self, topic: Topic, after: int, limit: int) -> list[int]:
        """Return the sequences above ``after`` of a topic's members, oldest first."""
        with self._read() as connection:
            wanted = {**named(topic), "after": after, "most": limit}
            return list(connection.scalars(_UNARCHIVED, wanted).all())

    def archives(self, topic: Topic) -> list[Archive]:
        """Return the closed archives of a topic, oldest first."""
        with self._read() as connection:
            return [read_row(Archive, row) for row in connection.execute(_OF_TOPIC, named(topic))]

    def archive(self, topic: Topic, number: int) -> Archive | None:
        """Return one archive of a topic, or None."""
        with self._read() as connection:
            row = connection.execute(_ARCHIVE, {**named(topic), "wanted": number}).one_or_none()
        return read_row(Archive, row) if row else None

    def save_archives(self, topic: Topic, written: Sequence[Archive]) -> None:
        """Note archives as they were written; new ones take their members off the subscription document."""
        with self._write_alone() as connection:
            number = connection.execute(select(topics.c.number).where(is_topic(topic))).scalar_one()
            rows = [make_row(archive, topic=number) for archive in written]
            upsert(connection, archives, rows, [archives.c.topic, archives.c.number])
            last = max(archive.last for archive in written)
            connection.execute(
                update(topics)
                .where(topics.c.number == number, topics.c.archived < last)
                .values(archived=last)
            )

    def tombstones(self, topic: Topic, limit: int) -> list[Tombstone]:
        """Return what was removed from a topic last, the last one first."""
        with self._read() as connection:
            found = connection.execute(_TOMBSTONES, {**named(topic), "most": limit}).all()
            return [read_row(Tombstone, row) for row in found]
