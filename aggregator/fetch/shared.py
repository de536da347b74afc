"""Hosts that several machines ask: each is one machine's at a time, with its delay and its robots.txt."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from aggregator.errors import StoreError
from aggregator.fetch.faults import PassingError
from aggregator.model import HostTurn, KeptRobots, RobotsClaim

LEASE_SECONDS = 20.0
"""A host is ours for so long unless that is renewed; a machine whose lease ran out asks nothing.

A node that was not seen for 30 s counts as dead. By then it has given up every request that it had begun.
"""
RENEWALS = 20
"""In each lease. By them we also hear of others who wait for a host: within a second."""
MAX_LINGER, MIN_LINGER = 2.0, 0.05
"""Seconds for which a host stays ours that we ask no more, within its delay: nobody may ask it then."""
OUTAGE_SECONDS = 120.0
"""A request waits for a database that is away for so long; then its poll is given up, and is due again."""
PAUSE_SECONDS = 1.0
"""Between two questions to a database that is away, or for a robots.txt that another machine reads."""

Said = ParamSpec("Said")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class SharedHosts:
    """By which machines share hosts. All wait for the database, and raise StoreError."""

    take: Callable[[str, float, float], HostTurn]
    """Takes a host, for some seconds; they, and those of its delay, are given."""
    renew: Callable[[Collection[str], float], Mapping[str, bool]]
    """Keeps hosts for some seconds more; returns those still ours, and whether somebody waits for each."""
    give_back: Callable[[str, float], None]
    """Lets others have a host, whose next request may begin after some seconds."""
    claim_robots: Callable[[str], RobotsClaim]
    """Asks for a robots.txt by its address."""
    keep_robots: Callable[[str, str, KeptRobots, float], None]
    """Keeps one by its address, for a host, with the seconds of delay that it wants."""
    lease: float = LEASE_SECONDS


@dataclass(eq=False, slots=True)
class _Share:
    """A host that this machine asks, or waits for."""

    name: str
    users: int = 0
    """Requests that are under way, and the one that waits to begin."""
    taken: float = 0.0
    """When it became ours, by the loop's clock."""
    ends: float = 0.0
    """Until when it is ours; 0 while it is not."""
    starts: float = 0.0
    """When its next request may begin."""
    wanted: bool = False
    """Whether another machine waits for it."""
    deadlines: set[asyncio.Timeout] = field(default_factory=set)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """A request has ended."""

    def last_until(self, ends: float) -> None:
        """Let it be ours until another time; requests that last longer are given up then."""
        self.ends = ends
        for deadline in self.deadlines:
            if not deadline.expired():
                deadline.reschedule(ends)


class Shares:
    """The hosts of one fetcher among all machines; ``slow`` gets the delay that a robots.txt wants."""

    def __init__(self, hosts: SharedHosts, slow: Callable[[str, float], None]) -> None:
        self._hosts = hosts
        self._slow = slow
        self._shares: dict[str, _Share] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._renewing: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def hold(self, name: str, delay: float) -> AsyncIterator[Callable[[float], None]]:
        """Wait until a host is ours and may be asked, and hold it for a request.

        What is given has to be called when the request begins, with the seconds after which the next one may.
        Only one at a time may wait here for a host; others may hold it meanwhile. Raises StoreError, and
        PassingError where the lease ran out before the request was over.
        """
        loop = asyncio.get_running_loop()
        share = self._shares.setdefault(name, _Share(name))
        share.users += 1

        def begin(delay: float) -> None:
            share.starts = loop.time() + delay

        try:
            await self._have(share, delay)
            deadline = asyncio.timeout_at(share.ends)
            share.deadlines.add(deadline)
            try:
                async with deadline:
                    yield begin
            except TimeoutError as exc:
                if not deadline.expired():
                    raise
                reason = "given up: the database is away, and another machine may ask this host by now"
                raise PassingError(name, reason) from exc
            finally:
                share.deadlines.discard(deadline)
        finally:
            share.users -= 1
            share.left.set()
            if not share.users:
                loop.call_later(min(max(delay, MIN_LINGER), MAX_LINGER), self._leave_later, share)

    async def robots(self, file: str) -> KeptRobots | None:
        """Give what is known of a robots.txt, waiting for whoever reads it; None where we are to read it."""
        while True:
            claim = await self._ask(self._hosts.claim_robots, file)
            if claim.kept or claim.ours:
                return claim.kept
            await asyncio.sleep(PAUSE_SECONDS)

    async def keep_robots(self, file: str, host: str, kept: KeptRobots, delay: float) -> None:
        """Keep what we have read, as far as the database takes it; ``delay`` is what it wants, 0 for none."""
        with contextlib.suppress(StoreError):
            await asyncio.to_thread(self._hosts.keep_robots, file, host, kept, delay)

    async def aclose(self) -> None:
        """Give all hosts back; no request may be under way."""
        await asyncio.gather(*map(self._leave, list(self._shares.values())), *self._leaving)
        if self._renewing:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)

    async def _have(self, share: _Share, delay: float) -> None:
        """Wait until a host is ours, for long enough for most requests, and may be asked."""
        loop, lease = asyncio.get_running_loop(), self._hosts.lease
        async with share.lock:
            if share.wanted:
                await self._end_requests(share)
                await self._give_back(share)
            while share.ends - loop.time() < lease / 2:
                asked = loop.time()
                turn = await self._ask(self._hosts.take, share.name, lease, delay)
                self._slow(share.name, turn.delay)
                if turn.granted:
                    share.taken, share.starts = asked, loop.time() + turn.wait
                    share.last_until(asked + lease)
                    if self._renewing is None or self._renewing.done():
                        self._renewing = asyncio.create_task(self._renew())
                else:
                    await asyncio.sleep(turn.wait)
        await asyncio.sleep(share.starts - loop.time())

    async def _end_requests(self, share: _Share) -> None:
        """Wait until all requests that have begun are over."""
        while share.users > 1:
            share.left.clear()
            await share.left.wait()

    def _leave_later(self, share: _Share) -> None:
        if not share.users:
            task = asyncio.create_task(self._leave(share))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def _leave(self, share: _Share) -> None:
        """Give a host back that we ask no more, and forget it."""
        async with share.lock:
            if not share.users and share.ends:
                await self._give_back(share)
        if not share.users:
            self._shares.pop(share.name, None)

    async def _give_back(self, share: _Share) -> None:
        after = max(0.0, share.starts - asyncio.get_running_loop().time())
        share.ends, share.wanted = 0.0, False
        with contextlib.suppress(StoreError):  # then it is free once its lease is over
            await asyncio.to_thread(self._hosts.give_back, share.name, after)

    async def _renew(self) -> None:
        """Renew what is ours, as long as anything is."""
        loop, lease = asyncio.get_running_loop(), self._hosts.lease
        while self._shares:
            await asyncio.sleep(lease / RENEWALS)
            ours = [share for share in self._shares.values() if share.ends]
            if not ours:
                continue
            asked = loop.time()
            try:
                kept = await asyncio.to_thread(self._hosts.renew, [share.name for share in ours], lease)
            except StoreError:
                continue
            for share in ours:
                if share.ends and share.taken < asked:  # it was not taken anew meanwhile
                    share.wanted = kept.get(share.name, False)
                    share.last_until(asked + lease if share.name in kept else asked)

    async def _ask(self, ask: Callable[Said, Answer], *args: Said.args, **kwargs: Said.kwargs) -> Answer:
        """Ask the database, and wait for it where it is away. Raises StoreError after two minutes."""
        loop = asyncio.get_running_loop()
        patience = loop.time() + OUTAGE_SECONDS
        while True:
            try:
                return await asyncio.to_thread(ask, *args, **kwargs)
            except StoreError:
                if loop.time() >= patience:
                    raise
                await asyncio.sleep(PAUSE_SECONDS)
