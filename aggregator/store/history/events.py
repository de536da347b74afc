"""The program's own news: a row for each event, which develops until it is over."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, insert, or_, select, update

from aggregator.model import EVENT, OF_SOURCES, OPERATIONS, Event, Occurrence
from aggregator.store.codec import read_row
from aggregator.store.columns import Time
from aggregator.store.counters import Counters, counting
from aggregator.store.database import Database, rows_in
from aggregator.store.schema import REVISION, events, sources
from aggregator.store.topics import touch_fronts

CALM = {"source": timedelta(hours=1), "silence": timedelta(days=1), "move": timedelta(days=1)}
"""How long an event has to look over until it is: a source that fails every other hour makes one event."""
LONG = timedelta(days=1)
"""How long a source's trouble lasts until its subscribers are told."""
MOMENTS = ("configuration-loaded", "schema-released")
"""What is over as soon as it happened."""
_OPEN = events.c.ended.is_(None)


class Events(Database):
    """What happened to sources and to the program."""

    def events(self, since: datetime | None = None, limit: int | None = None) -> list[Event]:
        """Return events as they stand, the one that came to it last in front."""
        found = select(events).order_by(events.c.sequence.desc()).limit(limit)
        if since is not None:
            found = found.where(events.c.updated >= since)
        with self._read() as connection:
            return [read_row(Event, row) for row in connection.execute(found)]

    def find_events(self, ids: Iterable[str]) -> dict[str, Event]:
        """Return events by their ids; other ids are left out."""
        numbers = [int(one.removeprefix(EVENT)) for one in ids if one.startswith(EVENT)]
        with self._read() as connection:
            rows = rows_in(connection, select(events), events.c.number, numbers)
            return {event.id: event for event in (read_row(Event, row) for row in rows)}

    def long_trouble(self, source: str) -> Event | None:
        """Return a source's last trouble that had lasted for a day, over or not."""
        found = select(events).where(
            events.c.about == "source", events.c.subject == source, events.c.lasted.is_not(None)
        )
        with self._read() as connection:
            row = connection.execute(found.order_by(events.c.number.desc()).limit(1)).first()
        return read_row(Event, row) if row else None

    def note_event(self, one: Occurrence, now: datetime) -> bool:
        """Note what happened; False where it is noted already."""
        with self._read() as connection:
            if not _changes_for(one, _last(connection, one), now):
                return False
        with self._write() as connection, counting(connection) as counters:
            note_events(connection, counters, [one], now)
        return True

    def advance_events(self, now: datetime) -> None:
        """Note which events are over by now, and which have lasted for a day."""
        over = or_(
            *(and_(events.c.about == about, events.c.calm <= now - wait) for about, wait in CALM.items()),
            and_(events.c.about.not_in(CALM), events.c.calm <= now),
        )
        failing = exists().where(sources.c.name == events.c.subject, sources.c.failures > 0)
        ends = select(events).where(_OPEN, over, or_(events.c.about != "source", ~failing))
        lasts = select(events).where(
            _OPEN,
            events.c.about == "source",
            events.c.calm.is_(None),
            events.c.lasted.is_(None),
            events.c.since <= now - LONG,
        )
        with self._read() as connection:
            if not connection.execute(ends).first() and not connection.execute(lasts).first():
                return
        with self._write() as connection, counting(connection) as counters:
            for row in connection.execute(ends).all():
                back = {"kind": "source-back"} if row.about == "source" else {}
                _change(connection, counters, row, {"ended": now, "updated": now, **back})
            for row in connection.execute(lasts).all():
                _change(connection, counters, row, {"lasted": now})


def note_events(
    connection: Connection, counters: Counters, occurrences: Iterable[Occurrence], now: datetime
) -> None:
    """Note what happened: an event that is open develops, else one begins."""
    for one in occurrences:
        last = _last(connection, one)
        values = _changes_for(one, last, now)
        if values and last and last.ended is None:
            _change(connection, counters, last, values)
        elif values:
            number = counters.draw()
            row = {"about": one.about, "subject": one.subject, "detail": "", "mark": "", "opened": now}
            row |= {"since": one.since or now, "number": number, "sequence": number}
            connection.execute(insert(events), row | values)
            touch_fronts(connection, counters, OPERATIONS.kind, [OPERATIONS.name])


def note_migration(connection: Connection, before: str) -> None:
    """Note that the tables are of another revision than before, at the time of the database."""
    detail = f"{before} → {REVISION}"
    now = connection.execute(select(func.now(type_=Time))).scalar_one()
    with counting(connection) as counters:
        note_events(connection, counters, [Occurrence("schema", kind="schema-released", detail=detail)], now)


def end_events(connection: Connection, counters: Counters, names: Collection[str], now: datetime) -> None:
    """End the events of sources that left the configuration."""
    held = select(events).where(_OPEN, events.c.about.in_(OF_SOURCES))
    for row in list(rows_in(connection, held, events.c.subject, names)):
        _change(connection, counters, row, {"ended": now, "updated": now})


def _last(connection: Connection, one: Occurrence) -> Row[Any] | None:
    """Return the last event of the same subject."""
    held = select(events).where(events.c.about == one.about, events.c.subject == one.subject)
    return connection.execute(held.order_by(events.c.number.desc()).limit(1)).first()


def _changes_for(one: Occurrence, last: Row[Any] | None, now: datetime) -> dict[str, Any]:
    """Return the values of an event that change, or those of a new one; none where all of it is noted."""
    before = last if last and last.ended is None else None
    if one.kind is None:
        return {"calm": now} if before and before.calm is None else {}
    if one.about == "configuration":
        same = last and (last.kind, last.detail, last.mark) == (one.kind, one.detail, one.mark)
    else:
        same = before and before.kind == one.kind
    if same:
        return {"calm": None} if before and before.calm else {}
    told = {"kind": one.kind, "detail": one.detail, "mark": one.mark, "calm": None}
    return {**told, "updated": now, "ended": now if one.kind in MOMENTS else None}


def _change(connection: Connection, counters: Counters, row: Row[Any], values: Mapping[str, Any]) -> None:
    """Change an event; where it stands otherwise then, the documents that show it are written again."""
    if values.keys() != {"calm"}:
        values = {**values, "sequence": counters.draw()}
        touch_fronts(connection, counters, OPERATIONS.kind, [OPERATIONS.name])
        if row.lasted or "lasted" in values:
            touch_fronts(connection, counters, "source", [row.subject])
    connection.execute(update(events).where(events.c.number == row.number).values(values))
