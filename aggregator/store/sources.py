"""Sources between two polls: their states, and how each does."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from aggregator.errors import StoreError
from aggregator.model import EVERYTHING, STOPPED, Owed, PollState
from aggregator.store.codec import HABITS, decode, encode_habit
from aggregator.store.counters import counting
from aggregator.store.database import Database, chunks
from aggregator.store.identity import identify
from aggregator.store.schema import (
    articles,
    backfills,
    media,
    owed,
    pushes,
    sightings,
    sources,
    totals,
)
from aggregator.store.topics import touch_fronts

MAX_CLOCK_SKEW = timedelta(minutes=5)
"""How far the clocks of several machines on one database may differ."""

STATE = (
    "due",
    "fingerprint",
    "etag",
    "last_modified",
    "body_digest",
    "polled",
    "succeeded",
    "status",
    "failures",
    "error",
    "wait_until",
    "pushed",
    "moved",
    "moved_since",
    "robots",
)
"""The fields of a PollState that are columns of the same name; ``HABITS`` has the others."""


@dataclass(frozen=True, slots=True)
class SourceOverview:
    """How a source does."""

    state: PollState
    articles: int
    """How many articles it showed."""

    leased: bool
    """Whether it is being polled."""

    owed: tuple[Owed, ...]
    """What it owes, without the entries, those to be retried first in front."""

    filtered: int = 0
    """How many entries the user's own rules leave out; ``owed`` does not list them."""


class Sources(Database):
    """The sources of the configuration, and those that have left it."""

    def sync_sources(self, names: Sequence[str], now: datetime) -> None:
        """Make exactly these sources active; new ones are due now, the others keep their state."""
        with self._read() as connection:
            active = connection.scalars(select(sources.c.name).where(sources.c.active))
            if set(active) == set(names):
                return
        with self._write() as connection, counting(connection) as counters:
            rows = connection.execute(select(sources.c.name, sources.c.active))
            held = {row.name: row.active for row in rows}
            wanted = dict.fromkeys(names)
            back = [name for name in wanted if held.get(name) is False]
            left = [name for name in held if held[name] and name not in wanted]
            _activate(connection, back, active=True)
            _activate(connection, left, active=False)
            # The feeds of a source say whether it has ended.
            touch_fronts(connection, counters, "source", [*back, *left])
            touch_fronts(connection, counters, "all", [EVERYTHING.name] if back or left else [])
            new = [PollState(name, due=now) for name in wanted if name not in held]
            if new:
                connection.execute(
                    insert(sources),
                    [{"name": state.name, "active": True, **columns_of(state)} for state in new],
                )

    def rename_source(self, old: str, new: str) -> bool:
        """Give a source another name, with everything that it showed and owes; tell whether there was one.

        Nothing is done where articles came under the new name before. The namespace of the articles stays.
        """
        with self._read() as connection:
            if connection.scalar(select(sources.c.name).where(sources.c.name == old)) is None:
                return False
        with self._write_alone() as connection:
            if connection.scalar(select(articles.c.number).where(articles.c.source == new).limit(1)):
                return False
            _rename(connection, old, new)
        return True

    def source_names(self) -> dict[str, int]:
        """Return the number of articles by the name of each active source."""
        counted = (
            select(sources.c.name, func.count(articles.c.number))
            .outerjoin(articles, articles.c.source == sources.c.name)
            .where(sources.c.active)
            .group_by(sources.c.name)
        )
        with self._read() as connection:
            return _count(connection, counted)

    def make_due(self, names: Sequence[str], now: datetime) -> None:
        """Make sources due now, except those whose Retry-After is not over."""
        if not names:
            return
        free = or_(sources.c.wait_until.is_(None), sources.c.wait_until <= now)
        with self._write() as connection:
            for some in chunks(names):
                connection.execute(update(sources).where(sources.c.name.in_(some), free).values(due=now))

    def mend_times(self, now: datetime) -> list[str]:
        """Make due what a clock that was ahead has put off, debts included; return those sources' names."""
        ahead = select(sources.c.name).where(_ahead(now))
        with self._read() as connection:
            if connection.scalar(ahead.limit(1)) is None:
                return []
        succeeded = case((sources.c.succeeded > now, now), else_=sources.c.succeeded)
        with self._write_alone() as connection:
            names = list(connection.scalars(ahead))
            for some in chunks(names):
                connection.execute(
                    update(sources)
                    .where(sources.c.name.in_(some))
                    .values(
                        due=now,
                        wait_until=None,
                        polled=None,
                        succeeded=succeeded,
                        pushed=None,
                        moved="",
                        moved_since=None,
                    )
                )
                connection.execute(update(owed).where(owed.c.source.in_(some)).values(retry_at=now))
        return names

    def begin_anew(self, now: datetime) -> None:
        """Make every source due without validators, and everything to be rendered, after a restore.

        The last visits may be newer than the articles of the restored copy.
        """
        with self._write_alone() as connection:
            connection.execute(
                update(sources).values(
                    due=now,
                    etag="",
                    last_modified="",
                    body_digest="",
                    wait_until=None,
                    owner=None,
                    leased_until=None,
                )
            )
            connection.execute(update(totals).values(fingerprint="", whole=False))

    def state(self, name: str) -> PollState:
        """Return a source's state, active or not. Raises StoreError for an unknown source."""
        with self._read() as connection:
            row = connection.execute(select(sources).where(sources.c.name == name)).one_or_none()
        if row is None:
            raise StoreError(f"the database knows no source {name!r}")
        return read_state(row)

    def count_failing(self) -> int:
        """Return how many active sources failed at their last visit, whichever process made it."""
        failing = select(func.count()).select_from(sources).where(sources.c.active, sources.c.error != "")
        with self._read() as connection:
            return connection.scalar(failing) or 0

    def overview(self) -> list[SourceOverview]:
        """Return how every active source does, by name."""
        shown = func.count(sightings.c.article.distinct())
        filtered = owed.c.reason == "filtered"
        with self._read() as connection:
            articles = _count(connection, select(sightings.c.source, shown).group_by(sightings.c.source))
            left_out = _count(
                connection, select(owed.c.source, func.count()).where(filtered).group_by(owed.c.source)
            )
            debts: defaultdict[str, list[Owed]] = defaultdict(list)
            for row in connection.execute(
                select(*(column for column in owed.c if column.name != "entry"))
                .join(sources, and_(owed.c.source == sources.c.name, sources.c.active))
                .where(~filtered)
                .order_by(owed.c.retry_at, owed.c.key)
            ):
                debts[row.source].append(Owed(row.key, row.reason, row.message, row.retry_at, row.attempts))
            rows = connection.execute(select(sources).where(sources.c.active).order_by(sources.c.name)).all()
        return [
            SourceOverview(
                state=read_state(row),
                articles=articles.get(row.name, 0),
                leased=row.owner is not None,
                owed=tuple(debts[row.name]),
                filtered=left_out.get(row.name, 0),
            )
            for row in rows
        ]


def save_state(
    connection: Connection, state: PollState, owner: str | None, claimed_due: datetime | None = None
) -> None:
    """Write a source's state and end its lease; with an owner, only if the lease is still that owner's.

    ``claimed_due`` is when the source was due as the poll began. If it is due at another time now, a reload
    made it due since, and it stays so, unless a server asked us to wait. Raises StoreError for an unknown
    source.
    """
    columns = columns_of(state)
    if claimed_due is not None:
        later = sources.c.due if state.wait_until is None else _later(sources.c.due, state.wait_until)
        columns["due"] = case((sources.c.due == claimed_due, state.due), else_=later)
    ours = sources.c.owner == owner
    lease = {
        "owner": None if owner is None else case((ours, None), else_=sources.c.owner),
        "leased_until": None if owner is None else case((ours, None), else_=sources.c.leased_until),
    }
    saved = connection.execute(update(sources).where(sources.c.name == state.name).values(columns | lease))
    if saved.rowcount == 0:
        raise StoreError(f"the database knows no source {state.name!r}", refused=True)


def read_state(row: Row[Any]) -> PollState:
    """Return the state that a whole row of ``sources`` holds."""
    habits = {name: decode(kind, getattr(row, name)) for name, kind in HABITS.items()}
    return PollState(row.name, **{name: getattr(row, name) for name in STATE}, **habits)


def columns_of(state: PollState) -> dict[str, Any]:
    """Return a state as the columns of its row, but for the name."""
    habits = {name: encode_habit(getattr(state, name)) for name in HABITS}
    return {name: getattr(state, name) for name in STATE} | habits


def _rename(connection: Connection, old: str, new: str) -> None:
    others = (sightings, backfills, media, pushes, owed)
    for table in others:
        connection.execute(delete(table).where(table.c.source == new))
    connection.execute(delete(sources).where(sources.c.name == new))
    row = connection.execute(select(sources).where(sources.c.name == old)).one()
    connection.execute(insert(sources), {**row._mapping, "name": new, "owner": None, "leased_until": None})
    for debt in connection.execute(select(owed.c.identity, owed.c.key).where(owed.c.source == old)).all():
        renamed = {"source": new, "identity": identify(new, debt.key)}
        connection.execute(update(owed).where(owed.c.identity == debt.identity).values(renamed))
    for table in (*others, articles):
        connection.execute(update(table).where(table.c.source == old).values(source=new))
    connection.execute(delete(sources).where(sources.c.name == old))


def _later(one: ColumnElement[datetime], other: datetime) -> ColumnElement[datetime]:
    return case((one < other, other), else_=one)


def _activate(connection: Connection, names: Sequence[str], *, active: bool) -> None:
    for some in chunks(names):
        connection.execute(update(sources).where(sources.c.name.in_(some)).values(active=active))


def _ahead(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an active source was visited, or comes up, by a clock ahead of ``now``."""
    latest = now + MAX_CLOCK_SKEW
    never_polled = and_(sources.c.polled.is_(None), sources.c.due > latest)
    return and_(sources.c.active, sources.c.due < STOPPED, or_(sources.c.polled > latest, never_polled))


def _count(connection: Connection, query: Select[str, int]) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(query)}
