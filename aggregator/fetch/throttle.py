"""Limits of requests: how many at a time, how many to one host, and how far apart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from weakref import WeakValueDictionary

from aiolimiter import AsyncLimiter

from aggregator.fetch.shared import SharedHosts, Shares

NO_DELAY = 1e-6  # seconds; a limiter cannot divide by zero


class Turns:
    """Hands out turns to ask a host.

    At most ``slots`` are held at a time, at most ``per_host`` for one host, and the next turn for a host
    begins at least ``delay`` after the one before. Who waits for a host holds no slot. With ``shared`` hosts
    machines take turns: one asks a host until another waits for it, and the delay holds across them.
    """

    def __init__(
        self, slots: int, per_host: int, delay: timedelta, shared: SharedHosts | None = None
    ) -> None:
        self._slots = asyncio.Semaphore(slots)
        self._per_host = per_host
        self._delay = max(delay.total_seconds(), NO_DELAY)
        self._hosts: WeakValueDictionary[str, _Host] = WeakValueDictionary()
        self._slow: dict[str, float] = {}
        self.shares = Shares(shared, self.slow) if shared else None

    def __len__(self) -> int:
        """Count the hosts that are remembered: those asked now, and those whose delay runs."""
        return len(self._hosts)

    def slow(self, name: str, delay: float) -> None:
        """Let turns of a host begin at least so many seconds apart from now on; never less than before."""
        if delay > self._delay and delay > self._slow.get(name, 0.0):
            self._slow[name] = delay
            if host := self._hosts.get(name):
                host.limiter = AsyncLimiter(1, delay)

    async def aclose(self) -> None:
        """Let other machines ask what was asked here; no turn may be held."""
        if self.shares:
            await self.shares.aclose()

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait for a turn to ask the host of that name, and hold it.

        With shared hosts it raises StoreError, and PassingError where another machine may ask it by now.
        """
        loop = asyncio.get_running_loop()
        host = self._hosts.get(name)
        delay = self._slow.get(name, self._delay)
        if host is None:
            host = self._hosts[name] = _Host(self._per_host, delay)
        async with host.places, AsyncExitStack() as held:
            async with host.start:
                if self.shares:
                    begin = await held.enter_async_context(self.shares.hold(name, delay))
                    delay = self._slow.get(name, self._delay)
                await host.limiter.acquire()
                before = loop.time()
                await held.enter_async_context(self._slots)
                # The delay counts from here: what the limiter let leak meanwhile is filled up again.
                await host.limiter.acquire(min(1.0, (loop.time() - before) / delay))
                if self.shares:
                    begin(delay)
            try:
                yield
            finally:
                # The timer holds the host in memory until its delay is over; then it is forgotten.
                loop.call_later(delay, _hold, host)


class _Host:
    def __init__(self, places: int, delay: float) -> None:
        self.places = asyncio.Semaphore(places)
        self.start = asyncio.Lock()
        self.limiter = AsyncLimiter(1, delay)


def _hold(_host: _Host) -> None:
    """Do nothing; the timer that calls this keeps its argument alive until then."""
