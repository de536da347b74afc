"""When rounds are made by one process alone: at their intervals, and when something calls for them."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aggregator.daemon.backoff import Backoff
from aggregator.daemon.live import Live
from aggregator.daemon.poller import Poller
from aggregator.daemon.rounds import RoundName, Rounds
from aggregator.web.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Parts:
    """What an engine works with."""

    live: Callable[[], Live]
    """Gives the parts of the current configuration, which a reload may exchange between two rounds."""
    clock: Callable[[], datetime]
    poller: Poller
    metrics: Metrics


class BackgroundTasks:
    """Makes rounds, none of which waits for another, and has due sources claimed at each tick."""

    leads = True

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._calls: defaultdict[RoundName, asyncio.Event] = defaultdict(asyncio.Event)
        self._rounds = Rounds(parts.live, parts.clock, parts.metrics, lambda name: self._calls[name].set())
        self._tasks: list[asyncio.Task[None]] = []

    async def prepare(self) -> None:
        """Make the store know the sources, and take back leases of processes that are no more."""
        await asyncio.to_thread(self._parts.live().app.prepare, self._parts.clock())

    def start(self, fail: Callable[[Exception], None]) -> None:
        """Begin; what is left from before is taken up at once. Nothing here calls ``fail``."""
        self._tasks = [
            asyncio.create_task(
                forever(one.work, Backoff(one.failure), wake=self._calls[name], seconds=one.seconds)
            )
            for name, one in self._rounds.all().items()
        ]

    async def tick(self) -> None:
        """Claim what is due, and poll it."""
        await self._parts.poller.tick()

    def wake(self) -> None:
        """Publish and mirror soon: there are new articles, or another configuration."""
        self._calls["publish"].set()
        self._calls["mirror"].set()

    def stop_taking(self) -> None:
        """Rounds go on until :meth:`stop`; ticks come no more."""

    async def stop(self) -> None:
        """End when the file that is being written is written; the next start takes up the rest."""
        self._rounds.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def detail(self) -> Mapping[str, object]:
        """Say nothing: one process is all there is."""
        return {}


async def forever(
    work: Callable[[], Awaitable[None]],
    backoff: Backoff,
    *,
    wake: asyncio.Event | None = None,
    seconds: float | None = None,
) -> None:
    """Do work at once, and again when ``wake`` is set or the seconds are over; after a failure, later."""
    wake = wake or asyncio.Event()
    while True:
        wake.clear()
        try:
            await work()
        except Exception as exc:
            await asyncio.sleep(backoff.failed(exc))
            continue
        backoff.succeeded()
        try:
            await asyncio.wait_for(wake.wait(), seconds)
        except TimeoutError:
            continue
