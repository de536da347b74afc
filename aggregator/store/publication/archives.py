"""Closed archives of a topic's feed, and the tombstones of removed articles."""

from collections.abc import Sequence

from sqlalchemy import select, update

from aggregator.model import Archive, Tombstone, Topic
from aggregator.store.codec import make_row, read_row
from aggregator.store.database import Database, upsert
from aggregator.store.schema import archives, memberships, removed, tombstones, topics
from aggregator.store.topics import is_topic, number_of


class Archives(Database):
    """What a topic's feed shows besides its newest articles."""

    def unarchived(self, topic: Topic, after: int, limit: int) -> list[int]:
        """Return the sequences above ``after`` of a topic's members, oldest first."""
        held = select(memberships.c.sequence).where(
            memberships.c.topic == number_of(topic), memberships.c.sequence > after
        )
        with self._read() as connection:
            return list(connection.scalars(held.order_by(memberships.c.sequence).limit(limit)))

    def archives(self, topic: Topic) -> list[Archive]:
        """Return the closed archives of a topic, oldest first."""
        held = select(archives).where(archives.c.topic == number_of(topic)).order_by(archives.c.number)
        with self._read() as connection:
            return [read_row(Archive, row) for row in connection.execute(held)]

    def archive(self, topic: Topic, number: int) -> Archive | None:
        """Return one archive of a topic, or None."""
        held = select(archives).where(archives.c.topic == number_of(topic), archives.c.number == number)
        with self._read() as connection:
            row = connection.execute(held).one_or_none()
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
        held = (
            select(removed.c.namespace, removed.c.key, removed.c.removed_at)
            .join(tombstones, tombstones.c.identity == removed.c.identity)
            .where(tombstones.c.topic == number_of(topic))
            .order_by(tombstones.c.sequence.desc())
            .limit(limit)
        )
        with self._read() as connection:
            return [read_row(Tombstone, row) for row in connection.execute(held)]
