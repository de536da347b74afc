"""Sources and their polls."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from aggregator.model import (
    Backfill,
    Known,
    Outcome,
    Owed,
    PollState,
)
from aggregator.store import (
    backfills,
    backlog,
    outcomes,
    pushes,
    sources,
)
from aggregator.store.counters import counting, lock
from aggregator.store.door import Door
from aggregator.store.sources import SourceOverview


class Visits(Door):
    """What polls read and write: sources with their leases, and what a visit changed."""

    def sync_sources(self, names: Sequence[str], now: datetime) -> None:
        """Make exactly these sources active; new ones are due now, others keep their state."""
        with self._database.read() as connection:
            if not sources.differs(connection, names):
                return
        with self._database.write() as connection:
            lock(connection)
            sources.sync(connection, names, now)

    def make_due(self, names: Sequence[str], now: datetime) -> None:
        """Let sources be visited now, those excepted that were asked to wait."""
        if names:
            with self._database.write() as connection:
                sources.make_due(connection, names, now)

    def mend_times(self, now: datetime) -> list[str]:
        """Make due what waits for a time that a clock set wrongly had named; return those sources' names."""
        with self._database.read() as connection:
            if not sources.is_ahead(connection, now):
                return []
        with self._database.write() as connection:
            lock(connection)
            return sources.mend_times(connection, now)

    def begin_anew(self, now: datetime) -> None:
        """Visit every source as if for the first time, and render everything: the database was restored."""
        with self._database.write() as connection:
            lock(connection)
            sources.forget_visits(connection, now)
            backlog.forget(connection)

    def claim_due(self, now: datetime, limit: int, owner: str, lease: timedelta) -> list[PollState]:
        """Lease up to ``limit`` active sources that are due and free, those due for longest in front."""
        with self._database.write() as connection:
            return sources.claim_due(connection, now, limit, owner, lease)

    def claim(self, name: str, now: datetime, owner: str, lease: timedelta) -> PollState | None:
        """Lease one active source, due or not; None where another poll holds it."""
        with self._database.write() as connection:
            return sources.claim(connection, name, now, owner, lease)

    def release(self, name: str, owner: str) -> None:
        """End a lease without an outcome: the source stays due when it was."""
        with self._database.write() as connection:
            sources.release(connection, name, owner)

    def lease_owners(self) -> set[str]:
        """Return who holds leases, expired ones included."""
        with self._database.read() as connection:
            return sources.lease_owners(connection)

    def release_owners(self, owners: Collection[str]) -> None:
        """End every lease of these owners, who are no more."""
        if not owners:
            return
        with self._database.write() as connection:
            lock(connection)
            sources.release_owners(connection, owners)

    def state(self, name: str) -> PollState:
        """Return a source's state, active or not. Raises StoreError for an unknown one."""
        with self._database.read() as connection:
            return sources.state(connection, name)

    def overview(self) -> list[SourceOverview]:
        """Return how every active source does, by name."""
        with self._database.read() as connection:
            return sources.overview(connection)

    def known(self, source: str, namespace: str, keys: Sequence[str]) -> dict[str, Known]:
        """Return what is known of those keys that are articles or their aliases, as this source sees it."""
        with self._database.read() as connection:
            return outcomes.known(connection, source, namespace, keys)

    def owed(self, source: str) -> list[Owed]:
        """Return the entries that a source owes, filtered ones too, those to be retried first in front."""
        with self._database.read() as connection:
            return sources.owed_by(connection, source)

    def save(
        self,
        outcome: Outcome,
        now: datetime,
        owner: str | None = None,
        backfill: Backfill | None = None,
    ) -> None:
        """Commit everything that a poll changed, a backfill's progress with it, and end its lease.

        With an owner, a lease that has passed to another one stays. A poll that found nothing writes
        one row. Raises StoreError for an unknown source, and for a sighting or an alias of what is no
        article.
        """
        found = outcome.new or outcome.changed or outcome.sightings or outcome.aliases
        debts = outcome.owed or outcome.settled
        hub = outcome.hub and outcome.hub[0]
        with self._database.write() as connection:
            if not (found or debts or backfill or hub):
                sources.save_state(connection, outcome.state, owner)
                return
            # Everywhere the lock comes before a source's row, so that no two writers block each other.
            with counting(connection) as totals:
                sources.save_state(connection, outcome.state, owner)
                outcomes.save_articles(connection, totals, outcome, now)
            if outcome.hub is not None:
                pushes.note_hub(connection, outcome.source, *outcome.hub, secrets.token_urlsafe(24), now)
            sources.settle(connection, outcome.source, outcome.settled)
            sources.save_owed(connection, outcome.source, outcome.owed)
            if backfill:
                backfills.save_backfill(connection, backfill)

    def backfill(self, source: str) -> Backfill | None:
        """Return how far the backfill of a source got, None where none has begun or the last one ended."""
        with self._database.read() as connection:
            return backfills.backfill(connection, source)

    def end_backfill(self, source: str) -> None:
        """Forget the backfill of a source, if there is one."""
        with self._database.write() as connection:
            backfills.end_backfill(connection, source)
