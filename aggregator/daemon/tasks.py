"""What becomes of articles once they are kept: files mirrored, everything published, hubs told."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from aggregator.app import App
from aggregator.daemon.backoff import Setback
from aggregator.errors import AggregatorError
from aggregator.fetch import Fetcher
from aggregator.poll.push import Subscriber
from aggregator.publish.hub import announce
from aggregator.publish.retention import expire

MIRROR_SECONDS = 60.0
RENEW_SECONDS = 5.0
EXPIRE_SECONDS = 3600.0
# A clock that goes ahead by more was set: what is old by it may be no older than yesterday.
LEAP = timedelta(days=1)

log = structlog.get_logger()


class Outlet:
    """Publishes, mirrors, announces and lets go until it is stopped; each waits for none of the others.

    ``app``, ``fetcher`` and ``subscriber`` may be exchanged while it runs.
    """

    def __init__(
        self, app: App, fetcher: Fetcher, subscriber: Subscriber, clock: Callable[[], datetime]
    ) -> None:
        self.app = app
        self.fetcher = fetcher
        self.subscriber = subscriber
        self._clock = clock
        self._started = clock() - _awake()
        self._stopping = threading.Event()
        self._ending = asyncio.Event()
        self._changed = asyncio.Event()
        self._published = asyncio.Event()
        self._wishes = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin; what is left from before is taken up at once."""
        work = (self._publish(), self._mirror(), self._announce(), self._renew(), self._expire())
        self._tasks = [asyncio.create_task(one) for one in work]
        self.wake()

    def wake(self) -> None:
        """There are new articles, or another configuration."""
        self._changed.set()
        self._wishes.set()

    async def stop(self) -> None:
        """End when the file that is being written is written; what is left, the next start takes up."""
        self._stopping.set()
        self._ending.set()
        self._changed.set()
        publishing, *others = self._tasks
        for task in others:
            task.cancel()
        await asyncio.gather(publishing, *others, return_exceptions=True)

    async def _publish(self) -> None:
        setback = Setback("cannot publish")
        while not self._stopping.is_set():
            await _first(self._changed)
            if self._stopping.is_set():
                return
            try:
                publisher = self.app.publisher
                done = await asyncio.to_thread(
                    publisher.publish,
                    stopped=self._stopping.is_set,
                    on_wait=lambda message: log.warning(message),
                )
            except Exception as exc:
                await _first(self._ending, setback.add(exc))
                self._changed.set()
            else:
                setback.end()
                self._published.set()
                if done.written or done.removed:
                    log.info("published", articles=done.articles, written=done.written, removed=done.removed)

    async def _mirror(self) -> None:
        followed: App | None = None
        setback = Setback("cannot mirror")
        while True:
            await _first(self._wishes, MIRROR_SECONDS)
            app = self.app
            try:
                mirror = app.mirror(self._clock)
                if followed is not app:
                    await asyncio.to_thread(mirror.follow_settings)
                    followed = app
                    self._changed.set()
                kept, _ = await mirror.fetch_due(self.fetcher, self._stopping.is_set)
            except Exception as exc:
                await asyncio.sleep(setback.add(exc))
            else:
                setback.end()
                if kept:
                    log.info("mirrored", files=kept)
                    self._changed.set()

    async def _announce(self) -> None:
        async def tell() -> None:
            hub = self.app.config.websub.hub
            if hub and (told := await announce(self.app.store, self.fetcher, hub)):
                log.info("told the hub", feeds=told)

        setback = Setback("cannot tell the hub", longest=3600.0)
        pause = 0.0
        while True:
            await _first(self._published, pause)
            try:
                await tell()
            except Exception as exc:
                pause = setback.add(exc)
            else:
                setback.end()
                pause = 0.0

    async def _renew(self) -> None:
        setback = Setback("cannot ask for pushes")
        while True:
            try:
                await self.subscriber.renew()
            except Exception as exc:
                await asyncio.sleep(setback.add(exc))
            else:
                setback.end()
                await asyncio.sleep(RENEW_SECONDS)

    async def _expire(self) -> None:
        setback = Setback("cannot let go of what is kept no longer")
        while True:
            app = self.app
            try:
                self._check_clock()
                gone = await asyncio.to_thread(
                    expire, app.store, app.config.sources, self._clock(), self._stopping.is_set
                )
            except Exception as exc:
                setback.add(exc)
            else:
                setback.end()
                if gone:
                    log.info("kept no longer", articles=gone)
                    self._changed.set()
            await asyncio.sleep(EXPIRE_SECONDS)

    def _check_clock(self) -> None:
        """Raise AggregatorError where the clock went ahead since the start: it may be wrong now, or was."""
        if (leap := self._clock() - _awake() - self._started) > LEAP:
            raise AggregatorError(f"the clock was set ahead by {leap.days} days; restart once it is right")


async def _first(event: asyncio.Event, seconds: float = 0.0) -> None:
    """Wait for an event, no longer than some seconds where any are given, and take it back."""
    try:
        await asyncio.wait_for(event.wait(), seconds or None)
    except TimeoutError:
        return
    event.clear()


def _awake() -> timedelta:
    """How long this machine runs, sleep included: a clock that nobody sets."""
    return timedelta(seconds=time.clock_gettime(time.CLOCK_BOOTTIME))
