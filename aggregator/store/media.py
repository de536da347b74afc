"""Files that are mirrored: which articles show them, what we hold of them, what is to be fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, exists, func, select, update

from aggregator.model import MediaFile, Wish
from aggregator.model.digest import hexdigest
from aggregator.store.categories import count_up
from aggregator.store.database import chunks, upsert
from aggregator.store.schema import articles, media, sources, uses


@dataclass(frozen=True, slots=True)
class Due:
    """A file that is to be fetched; ``attempts`` counts those that failed."""

    identity: str
    kind: str
    address: str
    source: str
    attempts: int


@dataclass(frozen=True, slots=True)
class MirrorState:
    """What a source mirrors: files kept and their bytes, files that wait, those that cannot be had."""

    kept: int = 0
    size: int = 0
    waiting: int = 0
    refused: int = 0


def save_uses(
    connection: Connection, source: str, wishes: Mapping[int, Sequence[Wish]], now: datetime
) -> None:
    """Note which files articles show, by number; what is new is to be fetched."""
    for numbers in chunks(list(wishes)):
        connection.execute(delete(uses).where(uses.c.article.in_(numbers)))
    wanted = {_identify(wish): wish for some in wishes.values() for wish in some}
    known: set[str] = set()
    for some in chunks(list(wanted)):
        known.update(connection.scalars(select(media.c.identity).where(media.c.identity.in_(some))))
    rows = [
        {
            "identity": identity,
            "address": wish.address,
            "source": source,
            "kind": wish.kind,
            "path": "",
            "media_type": "",
            "length": 0,
            "error": "",
            "attempts": 0,
            "retry_at": now,
        }
        for identity, wish in wanted.items()
        if identity not in known
    ]
    upsert(connection, media, rows, [media.c.identity])
    shown = [
        {"article": number, "media": _identify(wish)} for number, some in wishes.items() for wish in some
    ]
    upsert(connection, uses, shown, [uses.c.article, uses.c.media])


def claim_media(connection: Connection, now: datetime, limit: int, lease: timedelta) -> list[Due]:
    """Return files that are due, the longest due first; nobody else gets them until ``lease`` is over."""
    due = select(media).where(media.c.retry_at <= now).order_by(media.c.retry_at).limit(limit)
    rows = connection.execute(due).all()
    for some in chunks([row.identity for row in rows]):
        connection.execute(update(media).where(media.c.identity.in_(some)).values(retry_at=now + lease))
    return [Due(row.identity, row.kind, row.address, row.source, row.attempts) for row in rows]


def keep_media(connection: Connection, identity: str, file: MediaFile) -> None:
    """Note a file that is in place, and have the articles published again that show it."""
    connection.execute(
        update(media)
        .where(media.c.identity == identity)
        .values(
            path=file.path,
            media_type=file.media_type,
            length=file.length,
            error="",
            attempts=0,
            retry_at=None,
        )
    )
    count_up(connection, set(connection.scalars(select(uses.c.article).where(uses.c.media == identity))))


def lose_media(connection: Connection, paths: Sequence[str], now: datetime) -> None:
    """Note that files are no longer in place: fetched again, and their articles shown without until then."""
    for some in chunks(paths):
        shown = select(uses.c.article).join(media).where(media.c.path.in_(some))
        count_up(connection, set(connection.scalars(shown)))
        connection.execute(update(media).where(media.c.path.in_(some)).values(path="", retry_at=now))


def put_off_media(connection: Connection, identity: str, error: str, retry_at: datetime) -> None:
    """Note why a file could not be had, and when to try again."""
    connection.execute(
        update(media)
        .where(media.c.identity == identity)
        .values(error=error, attempts=media.c.attempts + 1, retry_at=retry_at)
    )


def mirror_states(connection: Connection) -> dict[str, MirrorState]:
    """Return what each source mirrors; a file under two addresses counts once."""
    files = (
        select(media.c.source, media.c.path, media.c.length).where(media.c.path != "").distinct().subquery()
    )
    kept = select(files.c.source, func.count(), func.coalesce(func.sum(files.c.length), 0))
    states = {
        source: MirrorState(kept=count, size=size)
        for source, count, size in connection.execute(kept.group_by(files.c.source))
    }
    refused = media.c.error != ""
    rest = select(media.c.source, refused.label("refused"), func.count().label("count"))
    for row in connection.execute(rest.where(media.c.path == "").group_by(media.c.source, refused)):
        before = states.get(row.source, MirrorState())
        more = {"refused": row[2]} if row.refused else {"waiting": row[2]}
        states[row.source] = MirrorState(
            before.kept,
            before.size,
            more.get("waiting", before.waiting),
            more.get("refused", before.refused),
        )
    return states


def media_of(connection: Connection, numbers: Sequence[int]) -> dict[int, dict[str, MediaFile]]:
    """Return what we hold of the files of articles, by number and address."""
    held: dict[int, dict[str, MediaFile]] = {}
    for some in chunks(numbers):
        rows = (
            select(uses.c.article, media.c.address, media.c.path, media.c.media_type, media.c.length)
            .join(media)
            .where(uses.c.article.in_(some), media.c.path != "")
            .order_by(uses.c.article, media.c.address)
        )
        for row in connection.execute(rows):
            held.setdefault(row.article, {})[row.address] = MediaFile(row.path, row.media_type, row.length)
    return held


def media_paths(connection: Connection) -> set[str]:
    """Return the paths of all files that we hold."""
    return set(connection.scalars(select(media.c.path).where(media.c.path != "").distinct()))


def unused_media(connection: Connection) -> list[str]:
    """Return the paths of files that no article shows any more, under whatever address."""
    other = media.alias()
    used = exists().where(other.c.path == media.c.path, uses.c.media == other.c.identity)
    found = select(media.c.path).where(media.c.path != "", ~used).distinct()
    return list(connection.scalars(found.order_by(media.c.path)))


def forget_unused(connection: Connection) -> None:
    """Forget the files that no article shows any more."""
    used = exists().where(uses.c.media == media.c.identity)
    connection.execute(delete(media).where(~used))


def mirror_settings(connection: Connection) -> dict[str, str]:
    """Return for which setting of ``mirror`` the uses of each source are right."""
    return {row.name: row.mirror for row in connection.execute(select(sources.c.name, sources.c.mirror))}


def note_mirror(connection: Connection, source: str, setting: str) -> None:
    """Note that the uses of a source are right for this setting."""
    connection.execute(update(sources).where(sources.c.name == source).values(mirror=setting))


def articles_of(connection: Connection, source: str, after: int, limit: int) -> list[Any]:
    """Return number and public id of a source's articles after a number, in the order of their arrival."""
    found = select(articles.c.number, articles.c.id).where(
        articles.c.source == source, articles.c.number > after
    )
    return list(connection.execute(found.order_by(articles.c.number).limit(limit)))


def _identify(wish: Wish) -> str:
    said = f"{wish.kind}\n{wish.address}"
    return hexdigest(said)
