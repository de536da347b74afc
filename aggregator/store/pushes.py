"""What hubs push to us, and what we have yet to tell ours."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from aggregator.store.database import chunks, upsert
from aggregator.store.schema import announcements, pushes, sources


@dataclass(frozen=True, slots=True)
class Push:
    """A source's standing with its hub. From ``nonce``, and our key, callback and secret are made.

    ``status``: offered (named by the source), asked, active (the hub has asked back), denied.
    """

    source: str
    hub: str
    topic: str
    nonce: str
    status: str
    attempts: int
    expires: datetime | None


def note_hub(connection: Connection, source: str, hub: str, topic: str, nonce: str, now: datetime) -> None:
    """Note the hub that a source names; where it is another one, ``nonce`` is for it."""
    held = connection.execute(
        select(pushes.c.hub, pushes.c.topic).where(pushes.c.source == source)
    ).one_or_none()
    if held and (held.hub, held.topic) == (hub, topic):
        return
    if held and not hub:
        connection.execute(delete(pushes).where(pushes.c.source == source))
    if hub:
        row = {
            "source": source,
            "hub": hub,
            "topic": topic,
            "nonce": nonce,
            "status": "offered",
            "attempts": 0,
            "retry_at": now,
            "expires": None,
        }
        upsert(connection, pushes, [row], [pushes.c.source])


def due_pushes(connection: Connection, now: datetime, sources: Collection[str]) -> list[Push]:
    """Return whose lease is to be asked for, or again, among these sources."""
    found: list[Push] = []
    for some in chunks(sorted(sources)):
        due = select(pushes).where(pushes.c.source.in_(some), pushes.c.retry_at <= now)
        found += [_push(row) for row in connection.execute(due.order_by(pushes.c.retry_at))]
    return found


def strange_pushes(connection: Connection, sources: Collection[str]) -> list[Push]:
    """Return whose lease is held for none of these sources."""
    held = connection.execute(select(pushes).order_by(pushes.c.source))
    return [_push(row) for row in held if row.source not in sources and row.status != "offered"]


def find_push(connection: Connection, nonce: str) -> Push | None:
    """Return for which source a nonce was drawn."""
    row = connection.execute(select(pushes).where(pushes.c.nonce == nonce)).one_or_none()
    return _push(row) if row else None


def set_push(connection: Connection, source: str, **values: Any) -> None:
    """Note how it stands with a source's hub."""
    connection.execute(update(pushes).where(pushes.c.source == source).values(**values))


def lose_leases(connection: Connection, now: datetime) -> None:
    """Note that no hub knows our callbacks any more: all are to be asked again, and the sources visited."""
    connection.execute(update(pushes).values(status="offered", attempts=0, retry_at=now, expires=None))
    connection.execute(update(sources).values(pushed=None))


def pushed_sources(connection: Connection) -> dict[str, str]:
    """Return the status of every source that names a hub."""
    return {row.source: row.status for row in connection.execute(select(pushes.c.source, pushes.c.status))}


def list_announcements(connection: Connection, limit: int) -> list[tuple[str, int]]:
    """Return the addresses whose change our hub has not been told, with the sequence of it."""
    held = select(announcements).order_by(announcements.c.sequence).limit(limit)
    return [(row.address, row.sequence) for row in connection.execute(held)]


def note_told(connection: Connection, told: Sequence[tuple[str, int]]) -> None:
    """Forget what the hub has been told, but not what has changed once more since."""
    for address, sequence in told:
        connection.execute(
            delete(announcements).where(
                announcements.c.address == address, announcements.c.sequence == sequence
            )
        )


def _push(row: Row[Any]) -> Push:
    return Push(row.source, row.hub, row.topic, row.nonce, row.status, row.attempts, row.expires)
