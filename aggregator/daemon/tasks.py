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

<<<<<<< HEAD
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
=======
    def detail(self) -> Mapping[str, object]:
        """Say nothing: one process is all there is."""
        return {}
>>>>>>> edcb047 (Share the work among machines: one of them puts what is due into a queue of PostgreSQL, all of them take it)


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
