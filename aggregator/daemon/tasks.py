"""Background tasks of the daemon: publishing, mirroring, telling, renewing pushes, expiring and more."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import structlog

from aggregator.app import App
from aggregator.daemon.backoff import Backoff
from aggregator.daemon.backups import Backups
from aggregator.daemon.disk import look_at_disks
from aggregator.daemon.live import Live
from aggregator.publish.alerts import Teller
from aggregator.publish.chain import seal_days
from aggregator.publish.hub import announce
from aggregator.publish.retention import expire, expire_files
from aggregator.publish.stamps import ask_stamps
from aggregator.publish.witness import ask_witness
from aggregator.web.metrics import Metrics

WATCH_SECONDS = 5.0
MIRROR_SECONDS = 60.0
RENEW_SECONDS = 5.0
TELL_SECONDS = 10.0
DISK_SECONDS = 60.0
BACKUP_SECONDS = 60.0
EXPIRE_SECONDS = 3600.0
SEAL_SECONDS = 600.0
WITNESS_SECONDS = 60.0

log = structlog.get_logger()


class BackgroundTasks:
    """Runs the tasks until it is stopped; none of them waits for another.

    ``live`` gives the parts to work with, which a reload may exchange between two rounds of a task.
    """

    def __init__(self, live: Callable[[], Live], clock: Callable[[], datetime], metrics: Metrics) -> None:
        self._live = live
        self._clock = clock
        self._metrics = metrics
        self._stopping = threading.Event()
        self._articles = asyncio.Event()
        self._published = asyncio.Event()
        self._files = asyncio.Event()
        self._sealed = asyncio.Event()
        self._news = asyncio.Event()
        self._mirrored_for: App | None = None
        self._backups = Backups(clock)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin; what is left from before is taken up at once."""
        rounds = (
            forever(self._publish, Backoff("cannot publish"), wake=self._articles),
            forever(self._watch_output, Backoff("cannot look after the output"), seconds=WATCH_SECONDS),
            forever(self._mirror, Backoff("cannot mirror"), wake=self._files, seconds=MIRROR_SECONDS),
            forever(self._tell, Backoff("cannot tell"), wake=self._news, seconds=TELL_SECONDS),
            forever(self._look_at_disks, Backoff("cannot look at the disks"), seconds=DISK_SECONDS),
            forever(self._back_up, Backoff("cannot look after backups"), seconds=BACKUP_SECONDS),
            forever(self._announce, Backoff("cannot tell the hub"), wake=self._published),
            forever(self._renew, Backoff("cannot ask for pushes"), seconds=RENEW_SECONDS),
            forever(self._expire, Backoff("cannot let go of what is kept no longer"), seconds=EXPIRE_SECONDS),
            forever(self._seal, Backoff("cannot seal the days that are over"), seconds=SEAL_SECONDS),
            forever(
                self._stamp, Backoff("cannot have days stamped"), wake=self._sealed, seconds=SEAL_SECONDS
            ),
            forever(self._witness, Backoff("cannot ask the witness"), seconds=WITNESS_SECONDS),
        )
        self._tasks = [asyncio.create_task(one) for one in rounds]

    def wake(self) -> None:
        """Publish and mirror soon: there are new articles, or another configuration."""
        self._articles.set()
        self._files.set()

    async def stop(self) -> None:
        """End when the file that is being written is written; the next start takes up the rest."""
        self._stopping.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _publish(self) -> None:
        publisher = self._live().app.publisher
        publishing = asyncio.create_task(
            asyncio.to_thread(publisher.publish, stopped=self._stopping.is_set, on_wait=log.info)
        )
        began = time.monotonic()
        try:
            done = await asyncio.shield(publishing)
        except asyncio.CancelledError:
            # A thread cannot be cancelled; it ends by itself soon, since we are stopping.
            await asyncio.wait([publishing])
            raise
        self._published.set()
        self._news.set()
        if done.written or done.removed:
            self._metrics.publish_seconds.observe(time.monotonic() - began)
            self._metrics.written.inc(done.written)
            self._metrics.removed.inc(done.removed)
            log.info("published", articles=done.articles, written=done.written, removed=done.removed)

    async def _watch_output(self) -> None:
        """Have everything published where another process has published it to an output of its own."""
        if await asyncio.to_thread(self._live().app.publisher.is_behind):
            self._articles.set()

    async def _mirror(self) -> None:
        live = self._live()
        mirror = live.app.mirror(self._clock)
        if self._mirrored_for is not live.app:
            await asyncio.to_thread(mirror.follow_settings)
            self._mirrored_for = live.app
            self._articles.set()
        kept, _ = await mirror.fetch_due(live.tools.fetcher, self._stopping.is_set)
        if kept:
            log.info("mirrored", files=kept)
            self._articles.set()

    async def _tell(self) -> None:
        live = self._live()
        app = live.app
        now = self._clock()
        if live.tools.fetcher.confirms(now) is not False:
            await asyncio.to_thread(app.store.advance_events, now)
        if (await asyncio.to_thread(app.store.publication)).documents:
            self._articles.set()  # events are news for feeds, whoever noted them
        teller = Teller(app.config, app.store, app.publisher.documents, self._clock)
        if count := await teller.tell(live.tools.fetcher):
            self._metrics.told.inc(count)
            log.info("told", hits=count)

    async def _look_at_disks(self) -> None:
        app, now = self._live().app, self._clock()
        folders = {"database": Path(app.config.storage.file).parent} if app.config.storage.file else {}
        if site := app.config.output.folders.get("site"):
            folders["output"] = site
        for occurrence in look_at_disks(folders):
            if await asyncio.to_thread(app.store.note_event, occurrence, now) and occurrence.kind:
                log.warning("hardly any room is left", where=occurrence.subject, free=occurrence.detail)

    async def _back_up(self) -> None:
        app = self._live().app
        made = await asyncio.to_thread(self._backups.make, app.config, self._stopping.is_set)
        if made:
            await asyncio.to_thread(app.store.note_event, made, self._clock())
            self._news.set()

    async def _announce(self) -> None:
        live = self._live()
        hub = live.app.config.websub.hub
        if hub and (count := await announce(live.app.store, live.tools.fetcher, hub)):
            log.info("told the hub", feeds=count)

    async def _renew(self) -> None:
        await self._live().subscriber.renew()

    async def _expire(self) -> None:
        live, now = self._live(), self._clock()
        app, confirmed = live.app, live.tools.fetcher.confirms(now)
        stopped = self._stopping.is_set
        count = await asyncio.to_thread(
            expire, app.store, app.config.sources, now, stopped, confirmed=confirmed
        )
        files = await asyncio.to_thread(
            expire_files, app.archive, app.store, app.config.sources, now, confirmed
        )
        if files:
            log.info("archived no longer", files=files)
        if count:
            log.info("kept no longer", articles=count)
            self._articles.set()

    async def _seal(self) -> None:
        live, now = self._live(), self._clock()
        app, confirmed = live.app, live.tools.fetcher.confirms(now)
        if await asyncio.to_thread(app.store.believed_time, now, confirmed) != now:
            return
        if await asyncio.to_thread(seal_days, app.store, app.archive, app.config.sources, now):
            self._sealed.set()

    async def _stamp(self) -> None:
        live = self._live()
        authority = live.app.config.evidence.timestamp
        if authority and (count := await ask_stamps(live.app.store, live.tools.fetcher, authority)):
            log.info("stamped", days=count)

    async def _witness(self) -> None:
        live, now = self._live(), self._clock()
        config = live.app.config
        if config.evidence.witness:
            await ask_witness(live.app.store, live.tools.fetcher, config, now)


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
