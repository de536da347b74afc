"""Sources between two polls: their states, and how each does."""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
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
from aggregator.model import EVERYTHING, OF_SOURCES, STOPPED, Owed, PollState
from aggregator.store.codec import read_row
from aggregator.store.counters import counting
from aggregator.store.database import Database, change_in
from aggregator.store.history.events import end_events
from aggregator.store.history.outbox import mend_outbox
from aggregator.store.identity import identify
from aggregator.store.rows import insert_rows
from aggregator.store.schema import (
    articles,
    backfills,
    events,
    media,
    owed,
    pushes,
    records,
    revisits,
    sessions,
    sightings,
    sources,
    totals,
)
from aggregator.store.states import columns_of, read_state
from aggregator.store.topics import touch_fronts

MAX_CLOCK_SKEW = timedelta(minutes=5)
"""How far the clocks of several machines on one database may differ."""


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
            held = dict(connection.execute(select(sources.c.name, sources.c.active)).all())
            wanted = dict.fromkeys(names)
            back = [name for name in wanted if held.get(name) is False]
            change_in(connection, update(sources).values(active=True), sources.c.name, back)
            left = [name for name in held if held[name] and name not in wanted]
            change_in(connection, update(sources).values(active=False), sources.c.name, left)
            # The feeds of a source say whether it has ended.
            touch_fronts(connection, counters, "source", [*back, *left])
            touch_fronts(connection, counters, "all", [EVERYTHING.name] if back or left else [])
            end_events(connection, counters, left, now)
            new = [PollState(name, due=now) for name in wanted if name not in held]
            rows = [{"name": state.name, "active": True, **columns_of(state)} for state in new]
            insert_rows(connection, sources, rows)

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

    def make_due(self, names: Sequence[str], now: datetime) -> None:
        """Make sources due now, except those whose Retry-After is not over."""
        if not names:
            return
        free = or_(sources.c.wait_until.is_(None), sources.c.wait_until <= now)
        with self._write() as connection:
            change_in(connection, update(sources).where(free).values(due=now), sources.c.name, names)

    def mend_times(self, now: datetime) -> list[str]:
        """Make due what a clock that was ahead has put off, debts and messages too; name the sources."""
        ahead = select(sources.c.name).where(_ahead(now))
        with self._read() as connection:
            if connection.scalar(ahead.limit(1)) is None:
                return []
        unknown = {"wait_until": None, "polled": None, "pushed": None, "moved": "", "moved_since": None}
        succeeded = case((sources.c.succeeded > now, now), else_=sources.c.succeeded)
        looked = case((sources.c.revisit_at.is_not(None), now))
        mended = update(sources).values(due=now, succeeded=succeeded, revisit_at=looked, **unknown)
        ahead_of_now = update(revisits).where(revisits.c.looked > now).values(due=now, looked=None)
        with self._write_alone() as connection:
            names = list(connection.scalars(ahead))
            change_in(connection, mended, sources.c.name, names)
            change_in(connection, update(owed).values(retry_at=now), owed.c.source, names)
            change_in(connection, ahead_of_now, revisits.c.source, names)
            mend_outbox(connection, now)
        return names

    def begin_anew(self, now: datetime) -> None:
        """Make every source due without validators, and everything to be rendered, after a restore.

        The last visits may be newer than the articles of the restored copy.
        """
        validators = {"etag": "", "last_modified": "", "body_digest": ""}
        free = {"wait_until": None, "owner": None, "leased_until": None}
        with self._write_alone() as connection:
            connection.execute(update(sources).values(due=now, **validators, **free))
            # What came after the copy has numbers that will be given out again.
            anew = {"fingerprint": "", "whole": False, "lineage": secrets.token_hex(8)}
            connection.execute(update(totals).values(anew))

    def state(self, name: str) -> PollState:
        """Return a source's state, active or not. Raises StoreError for an unknown source."""
        with self._read() as connection:
            row = connection.execute(select(sources).where(sources.c.name == name)).one_or_none()
        if row is None:
            raise StoreError(f"the database knows no source {name!r}")
        return read_state(row)

    def states_in_trouble(self) -> list[PollState]:
        """Return the states of active sources that failed, are not trusted, or have moved."""
        troubled = or_(sources.c.failures > 0, sources.c.status == "suspect", sources.c.moved != "")
        with self._read() as connection:
            rows = connection.execute(select(sources).where(sources.c.active, troubled))
            return [read_state(row) for row in rows]

    def count_failing(self) -> int:
        """Return how many active sources failed at their last visit, whichever process made it.

        Those that are paused do not count.
        """
        wanted = sources.c.active & sources.c.paused.is_(None)
        failing = select(func.count()).select_from(sources).where(wanted, sources.c.error != "")
        with self._read() as connection:
            return connection.scalar(failing) or 0

    def overview(self) -> list[SourceOverview]:
        """Return how every active source does, by name."""
        shown = func.count(sightings.c.article.distinct())
        filtered = owed.c.reason == "filtered"
        counted = select(sightings.c.source, shown).group_by(sightings.c.source)
        left_out = select(owed.c.source, func.count()).where(filtered).group_by(owed.c.source)
        owing = (
            select(*(column for column in owed.c if column.name != "entry"))
            .join(sources, and_(owed.c.source == sources.c.name, sources.c.active))
            .where(~filtered)
            .order_by(owed.c.retry_at, owed.c.key)
        )
        debts: defaultdict[str, list[Owed]] = defaultdict(list)
        with self._read() as connection:
            articles: dict[str, int] = dict(connection.execute(counted).all())
            filtered_out: dict[str, int] = dict(connection.execute(left_out).all())
            for row in connection.execute(owing):
                debts[row.source].append(read_row(Owed, row))
            rows = connection.execute(select(sources).where(sources.c.active).order_by(sources.c.name)).all()
        return [
            SourceOverview(
                state=read_state(row),
                articles=articles.get(row.name, 0),
                leased=row.owner is not None,
                owed=tuple(debts[row.name]),
                filtered=filtered_out.get(row.name, 0),
            )
            for row in rows
        ]


def _rename(connection: Connection, old: str, new: str) -> None:
    others = (sightings, backfills, media, pushes, owed, revisits, records)
    for table in others:
        connection.execute(delete(table).where(table.c.source == new))
    connection.execute(delete(sources).where(sources.c.name == new))
    # What is sealed belongs to the name that it was sealed under.
    connection.execute(delete(sessions).where(sessions.c.name == old))
    row = connection.execute(select(sources).where(sources.c.name == old)).one()
    connection.execute(insert(sources), {**row._mapping, "name": new, "owner": None, "leased_until": None})
    for debt in connection.execute(select(owed.c.identity, owed.c.key).where(owed.c.source == old)).all():
        renamed = {"source": new, "identity": identify(new, debt.key)}
        connection.execute(update(owed).where(owed.c.identity == debt.identity).values(renamed))
    for table in (*others, articles):
        connection.execute(update(table).where(table.c.source == old).values(source=new))
    named = (events.c.subject == old) & events.c.about.in_(OF_SOURCES)
    connection.execute(update(events).where(named).values(subject=new))
    connection.execute(delete(sources).where(sources.c.name == old))


def _ahead(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an active source was visited, or comes up, by a clock ahead of ``now``."""
    latest = now + MAX_CLOCK_SKEW
    never_polled = and_(sources.c.polled.is_(None), sources.c.due > latest)
    return and_(sources.c.active, sources.c.due < STOPPED, or_(sources.c.polled > latest, never_polled))
