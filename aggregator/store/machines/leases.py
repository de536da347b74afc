"""Leases: which process polls a source, and until when no other may; and pauses, in which none does."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    Update,
    and_,
    bindparam,
    or_,
    select,
    update,
)

from aggregator.model import STOPPED, PollState
from aggregator.store.columns import Many, is_among
from aggregator.store.database import Database, change_in, rows_in
from aggregator.store.schema import sources
from aggregator.store.states import read_state

_END = update(sources).values(owner=None, leased_until=None)
FREE = or_(sources.c.owner.is_(None), sources.c.leased_until <= bindparam("now"))
DUE = sources.c.due <= bindparam("now")
LOOKS_DUE = and_(
    sources.c.revisit_at <= bindparam("now"),
    sources.c.due < STOPPED,
    or_(sources.c.wait_until.is_(None), sources.c.wait_until <= bindparam("now")),
)
_CLAIM = (
    update(sources).values(owner=bindparam("claimant"), leased_until=bindparam("until")).returning(sources)
)


def _claim_first(condition: ColumnElement[bool], time: Column[datetime]) -> Update:
    """Claim up to ``limit`` free sources, those whose time came first in front; each time has its index."""
    first = (
        select(sources.c.name)
        .where(sources.c.active, sources.c.paused.is_(None), condition, FREE)
        .order_by(time, sources.c.name)
        .limit(bindparam("limit", type_=Integer()))
        .with_for_update(skip_locked=True)
        # A CTE is evaluated once; in a plain subselect PostgreSQL may lock more rows than the limit.
        .cte("first")
    )
    return _CLAIM.where(sources.c.name.in_(select(first.c.name)))


_CLAIM_DUE = _claim_first(DUE, sources.c.due)
_CLAIM_LOOKS = _claim_first(LOOKS_DUE, sources.c.revisit_at)
_CLAIM_NAMED = _CLAIM.where(
    is_among(sources.c.name, bindparam("names", type_=Many())), sources.c.active, FREE
)
_CLAIM_NAMED_DUE = _CLAIM_NAMED.where(sources.c.paused.is_(None), or_(DUE, LOOKS_DUE))


class Leases(Database):
    """The leases of sources. ``owner`` names the process that holds one."""

    def claim_due(self, now: datetime, limit: int, owner: str, lease: timedelta) -> list[PollState]:
        """Lease up to ``limit`` active sources that are due and free, those due for longest first.

        Those that are paused are left alone. Last come those of which only articles are due to be looked at
        again, unless they were asked to wait.
        """
        held = {"claimant": owner, "until": now + lease, "now": now}
        with self._write() as connection:
            rows = list(connection.execute(_CLAIM_DUE, {**held, "limit": limit}))
            if len(rows) < limit:
                rows += connection.execute(_CLAIM_LOOKS, {**held, "limit": limit - len(rows)})
        return sorted(map(read_state, rows), key=lambda state: (state.due, state.name))

    def claim(
        self, names: Sequence[str], now: datetime, owner: str, lease: timedelta, *, due: bool = False
    ) -> list[PollState]:
        """Lease those of some active sources that no other poll holds; only those ``due``, or all."""
        statement = _CLAIM_NAMED_DUE if due else _CLAIM_NAMED
        claim = {"names": names, "claimant": owner, "until": now + lease, "now": now}
        with self._write_alone() if len(names) > 1 else self._write() as connection:
            return [read_state(row) for row in connection.execute(statement, claim)]

    def release(self, name: str, owner: str) -> None:
        """End an owner's lease without an outcome; the due time stays."""
        with self._write() as connection:
            connection.execute(_END.where(sources.c.name == name, sources.c.owner == owner))

    def lease_owners(self) -> set[str]:
        """Return the owners of all leases, expired ones included."""
        owners = select(sources.c.owner).where(sources.c.owner.is_not(None)).distinct()
        with self._read() as connection:
            return set(connection.scalars(owners))

    def release_owners(self, owners: Collection[str]) -> None:
        """End every lease of these owners, whose processes have ended."""
        if not owners:
            return
        with self._write_alone() as connection:
            end_leases(connection, owners)

    def pause(self, names: Sequence[str], now: datetime) -> list[str]:
        """Let sources be visited no more from the next claim on; return those that were not paused before."""
        return self._set_paused(names, sources.c.paused.is_(None), now)

    def resume(self, names: Sequence[str]) -> list[str]:
        """Let sources be visited again when they are due; return those that were paused."""
        return self._set_paused(names, sources.c.paused.is_not(None), None)

    def _set_paused(
        self, names: Sequence[str], condition: ColumnElement[bool], value: datetime | None
    ) -> list[str]:
        change = update(sources).where(condition).values(paused=value)
        with self._write_alone() as connection:
            found = list(rows_in(connection, select(sources.c.name).where(condition), sources.c.name, names))
            changed = sorted(row.name for row in found)
            change_in(connection, change, sources.c.name, changed)
        return changed


def end_leases(connection: Connection, owners: Collection[str]) -> None:
    """End every lease of these owners, within a transaction."""
    change_in(connection, _END, sources.c.owner, owners)
