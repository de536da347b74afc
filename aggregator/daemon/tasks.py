"""Background tasks, done beside polls: publishing, mirroring, telling, renewing pushes and more."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal

import structlog

from aggregator.app import App
from aggregator.daemon.backups import Backups
from aggregator.daemon.disk import look_at_disks
from aggregator.daemon.live import Live
from aggregator.publish.alerts import Teller
from aggregator.publish.chain import seal_days
from aggregator.publish.hub import announce
from aggregator.publish.purge import purge
from aggregator.publish.restored import RESTORED
from aggregator.publish.retention import expire, expire_files
from aggregator.publish.stamps import ask_stamps
from aggregator.publish.witness import ask_witness
from aggregator.web.metrics import Metrics
from aggregator.worker.processes import give_back_memory

WATCH_SECONDS = 5.0
MIRROR_SECONDS = 60.0
RENEW_SECONDS = 5.0
TELL_SECONDS = 10.0
ANNOUNCE_SECONDS = 60.0
"""Between two looks for what nobody called for, as who published was killed before it could."""
DISK_SECONDS = 60.0
BACKUP_SECONDS = 60.0
EXPIRE_SECONDS = 3600.0
SEAL_SECONDS = 600.0
WITNESS_SECONDS = 60.0
MANY_ARTICLES = 500
"""Articles of a publication after which much memory is free that the system does not have back."""

TaskName = Literal[
    "publish",
    "watch",
    "mirror",
    "tell",
    "disks",
    "backup",
    "announce",
    "purge",
    "renew",
    "expire",
    "seal",
    "deposit",
    "stamp",
    "witness",
]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BackgroundTask:
    """Work that is done at intervals, and whenever something calls for it."""

    work: Callable[[], Awaitable[None]]
    failure: str
    """What the log says where it fails."""
    seconds: float | None = None
    """How long it is left alone at most; None where it is only called for."""
    place: Literal["any", "output", "dispatcher", "machine"] = "any"
    """Which processes of a cluster do it: any, one that has the output, the dispatcher, or every machine."""


class BackgroundTasks:
    """Does the work of each task once.

    ``live`` gives the parts to work with, which a reload may exchange between two tasks. ``call`` is told
    which tasks have something to do now.
    """

    def __init__(
        self,
        live: Callable[[], Live],
        clock: Callable[[], datetime],
        metrics: Metrics,
        call: Callable[[TaskName], None],
    ) -> None:
        self._live = live
        self._clock = clock
        self._metrics = metrics
        self._call = call
        self._stopping = threading.Event()
        self._mirrored_for: App | None = None
        self._backups = Backups(clock)

    def all(self) -> Mapping[TaskName, BackgroundTask]:
        """Give every task by its name."""
        return {
            "publish": BackgroundTask(self._publish, "cannot publish", place="output"),
            "watch": BackgroundTask(
                self._watch_output, "cannot look after the output", WATCH_SECONDS, place="dispatcher"
            ),
            "mirror": BackgroundTask(self._mirror, "cannot mirror", MIRROR_SECONDS, place="output"),
            "tell": BackgroundTask(self._tell, "cannot tell", TELL_SECONDS),
            "disks": BackgroundTask(
                self._look_at_disks, "cannot look at the disks", DISK_SECONDS, place="machine"
            ),
            "backup": BackgroundTask(
                self._back_up, "cannot look after backups", BACKUP_SECONDS, place="dispatcher"
            ),
            "announce": BackgroundTask(self._announce, "cannot tell the hub", ANNOUNCE_SECONDS),
            "purge": BackgroundTask(self._purge, "cannot have caches purged", ANNOUNCE_SECONDS),
            "renew": BackgroundTask(self._renew, "cannot ask for pushes", RENEW_SECONDS, place="dispatcher"),
            "expire": BackgroundTask(self._expire, "cannot let go of what is kept no longer", EXPIRE_SECONDS),
            "seal": BackgroundTask(self._seal, "cannot seal the days that are over", SEAL_SECONDS),
            "deposit": BackgroundTask(
                self._deposit, "cannot copy raw answers", SEAL_SECONDS, place="machine"
            ),
            "stamp": BackgroundTask(self._stamp, "cannot have days stamped", SEAL_SECONDS),
            "witness": BackgroundTask(self._witness, "cannot ask the witness", WITNESS_SECONDS),
        }

    def stop(self) -> None:
        """Let what runs end at the next file; the next start takes up the rest."""
        self._stopping.set()

    async def _publish(self) -> None:
        live = self._live()
        if await asyncio.to_thread(live.app.publisher.take_up_older, self._clock()):
            log.warning(RESTORED)
        given_up = threading.Event()
        publish = partial(
            live.app.publisher.publish,
            stopped=lambda: given_up.is_set() or self._stopping.is_set(),
            on_wait=log.info,
        )
        publishing = asyncio.create_task(asyncio.to_thread(publish))
        began = time.monotonic()
        try:
            done = await asyncio.shield(publishing)
        except asyncio.CancelledError:
            given_up.set()  # a thread cannot be cancelled; it ends by itself soon
            await asyncio.gather(publishing, return_exceptions=True)
            raise
        self._call("announce")
        self._call("purge")
        self._call("tell")
        if done.written or done.removed:
            self._metrics.publish_seconds.observe(time.monotonic() - began)
            self._metrics.written.inc(done.written)
            self._metrics.removed.inc(done.removed)
            log.info("published", articles=done.articles, written=done.written, removed=done.removed)
        if done.articles >= MANY_ARTICLES:
            await asyncio.to_thread(give_back_memory)

    async def _watch_output(self) -> None:
        """Have everything published where another process has published it to an output of its own."""
        if await asyncio.to_thread(self._live().app.publisher.is_behind):
            self._call("publish")

    async def _mirror(self) -> None:
        live = self._live()
        mirror = live.app.mirror(self._clock)
        if self._mirrored_for is not live.app:
            await asyncio.to_thread(mirror.follow_settings)
            self._mirrored_for = live.app
            self._call("publish")
        kept, _ = await mirror.fetch_due(live.tools.fetcher, self._stopping.is_set)
        if kept:
            log.info("mirrored", files=kept)
            self._call("publish")

    async def _tell(self) -> None:
        live = self._live()
        app = live.app
        now = self._clock()
        if live.tools.fetcher.confirms(now) is not False:
            await asyncio.to_thread(app.store.advance_events, now)
        if (await asyncio.to_thread(app.store.publication)).documents:
            self._call("publish")  # events are news for feeds, whoever noted them
        if app.config.cluster:
            # One node tells at a time: what another has begun and not ended, it never will.
            await asyncio.to_thread(app.store.give_up, now)
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
            self._call("tell")

    async def _announce(self) -> None:
        live = self._live()
        hub = live.app.config.websub.hub
        if hub and (count := await announce(live.app.store, live.tools.fetcher, hub)):
            log.info("told the hub", feeds=count)

    async def _purge(self) -> None:
        live = self._live()
        if count := await purge(live.app.config, live.app.store, live.tools.fetcher):
            log.info("told caches", addresses=count)

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
            expire_files, app.raw_answers, app.store, app.config.sources, now, confirmed
        )
        if app.config.cluster:
            await asyncio.to_thread(app.store.forget_idle_hosts)
        if files:
            log.info("archived no longer", files=files)
        if count:
            log.info("kept no longer", articles=count)
            self._call("publish")

    async def _seal(self) -> None:
        live, now = self._live(), self._clock()
        app, confirmed = live.app, live.tools.fetcher.confirms(now)
        if await asyncio.to_thread(app.store.believed_time, now, confirmed) != now:
            return
        if await asyncio.to_thread(seal_days, app.store, app.archive, app.config.sources, now):
            self._call("stamp")

    async def _deposit(self) -> None:
        live, now = self._live(), self._clock()
        depository, sources = live.app.depository, live.app.config.sources
        if depository and (count := await asyncio.to_thread(depository.deposit, sources, now)):
            log.info("copied raw answers to the bucket", files=count)

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
