"""How far the backfill of a source's older pages got."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from aggregator.model import Backfill
from aggregator.store.codec import decode_request, encode_request
from aggregator.store.database import upsert
from aggregator.store.schema import backfills


def backfill(connection: Connection, source: str) -> Backfill | None:
    """Return the backfill of a source that has not come to its end, or None."""
    row = connection.execute(select(backfills).where(backfills.c.source == source)).one_or_none()
    if row is None:
        return None
    return Backfill(
        source=row.source,
        fingerprint=row.fingerprint,
        number=row.number,
        request=decode_request(row.request),
        pages=row.pages,
        articles=row.articles,
    )


def save_backfill(connection: Connection, progress: Backfill) -> None:
    """Write how far a backfill got, over what was there."""
    row = {
        "source": progress.source,
        "fingerprint": progress.fingerprint,
        "number": progress.number,
        "request": encode_request(progress.request),
        "pages": progress.pages,
        "articles": progress.articles,
    }
    upsert(connection, backfills, [row], [backfills.c.source])


def end_backfill(connection: Connection, source: str) -> None:
    """Forget the backfill of a source."""
    connection.execute(delete(backfills).where(backfills.c.source == source))
