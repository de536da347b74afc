"""WebSub: what hubs push to us, and which changes our own hub has not been told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from aggregator.errors import StoreError
from aggregator.store.codec import make_row, read_row
from aggregator.store.database import Database, rows_in
from aggregator.store.rows import upsert
from aggregator.store.schema import announcements, pushes, sources, totals
from aggregator.store.upkeep.key import mark_of, read_key

_OF_SOURCE = select(pushes).where(pushes.c.source == bindparam("of_source"))


@dataclass(frozen=True, slots=True)
class Push:
    """The lease of a source's pushes."""

    source: str
    hub: str
    topic: str
    """The address under which the hub knows the source."""

    nonce: str
    """Callback and secret are made from it and from our key."""

    status: str
    """offered (the source names the hub), asked, active (the hub has confirmed), or denied."""

    attempts: int
    expires: datetime | None


class Pushes(Database):
    """The leases with the hubs of sources, and the announcements to ours."""

    def due_pushes(self, now: datetime, names: Collection[str]) -> list[Push]:
        """Return the leases of these sources that are to be asked for, or again."""
        due = select(pushes).where(pushes.c.retry_at <= now).order_by(pushes.c.retry_at)
        with self._read() as connection:
            return [read_row(Push, row) for row in rows_in(connection, due, pushes.c.source, sorted(names))]

    def orphaned_pushes(self, names: Collection[str]) -> list[Push]:
        """Return the leases, asked for or held, of sources other than these."""
        with self._read() as connection:
            held = connection.execute(select(pushes).order_by(pushes.c.source))
            return [
                read_row(Push, row) for row in held if row.source not in names and row.status != "offered"
            ]

    def find_push(self, nonce: str) -> Push | None:
        """Return the lease for which a nonce was drawn, or None."""
        with self._read() as connection:
            row = connection.execute(select(pushes).where(pushes.c.nonce == nonce)).one_or_none()
        return read_row(Push, row) if row else None

    def set_push(self, source: str, **values: Any) -> None:
        """Set columns of a source's lease."""
        with self._write() as connection:
            connection.execute(update(pushes).where(pushes.c.source == source).values(**values))

    def key(self, file: str, now: datetime, *, shared: bool = False) -> bytes:
        """Return the key from which our secrets are made.

        Where it is made now, no hub knows our callbacks: leases are asked for again, and sources visited. One
        that is ``shared`` is the same on all machines of a cluster; where it is not, this raises StoreError.
        """
        mark = self._key_mark() if shared else ""
        if mark and not Path(file).exists():
            raise StoreError(f"this machine lacks the key of the cluster: copy {file} from another one")
        key, is_new = read_key(Path(file))
        if shared and (mark or self._key_mark(mark_of(key))) != mark_of(key):
            raise StoreError(f"{file} is not the key of the cluster: copy it from another machine")
        if is_new:
            self._reset(now)
        return key

    def _key_mark(self, ours: str = "") -> str:
        """Return the mark of the key that the cluster has; where it has none, it has ours from now on."""
        with self._write() as connection:
            none = totals.c.key_mark == ""
            connection.execute(update(totals).where(none).values(key_mark=ours))
            return str(connection.scalar(select(totals.c.key_mark)))

    def _reset(self, now: datetime) -> None:
        with self._write() as connection:
            connection.execute(
                update(pushes).values(status="offered", attempts=0, retry_at=now, expires=None)
            )
            connection.execute(update(sources).values(pushed=None))

    def pushed_sources(self) -> dict[str, str]:
        """Return the status of every source that names a hub."""
        with self._read() as connection:
            return dict(connection.execute(select(pushes.c.source, pushes.c.status)).all())

    def announcements(self, limit: int) -> list[tuple[str, int]]:
        """Return the addresses whose change our hub has not been told, with the sequence of the change."""
        held = select(announcements).order_by(announcements.c.sequence).limit(limit)
        with self._read() as connection:
            return [(row.address, row.sequence) for row in connection.execute(held)]

    def mark_announced(self, announced: Sequence[tuple[str, int]]) -> None:
        """Forget changes that our hub has been told; an address that has changed since stays."""
        with self._write_alone() as connection:
            for address, sequence in announced:
                connection.execute(
                    delete(announcements).where(
                        announcements.c.address == address, announcements.c.sequence == sequence
                    )
                )


def note_hub(connection: Connection, source: str, hub: str, topic: str, nonce: str, now: datetime) -> None:
    """Note the hub that a source names, if it is not the one we know; ``nonce`` is for the new lease."""
    held = connection.execute(_OF_SOURCE, {"of_source": source}).one_or_none()
    if held and (held.hub, held.topic) == (hub, topic):
        return
    if held and not hub:
        connection.execute(delete(pushes).where(pushes.c.source == source))
    if hub:
        lease = Push(source, hub, topic, nonce, "offered", attempts=0, expires=None)
        upsert(connection, pushes, [make_row(lease, retry_at=now)], [pushes.c.source])
