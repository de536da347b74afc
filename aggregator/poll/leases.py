"""Leases of sources: who polls a source holds it, so that no other process polls it at the same time."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from aggregator.decide.events import occurrences
from aggregator.errors import BusyError, StoreError
from aggregator.model import Backfill, Outcome, Owed, PollResult, PollState
from aggregator.model.digest import hexdigest
from aggregator.poll.together import Together
from aggregator.settings import Source
from aggregator.store import Store

LEASE_TIME = timedelta(minutes=30)
"""Nearly every poll is over by then. The daemon claims a source again while its poll goes on."""
CLAIM_TIMEOUT = 60  # seconds that a poll waits for a source which another one holds
CLAIM_PAUSE = 0.5  # seconds between two attempts to claim a source
SAVE_PAUSE = 0.05
"""Seconds that a poll waits for others to be saved with, unless all wait.

A transaction costs as much as ten rows in it.
"""

MAX_RESULTS = 10  # polls with news that share a transaction; the publisher waits for its end


class Lease:
    """A claimed source; it is ours until what came of it is saved, it is released, or it expires.

    As a context manager it releases a source of which nothing was saved.
    """

    def __init__(self, leases: "Leases", state: PollState, debts: Sequence[Owed]) -> None:
        self.state = state
        self.debts = debts
        """What the source owed as it was claimed."""
        self._leases = leases
        self._ended = False

    async def save(
        self,
        outcome: Outcome,
        now: datetime,
        progress: Backfill | None = None,
        confirmed: bool | None = None,
    ) -> None:
        """Commit what came of the source; the same commit ends the lease. Raises StoreError, LeaseLostError.

        ``confirmed`` tells whether servers say the same time as ``now``, None where none did.
        """
        claimed, leases = self.state, self._leases
        if events := tuple(occurrences(self.state, outcome.state, now)):
            outcome = replace(outcome, events=events)
        if outcome.is_bare and not progress:
            await leases.save_state((outcome.state, claimed))
        else:
            await leases.save_result(PollResult(outcome, now, progress, claimed, confirmed))
        self._ended = True

    async def release(self) -> None:
        """End the lease, unless that was done. Raises StoreError."""
        if self._ended:
            return
        await asyncio.to_thread(self._leases.store.release, self.state.name, self._leases.owner)
        self._ended = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await asyncio.shield(self.release())


class Leases:
    """Claims sources of a store for this process, or for the ``owner`` that is named in its place."""

    def __init__(self, store: Store, owner: str = "") -> None:
        self.store = store
        self._machine = machine_name()
        self.owner = owner or f"{self._machine}/{os.getpid()}"
        self._held = bool(owner)
        """Whether others take our leases where we seem dead, so that a poll must not be saved then."""
        self._holders = 0
        """How many hold a source now, by ``hold``."""
        self.save_state = Together(
            self._save_states, SAVE_PAUSE, is_all=lambda: 0 < self._holders <= self._waiting
        )
        """Saves the state of a source of which nothing else changed, with the one that was claimed."""
        self.save_result = Together(
            self._save_results, SAVE_PAUSE, MAX_RESULTS, is_all=lambda: self._holders <= self._waiting
        )
        """Saves what came of a poll; at once where nobody holds a source: then it came at its due time."""
        self._lost: set[str] = set()
        """Sources that were claimed for nobody, as the database failed before what they owe was read."""
        self._claim = Together(partial(self._claim_named, due=False))
        self._claim_if_due = Together(partial(self._claim_named, due=True))

    @asynccontextmanager
    async def hold(
        self, source: Source, clock: Callable[[], datetime], on_wait: Callable[[str], None] | None = None
    ) -> AsyncIterator[Lease]:
        """Claim a source, due or not; wait for whoever polls it, which ``on_wait`` is told once.

        Raises BusyError after a minute.
        """
        async with await self._wait_for(source, clock, on_wait) as lease:
            self._holders += 1
            try:
                yield lease
            finally:
                self._holders -= 1
                self.save_state.look()
                self.save_result.look()

    @property
    def _waiting(self) -> int:
        return len(self.save_state) + len(self.save_result)

    def claim_due(self, now: datetime, limit: int) -> list[Lease]:
        """Claim up to ``limit`` sources that are due. Raises StoreError."""
        self._release_lost()
        return self._with_debts(self.store.claim_due(now, limit, self.owner, LEASE_TIME))

    async def claim_if_due(self, name: str, now: datetime) -> Lease | None:
        """Claim a source, if it is due, not paused, and nobody has it. Raises StoreError."""
        return await self._claim_if_due((name, now))

    def release_ours(self) -> None:
        """End every lease of this process, and of an earlier one with its number.

        In a container, each start has the same number.
        """
        self.store.release_owners([self.owner])

    def release_dead(self) -> None:
        """End the leases of processes of this machine that are no more."""
        owners = [owner for owner in self.store.lease_owners() if owner.partition("/")[0] == self._machine]
        self.store.release_owners([owner for owner in owners if not _is_alive(owner)])

    async def _wait_for(
        self, source: Source, clock: Callable[[], datetime], on_wait: Callable[[str], None] | None
    ) -> Lease:
        for attempt in range(int(CLAIM_TIMEOUT / CLAIM_PAUSE)):
            if lease := await self._claim((source.name, clock())):
                return lease
            if attempt == 0 and on_wait:
                on_wait(f"{source.name} is being polled by another aggregator; waiting for it")
            await asyncio.sleep(CLAIM_PAUSE)
        raise BusyError(f"has been polled by another aggregator for {CLAIM_TIMEOUT} s; try again later")

    def _claim_named(self, asked: Sequence[tuple[str, datetime]], *, due: bool) -> list[Lease | None]:
        self._release_lost()
        now = max(moment for _, moment in asked)
        names = [name for name, _ in asked]
        states = self.store.claim(list(dict.fromkeys(names)), now, self.owner, LEASE_TIME, due=due)
        claimed = self._with_debts(states)
        leases = {lease.state.name: lease for lease in claimed}
        # Who asks for a source twice at a time gets it once.
        return [leases.pop(name, None) for name in names]

    def _with_debts(self, states: Sequence[PollState]) -> list[Lease]:
        names = [state.name for state in states]
        try:
            debts = self.store.owed_by(names) if states else {}
        except StoreError:
            self._lost.update(names)
            raise
        return [Lease(self, state, debts[state.name]) for state in states]

    def _release_lost(self) -> None:
        for name in tuple(self._lost):
            self.store.release(name, self.owner)
            self._lost.discard(name)

    def _save_results(self, results: Sequence[PollResult]) -> Sequence[None]:
        self.store.save_results(results, self.owner, held=self._held)
        return [None] * len(results)

    def _save_states(self, states: Sequence[tuple[PollState, PollState]]) -> Sequence[None]:
        self.store.save_states(states, self.owner, held=self._held)
        return [None] * len(states)


def machine_name() -> str:
    """Name this machine by its host name and a mark: several may share a database and have one host name."""
    try:
        number = Path("/etc/machine-id").read_bytes()
    except OSError:
        return socket.gethostname()  # in a container, which has a name of its own
    # The number itself is not to be told (machine-id(5)).
    return f"{socket.gethostname()}-{hexdigest(number)[:8]}"


def _is_alive(owner: str) -> bool:
    try:
        os.kill(int(owner.rpartition("/")[2]), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
