"""Leases of sources: who polls a source holds it, so that no other process polls it at the same time."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from aggregator.errors import BusyError
from aggregator.model import Backfill, Outcome, PollState
from aggregator.settings import Source
from aggregator.store import Store

LEASE_TIME = timedelta(minutes=30)
"""Nearly every poll is over by then. The daemon claims a source again while its poll goes on."""
CLAIM_TIMEOUT = 60  # seconds that a poll waits for a source which another one holds
CLAIM_PAUSE = 0.5  # seconds between two attempts to claim a source


class Lease:
    """A claimed source; it is ours until what came of it is saved, it is released, or it expires.

    As a context manager it releases a source of which nothing was saved.
    """

    def __init__(self, store: Store, owner: str, state: PollState) -> None:
        self.state = state
        self._store = store
        self._owner = owner
        self._ended = False

    async def save(
        self,
        outcome: Outcome,
        now: datetime,
        progress: Backfill | None = None,
        confirmed: bool | None = None,
    ) -> None:
        """Commit what came of the source; the same commit ends the lease. Raises StoreError.

        ``confirmed`` tells whether servers say the same time as ``now``, None where none did.
        """
        due = self.state.due
        await asyncio.to_thread(self._store.save, outcome, now, self._owner, progress, due, confirmed)
        self._ended = True

    async def release(self) -> None:
        """End the lease. Raises StoreError."""
        await asyncio.to_thread(self._store.release, self.state.name, self._owner)
        self._ended = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._ended:
            await asyncio.shield(self.release())


class Leases:
    """Claims sources of a store for this process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._host = socket.gethostname()
        self._owner = f"{self._host}/{os.getpid()}"

    @asynccontextmanager
    async def hold(
        self, source: Source, clock: Callable[[], datetime], on_wait: Callable[[str], None] | None = None
    ) -> AsyncIterator[Lease]:
        """Claim a source, due or not; wait for whoever polls it, which ``on_wait`` is told once.

        Raises BusyError after a minute.
        """
        async with await self._claim(source, clock, on_wait) as lease:
            yield lease

    def claim_due(self, now: datetime, limit: int) -> list[Lease]:
        """Claim up to ``limit`` sources that are due. Raises StoreError."""
        states = self._store.claim_due(now, limit, self._owner, LEASE_TIME)
        return [Lease(self._store, self._owner, state) for state in states]

    def release_ours(self) -> None:
        """End every lease of this process, and of an earlier one with its number.

        In a container, each start has the same number.
        """
        self._store.release_owners([self._owner])

    def release_dead(self) -> None:
        """End the leases of processes of this host that are no more."""
        owners = [owner for owner in self._store.lease_owners() if owner.partition("/")[0] == self._host]
        self._store.release_owners([owner for owner in owners if not _is_alive(owner)])

    async def _claim(
        self, source: Source, clock: Callable[[], datetime], on_wait: Callable[[str], None] | None
    ) -> Lease:
        for attempt in range(int(CLAIM_TIMEOUT / CLAIM_PAUSE)):
            state = await asyncio.to_thread(self._store.claim, source.name, clock(), self._owner, LEASE_TIME)
            if state:
                return Lease(self._store, self._owner, state)
            if attempt == 0 and on_wait:
                on_wait(f"{source.name} is being polled by another aggregator; waiting for it")
            await asyncio.sleep(CLAIM_PAUSE)
        raise BusyError(f"has been polled by another aggregator for {CLAIM_TIMEOUT} s; try again later")


def _is_alive(owner: str) -> bool:
    try:
        os.kill(int(owner.rpartition("/")[2]), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
