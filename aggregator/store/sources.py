"""Sources between two polls: their states, leases and debts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
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
from aggregator.model import STOPPED, Owed, PollState
from aggregator.store.codec import HABITS, decode_entry, decode_habit, encode_entry, encode_habit
from aggregator.store.database import chunks, upsert
from aggregator.store.identity import identify
from aggregator.store.schema import owed, sightings, sources

SLACK = timedelta(minutes=5)
"""By so much the clocks of several machines at one database may differ."""

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
"""The fields of a PollState that are columns of the same name; further ones are those of ``HABITS``."""


@dataclass(frozen=True, slots=True)
class SourceOverview:
    """How a source does: its state, how many articles it showed, whether it is being polled, its debts.

    The debts come without their entries, those to be retried first in front; entries that the user's own
    rules leave out are only counted.
    """

    state: PollState
    articles: int
    leased: bool
    owed: tuple[Owed, ...]
    filtered: int = 0


def differs(connection: Connection, names: Sequence[str]) -> bool:
    """Tell whether the active sources are others than those named."""
    active = connection.scalars(select(sources.c.name).where(sources.c.active))
    return set(active) != set(names)


def sync(connection: Connection, names: Sequence[str], now: datetime) -> None:
    """Make exactly the named sources active; new ones are due now."""
    held = {row.name: row.active for row in connection.execute(select(sources.c.name, sources.c.active))}
    wanted = dict.fromkeys(names)
    _activate(connection, [name for name in wanted if held.get(name) is False], active=True)
    _activate(connection, [name for name in held if held[name] and name not in wanted], active=False)
    new = [PollState(name, due=now) for name in wanted if name not in held]
    if new:
        connection.execute(
            insert(sources), [{"name": state.name, "active": True, **_columns(state)} for state in new]
        )


def _activate(connection: Connection, names: Sequence[str], *, active: bool) -> None:
    for some in chunks(names):
        connection.execute(update(sources).where(sources.c.name.in_(some)).values(active=active))


def make_due(connection: Connection, names: Sequence[str], now: datetime) -> None:
    """Set the due time of sources to now, except where a Retry-After stands."""
    free = or_(sources.c.wait_until.is_(None), sources.c.wait_until <= now)
    for some in chunks(names):
        connection.execute(update(sources).where(sources.c.name.in_(some), free).values(due=now))


def is_ahead(connection: Connection, now: datetime) -> bool:
    """Tell whether active sources were visited, or come up, by a clock that was ahead of this one."""
    return connection.scalar(select(sources.c.name).where(_ahead(now)).limit(1)) is not None


def mend_times(connection: Connection, now: datetime) -> list[str]:
    """Make due what a clock that was ahead had put off, with its debts; return those sources' names."""
    names = connection.scalars(select(sources.c.name).where(_ahead(now))).all()
    then = case((sources.c.succeeded > now, now), else_=sources.c.succeeded)
    for some in chunks(names):
        named = sources.c.name.in_(some)
        times = {"polled": None, "succeeded": then, "pushed": None, "moved": "", "moved_since": None}
        connection.execute(update(sources).where(named).values(due=now, wait_until=None, **times))
        connection.execute(update(owed).where(owed.c.source.in_(some)).values(retry_at=now))
    return list(names)


def _ahead(now: datetime) -> ColumnElement[bool]:
    never_polled = and_(sources.c.polled.is_(None), sources.c.due > now + SLACK)
    late = or_(sources.c.polled > now + SLACK, never_polled)
    return and_(sources.c.active, sources.c.due < STOPPED, late)


def forget_visits(connection: Connection, now: datetime) -> None:
    """Make every source due, and forget what the last visits had: it may be newer than what is held."""
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


def claim_due(
    connection: Connection, now: datetime, limit: int, owner: str, lease: timedelta
) -> list[PollState]:
    """Lease the sources that have been due for longest and return their states in that order."""
    # A CTE is evaluated once. In a plain subselect PostgreSQL may lock more rows than the limit.
    due = (
        select(sources.c.name)
        .where(sources.c.active, sources.c.due <= now, _free(now))
        .order_by(sources.c.due, sources.c.name)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due_now")
    )
    claimed = connection.execute(
        update(sources)
        .where(sources.c.name.in_(select(due.c.name)))
        .values(owner=owner, leased_until=now + lease)
        .returning(sources)
    )
    return sorted((_state(row) for row in claimed), key=lambda state: (state.due, state.name))


def claim(connection: Connection, name: str, now: datetime, owner: str, lease: timedelta) -> PollState | None:
    """Lease an active source, due or not, and return its state; None where another poll holds it."""
    claimed = connection.execute(
        update(sources)
        .where(sources.c.name == name, sources.c.active, _free(now))
        .values(owner=owner, leased_until=now + lease)
        .returning(sources)
    ).one_or_none()
    return _state(claimed) if claimed else None


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(sources.c.owner.is_(None), sources.c.leased_until <= now)


def release(connection: Connection, name: str, owner: str) -> None:
    """Give up an owner's lease of a source."""
    connection.execute(
        update(sources)
        .where(sources.c.name == name, sources.c.owner == owner)
        .values(owner=None, leased_until=None)
    )


def lease_owners(connection: Connection) -> set[str]:
    """Return who holds leases, expired ones included."""
    return set(connection.scalars(select(sources.c.owner).where(sources.c.owner.is_not(None)).distinct()))


def release_owners(connection: Connection, owners: Collection[str]) -> None:
    """Give up every lease of these owners."""
    for some in chunks(list(owners)):
        connection.execute(
            update(sources).where(sources.c.owner.in_(some)).values(owner=None, leased_until=None)
        )


def state(connection: Connection, name: str) -> PollState:
    """Return a source's state, active or not. Raises StoreError for an unknown one."""
    row = connection.execute(select(sources).where(sources.c.name == name)).one_or_none()
    if row is None:
        raise StoreError(f"the database knows no source {name!r}")
    return _state(row)


def save_state(connection: Connection, state: PollState, owner: str | None) -> None:
    """Write a source's state and end its lease, but not another owner's where one is given.

    Raises StoreError for an unknown source.
    """
    ours = sources.c.owner == owner
    lease = {
        "owner": None if owner is None else case((ours, None), else_=sources.c.owner),
        "leased_until": None if owner is None else case((ours, None), else_=sources.c.leased_until),
    }
    saved = connection.execute(
        update(sources).where(sources.c.name == state.name).values(_columns(state) | lease)
    )
    if saved.rowcount == 0:
        raise StoreError(f"the database knows no source {state.name!r}", refused=True)


def overview(connection: Connection) -> list[SourceOverview]:
    """Return how every active source does, by name."""
    shown = func.count(sightings.c.article.distinct())
    articles = _counted(connection, select(sightings.c.source, shown).group_by(sightings.c.source))
    filtered = owed.c.reason == "filtered"
    left_out = select(owed.c.source, func.count()).where(filtered).group_by(owed.c.source)
    filtered_out = _counted(connection, left_out)
    debts: defaultdict[str, list[Owed]] = defaultdict(list)
    active = and_(owed.c.source == sources.c.name, sources.c.active)
    wanted = (
        select(*(column for column in owed.c if column.name != "entry"))
        .join(sources, active)
        .where(~filtered)
        .order_by(owed.c.retry_at, owed.c.key)
    )
    for row in connection.execute(wanted):
        debts[row.source].append(Owed(row.key, row.reason, row.message, row.retry_at, row.attempts))
    rows = connection.execute(select(sources).where(sources.c.active).order_by(sources.c.name))
    return [
        SourceOverview(
            state=_state(row),
            articles=articles.get(row.name, 0),
            leased=row.owner is not None,
            owed=tuple(debts[row.name]),
            filtered=filtered_out.get(row.name, 0),
        )
        for row in rows
    ]


def _counted(connection: Connection, query: Select[str, int]) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(query)}


def owed_by(connection: Connection, source: str) -> list[Owed]:
    """Return the entries that a source owes, those to be retried first in front."""
    rows = connection.execute(
        select(owed).where(owed.c.source == source).order_by(owed.c.retry_at, owed.c.key)
    )
    return [
        Owed(
            key=row.key,
            reason=row.reason,
            message=row.message,
            retry_at=row.retry_at,
            attempts=row.attempts,
            entry=None if row.entry is None else decode_entry(row.entry),
        )
        for row in rows
    ]


def save_owed(connection: Connection, source: str, debts: Sequence[Owed]) -> None:
    """Write debts of a source, over what was there for the same keys."""
    rows = [
        {
            "identity": identify(source, debt.key),
            "source": source,
            "key": debt.key,
            "reason": debt.reason,
            "message": debt.message,
            "retry_at": debt.retry_at,
            "attempts": debt.attempts,
            "entry": None if debt.entry is None else encode_entry(debt.entry),
        }
        for debt in debts
    ]
    upsert(connection, owed, rows, [owed.c.identity])


def settle(connection: Connection, source: str, keys: Sequence[str]) -> None:
    """Forget the debts of a source for these keys."""
    for some in chunks(keys):
        paid = [identify(source, key) for key in some]
        connection.execute(delete(owed).where(owed.c.identity.in_(paid)))


def _columns(state: PollState) -> dict[str, Any]:
    habits = {name: encode_habit(name, getattr(state, name)) for name in HABITS}
    return {name: getattr(state, name) for name in STATE} | habits


def _state(row: Row[Any]) -> PollState:
    habits = {name: decode_habit(name, getattr(row, name)) for name in HABITS}
    return PollState(row.name, **{name: getattr(row, name) for name in STATE}, **habits)
