"""The outbox: what each receiver is told of which article or event, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from sqlalchemy import Connection, case, cast, func, literal, select, update

from aggregator.errors import EventKind
from aggregator.model import EVENT, UNTOLD, Change, ChangeKind, Event
from aggregator.store.codec import read_row
from aggregator.store.columns import String
from aggregator.store.counters import counting
from aggregator.store.database import Database, change_in, rows_in
from aggregator.store.rows import insert_rows
from aggregator.store.schema import articles, changes, events, outbox, totals

SENDING = timedelta(minutes=10)
"""How long a message is being sent at most; then somebody else may send it."""
LONGEST_WAIT = timedelta(days=2)
"""More than something waits for a digest or a receiver that asked for patience."""
RESTORED = "the database was restored"
"""Why something that waited in a copy is told to nobody."""
_ID = func.coalesce(articles.c.id, literal(EVENT) + cast(outbox.c.event, String)).label("id")
_CHANGE = (articles.c.id, articles.c.source, articles.c.title, articles.c.address)


@dataclass(frozen=True, slots=True)
class Tell:
    """Something that a receiver is to be told: what happened, by which rules, and from when on."""

    receiver: str
    change: Change
    rules: Sequence[str]
    due: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """Something in the outbox that is due."""

    number: int
    id: str
    """The article's public id, or that of an event."""
    kind: ChangeKind | EventKind
    version: int
    rules: str
    """Names, with blanks between."""
    created: datetime
    tries: int
    begun: datetime | None
    """Since when somebody was sending it who did not say whether it was sent."""
    doubts: int
    """How often that happened before."""

    @property
    def was_tried(self) -> bool:
        """Whether it was in a message that failed or may have been sent."""
        return bool(self.tries or self.begun)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a receiver does."""

    receiver: str
    waiting: int
    told: int
    last: datetime | None
    """When it was told last."""
    error: str
    """Why the last try failed; empty after one that did not."""


class Outbox(Database):
    """What is told, and what was."""

    def unmatched(self, limit: int) -> list[Change]:
        """Return what happened and was not held against the rules yet, in its order."""
        with self._read() as connection:
            told = select(totals.c.told).scalar_subquery()
            # Of what is no change, rules are told that an article is new.
            is_told = changes.c.kind.not_in(set(UNTOLD) - {"new"})
            found = select(changes, *_CHANGE).join(articles).where(changes.c.number > told, is_told)
            rows = connection.execute(found.order_by(changes.c.number).limit(limit))
            happened = [read_row(Change, row) for row in rows]
            news = select(events).where(events.c.sequence > told).order_by(events.c.sequence).limit(limit)
            happened += [read_row(Event, row).change for row in connection.execute(news)]
            return sorted(happened, key=attrgetter("number"))[:limit]

    def put_out(self, tells: Sequence[Tell], upto: int, now: datetime) -> None:
        """Note what is to be told, and that everything up to a number was held against the rules."""
        with self._write() as connection, counting(connection) as counters:
            before = connection.scalar(select(totals.c.told)) or 0
            # Another process may have been quicker with all of it, or with its beginning.
            if before >= upto:
                return
            tells = [tell for tell in tells if tell.change.number > before]
            held = _subjects(connection, [tell.change.id for tell in tells])
            told = _told_of_events(connection, held)
            rows = [
                {
                    "number": counters.draw(),
                    **held[tell.change.id.lower()],
                    "receiver": tell.receiver,
                    "kind": tell.change.kind,
                    "version": tell.change.version,
                    "rules": " ".join(tell.rules),
                    "created": now,
                    "due": tell.due,
                }
                for tell in tells
                if tell.change.id.lower() in held
                and (tell.receiver, tell.change.id, tell.change.kind) not in told
            ]
            insert_rows(connection, outbox, rows)
            connection.execute(update(totals).values(told=upto))

    def due(self, receiver: str, now: datetime, limit: int) -> list[Due]:
        """Return what a receiver is to be told now, oldest first.

        Nothing is while a message waits for its next try, or is being sent by anybody: what comes behind it
        is told in its order.
        """
        waiting = (outbox.c.receiver == receiver) & outbox.c.told.is_(None)
        ahead = (outbox.c.tries > 0) & (outbox.c.due > now) | (outbox.c.begun >= now - SENDING)
        due = select(outbox, _ID).outerjoin(articles).where(waiting, outbox.c.due <= now)
        with self._read() as connection:
            if connection.scalar(select(outbox.c.number).where(waiting, ahead).limit(1)):
                return []
            rows = connection.execute(due.order_by(outbox.c.number).limit(limit))
            return [read_row(Due, row) for row in rows]

    def begin(self, message: Sequence[Due], now: datetime) -> bool:
        """Note that a message is being sent; False where somebody else was quicker."""
        numbers = [one.number for one in message]
        is_free = outbox.c.begun.is_(None) | (outbox.c.begun < now - SENDING)
        free = select(outbox.c.number).where(outbox.c.told.is_(None), outbox.c.due <= now, is_free)
        doubted = case((outbox.c.begun.is_(None), 0), else_=1)
        begun = update(outbox).values(begun=now, doubts=outbox.c.doubts + doubted)
        with self._write_alone() as connection:
            if len(list(rows_in(connection, free, outbox.c.number, numbers))) < len(numbers):
                return False
            change_in(connection, begun, outbox.c.number, numbers)
            return True

    def give_up(self, now: datetime) -> None:
        """Note that nobody sends any more what was begun, so that it comes again at once.

        Only who knows that no other process sends anything may say so.
        """
        begun = update(outbox).where(outbox.c.told.is_(None), outbox.c.begun >= now - SENDING)
        with self._write_alone() as connection:
            connection.execute(begun.values(begun=now - SENDING - SENDING))

    def mark_told(self, numbers: Sequence[int], now: datetime, error: str = "") -> None:
        """Note that messages were sent, or with an error that nobody can know."""
        done = update(outbox).values(told=now, begun=None, error=error)
        with self._write_alone() as connection:
            change_in(connection, done, outbox.c.number, numbers)

    def put_off(self, numbers: Sequence[int], due: datetime, error: str) -> None:
        """Note that messages were not sent, why, and when they are tried again."""
        later = update(outbox).values(due=due, begun=None, error=error, tries=outbox.c.tries + 1)
        with self._write_alone() as connection:
            change_in(connection, later, outbox.c.number, numbers)

    def count_told(self, receiver: str, since: datetime) -> int:
        """Return how many messages a receiver was sent since a time; what was in one was told at one time."""
        told = select(func.count(outbox.c.told.distinct())).where(
            outbox.c.receiver == receiver, outbox.c.told >= since, outbox.c.error == ""
        )
        with self._read() as connection:
            return connection.scalar(told) or 0

    def standings(self) -> Mapping[str, Standing]:
        """Return how receivers do, by name."""
        waiting = func.count().filter(outbox.c.told.is_(None))
        sent = outbox.c.error != RESTORED
        counted = select(
            outbox.c.receiver,
            waiting.label("waiting"),
            func.count(outbox.c.told).filter(sent).label("told"),
            func.max(outbox.c.told).filter(sent).label("last"),
        ).group_by(outbox.c.receiver)
        newest = select(outbox.c.error).where(outbox.c.told.is_(None), outbox.c.error != "")
        with self._read() as connection:
            return {
                row.receiver: read_row(
                    Standing,
                    row,
                    error=connection.scalar(
                        newest.where(outbox.c.receiver == row.receiver).order_by(outbox.c.number).limit(1)
                    )
                    or "",
                )
                for row in connection.execute(counted)
            }

    def mark_restored(self, now: datetime) -> int:
        """Note that the database was put back: what was published before is no news when it comes again.

        What waited in the copy may have been told since, and is not told again; return how much it was.
        """
        with self._write_alone() as connection:
            connection.execute(update(totals).values(restored=now, told=totals.c.sequence))
            waiting = update(outbox).where(outbox.c.told.is_(None))
            done = connection.execute(waiting.values(told=now, begun=None, error=RESTORED))
            return done.rowcount


def mend_outbox(connection: Connection, now: datetime) -> None:
    """Let nothing wait for what a clock that was ahead has set."""
    for values, ahead in (
        ({"due": now}, outbox.c.told.is_(None) & (outbox.c.due > now + LONGEST_WAIT)),
        ({"begun": now}, outbox.c.begun > now),
        ({"told": now}, outbox.c.told > now),
    ):
        connection.execute(update(outbox).where(ahead).values(**values))


def _subjects(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, int | None]]:
    """Return by id the article or event, as columns of the outbox."""
    lower = func.lower(articles.c.id)
    held = select(lower.label("id"), articles.c.number)
    rows = rows_in(connection, held, lower, [one.lower() for one in ids])
    numbers = {one: int(one.removeprefix(EVENT)) for one in ids if one.startswith(EVENT)}
    found: dict[str, dict[str, int | None]] = {row.id: {"article": row.number, "event": None} for row in rows}
    return found | {one: {"article": None, "event": number} for one, number in numbers.items()}


def _told_of_events(
    connection: Connection, held: Mapping[str, Mapping[str, int | None]]
) -> set[tuple[str, str, str]]:
    """Return which receivers have which states of some events in the outbox already."""
    numbers = [one["event"] for one in held.values() if one["event"]]
    known = rows_in(connection, select(outbox), outbox.c.event, numbers)
    return {(row.receiver, f"{EVENT}{row.event}", row.kind) for row in known}
