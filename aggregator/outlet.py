"""What becomes of articles once they are kept: files mirrored, everything published, hubs told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from aggregator.announce import announce
from aggregator.app import App
from aggregator.errors import AggregatorError
from aggregator.fetch import Fetcher
from aggregator.retention import expire
from aggregator.websub import Subscriber

RETRY_SECONDS = 30.0
LONGEST_PAUSE = 3600.0
MIRROR_SECONDS = 60.0
RENEW_SECONDS = 5.0
EXPIRE_SECONDS = 3600.0

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
        self._stopping = threading.Event()
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
        self._changed.set()
        publishing, *others = self._tasks
        for task in others:
            task.cancel()
        await asyncio.gather(publishing, *others, return_exceptions=True)

    async def _publish(self) -> None:
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
                _report("cannot publish", exc)
                await _first(self._changed, RETRY_SECONDS)
                self._changed.set()
            else:
                self._published.set()
                if done.written or done.removed:
                    log.info("published", articles=done.articles, written=done.written, removed=done.removed)

    async def _mirror(self) -> None:
        followed: App | None = None
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
                _report("cannot mirror", exc)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                if kept:
                    log.info("mirrored", files=kept)
                    self._changed.set()

    async def _announce(self) -> None:
        async def tell() -> None:
            hub = self.app.config.websub.hub
            if hub and (told := await announce(self.app.store, self.fetcher, hub)):
                log.info("told the hub", feeds=told)

        await _keep_on(self._published, tell, "the hub was not told")

    async def _renew(self) -> None:
        while True:
            try:
                await self.subscriber.renew()
            except Exception as exc:
                _report("cannot ask for pushes", exc)
            await asyncio.sleep(RENEW_SECONDS)

    async def _expire(self) -> None:
        while True:
            app = self.app
            try:
                gone = await asyncio.to_thread(
                    expire, app.store, app.config.sources, self._clock(), self._stopping.is_set
                )
            except Exception as exc:
                _report("cannot let go of what is kept no longer", exc)
            else:
                if gone:
                    log.info("kept no longer", articles=gone)
                    self._changed.set()
            await asyncio.sleep(EXPIRE_SECONDS)


async def _keep_on(event: asyncio.Event, work: Callable[[], Awaitable[None]], failure: str) -> None:
    """Work at each event, and again with growing pauses where it failed."""
    pause = 0.0
    while True:
        await _first(event, pause)
        try:
            await work()
        except Exception as exc:
            pause = min(max(RETRY_SECONDS, 2 * pause), LONGEST_PAUSE)
            _report(failure, exc)
        else:
            pause = 0.0


async def _first(event: asyncio.Event, seconds: float = 0.0) -> None:
    """Wait for an event, no longer than some seconds where any are given, and take it back."""
    try:
        await asyncio.wait_for(event.wait(), seconds or None)
    except TimeoutError:
        return
    event.clear()


def _report(what: str, exc: Exception) -> None:
    foreseen = isinstance(exc, AggregatorError)
    log.error(what, reason=str(exc), exc_info=None if foreseen else exc)
