"""The engine of one process alone: it does tasks at their intervals, and when something calls for them."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aggregator.daemon.backoff import Backoff
from aggregator.daemon.live import Live
from aggregator.daemon.poller import Poller
from aggregator.daemon.tasks import BackgroundTasks, TaskName
from aggregator.web.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Parts:
    """What an engine works with."""

    live: Callable[[], Live]
    """Gives the parts of the current configuration, which a reload may exchange between two tasks."""
    clock: Callable[[], datetime]
    poller: Poller
    metrics: Metrics


class SingleProcess:
    """Does background tasks, none of which waits for another, and has due sources claimed at each tick."""

    leads = True

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._calls: defaultdict[TaskName, asyncio.Event] = defaultdict(asyncio.Event)
        self._tasks = BackgroundTasks(
            parts.live, parts.clock, parts.metrics, lambda name: self._calls[name].set()
        )
        self._running: list[asyncio.Task[None]] = []

    async def prepare(self) -> None:
        """Make the store know the sources, and take back leases of processes that are no more."""
        await asyncio.to_thread(self._parts.live().app.prepare, self._parts.clock())

    def start(self, fail: Callable[[Exception], None]) -> None:
        """Begin; what is left from before is taken up at once. Nothing here calls ``fail``."""
        self._running = [
            asyncio.create_task(
                forever(one.work, Backoff(one.failure), wake=self._calls[name], seconds=one.seconds)
            )
            for name, one in self._tasks.all().items()
        ]

    async def tick(self) -> None:
        """Claim what is due, and poll it."""
        await self._parts.poller.tick()

    def wake(self) -> None:
        """Publish and mirror soon: there are new articles, or another configuration."""
        self._calls["publish"].set()
        self._calls["mirror"].set()

    def stop_taking(self) -> None:
        """Background tasks go on until :meth:`stop`; ticks come no more."""

    async def stop(self) -> None:
        """End when the file that is being written is written; the next start takes up the rest."""
        self._tasks.stop()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

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
