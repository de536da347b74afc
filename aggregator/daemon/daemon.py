"""One process that polls what is due, publishes what changed and serves the result, for years."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import structlog

from aggregator import __version__
from aggregator.app import App
from aggregator.config import ConfigFiles, mark_of
from aggregator.daemon.backoff import Backoff
from aggregator.daemon.configuration import Announcer, difference, log_difference
from aggregator.daemon.controls import DaemonHandle
from aggregator.daemon.engine import make_engine
from aggregator.daemon.live import Live, bring_to_life
from aggregator.daemon.notify import Notifier
from aggregator.daemon.poller import Poller
from aggregator.daemon.report import Reporter
from aggregator.daemon.scheduler import Scheduler
from aggregator.daemon.single import Parts, forever
from aggregator.daemon.watcher import changes
from aggregator.errors import AggregatorError
from aggregator.model import Occurrence
from aggregator.web import Health, Server, bind, bind_file
from aggregator.web.metrics import Metrics
from aggregator.worker.processes import give_back_memory

TICK_SECONDS = 1
SWITCH_SECONDS = 0.0002
GUARD_SECONDS = 10
MAX_TICK_SILENCE = 60.0
"""Seconds without a tick after which the daemon counts as hung."""
EXIT_SECONDS = 9.5
"""Seconds after which a stopping daemon ends whatever it does; we promise ten."""
THREADS = 8

log = structlog.get_logger()


class Daemon:
    """Ticks, polls, publishes and serves until it is told to stop.

    ``files`` are those of the configuration, read again at SIGHUP and, those of sources, when they change;
    ``clock`` gives the time, aware, in UTC. As a ``worker`` of a cluster it neither serves nor dispatches.
    """

    def __init__(
        self, app: App, files: ConfigFiles, clock: Callable[[], datetime], *, worker: bool = False
    ) -> None:
        self._files = files
        self._announcer = Announcer()
        self._reloading = asyncio.Lock()
        self._reloaded = asyncio.Event()
        self._clock = clock
        self._notifier = Notifier()
        self._side_tasks: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._ticked = time.monotonic()
        self._ready = False
        self._worker = worker
        self._failure: Exception | None = None
        metrics = Metrics()
        self._reporter = Reporter(lambda: self._engine.wake(), metrics)
        self._poller = Poller(self.live, clock, self._reporter)
        self._engine = make_engine(app.config, Parts(self.live, clock, self._poller, metrics), worker=worker)
        self._handle = DaemonHandle(
            files.path, lambda: len(self._poller.running), self._poller.visit, self._reload_for_operator
        )
        self._live = self._bring_to_life(app)

    def live(self) -> Live:
        """Give the parts of the current configuration."""
        return self._live

    def _bring_to_life(self, app: App) -> Live:
        return bring_to_life(app, self._clock, self._reporter, self.health, self._handle)

    async def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Run until SIGTERM or SIGINT. Raises BusyError where the address is taken."""
        # The loop shares the interpreter with a thread that computes, and should not wait long for its turns.
        sys.setswitchinterval(SWITCH_SECONDS)
        servers = self._servers()
        # Eight threads are enough for database calls; more would contend for its lock and stall the loop.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
        await self._engine.prepare()
        await self._note(self._announcer.loaded(self._live.app.config, self._files.problems))
        with contextlib.suppress(AggregatorError):  # a disk without room is no reason not to serve
            await asyncio.to_thread(self._live.app.store.guard)
        self._handle_signals()
        scheduler = self._scheduler()
        serving = [asyncio.create_task(server.serve()) for server in servers]
        for task in serving:
            # A server that dies takes the daemon along, for systemd to start both again.
            task.add_done_callback(lambda task: self.stop())
        self._engine.start(self.stop)
        following = asyncio.create_task(forever(self._follow_sources, Backoff("cannot watch sources.d")))
        scheduler.start()
        _freeze_memory()
        self._ready = True
        self._report_ready()
        on_ready()
        await self._stop.wait()
        self._notifier.stopping()
        scheduler.stop()
        following.cancel()
        self._engine.stop_taking()
        await self._poller.drain()
        await asyncio.gather(*self._side_tasks, return_exceptions=True)
        live = self._live
        # What was cancelled is not committed and still due; the next start takes it up.
        with contextlib.suppress(AggregatorError):
            await asyncio.to_thread(live.app.leases.release_ours)
        await live.subscriber.close()
        await self._engine.stop()
        for server in servers:
            server.stop()
        await asyncio.gather(*serving)
        await live.aclose()
        if self._failure:
            raise self._failure

    def stop(self, failure: Exception | None = None) -> None:
        """Begin to stop: what runs may finish, for some seconds. ``run`` raises the failure in the end."""
        if self._stop.is_set():
            return
        self._failure = failure
        self._stop.set()
        log.info("stopping", running=len(self._poller.running))
        # A thread in a big document or before a locked database cannot be cancelled. What it has not
        # committed is as good as never done, so the end need not wait for it.
        last = threading.Timer(EXIT_SECONDS, os._exit, [0])
        last.daemon = True
        last.start()

    def health(self) -> Health:
        """Tell whether the daemon still ticks and has its database, and how much it has to do."""
        app = self._live.app
        detail: dict[str, object] = {
            "version": __version__,
            "configuration": mark_of(self._files.path),
            "sources": len(app.config.sources),
            "polling": len(self._poller.running),
            **self._engine.detail(),
        }
        ready = self._ready and not self._stop.is_set()
        try:
            detail["failing"] = app.store.count_failing()
        except AggregatorError as exc:
            ready, detail["problem"] = False, str(exc)
        return Health(live=self._is_live(), ready=ready, detail=detail)

    def _is_live(self) -> bool:
        return time.monotonic() - self._ticked < MAX_TICK_SILENCE

    async def _follow_sources(self) -> None:
        """Take up what changes in ``sources.d``, as long as nobody wants that to wait for a signal."""
        while not self._watches():
            self._reloaded.clear()
            await self._reloaded.wait()
        async with contextlib.aclosing(changes(self._files.folder)) as found:
            async for _ in found:
                if not self._watches():
                    return
                async with self._reloading:
                    if await asyncio.to_thread(self._files.have_changed):
                        await self._reload(sources_alone=True)

    def _watches(self) -> bool:
        return self._live.app.config.daemon.reload == "watch"

    async def _reload_all(self) -> None:
        async with self._reloading:
            await self._reload()
        self._reloaded.set()

    async def _reload(self, *, sources_alone: bool = False) -> None:
        self._notifier.reloading()
        before = self._live.app.config
        try:
            app = await asyncio.to_thread(self._reconfigured, sources_alone)
        except Exception as exc:
            await self._note(self._announcer.refused(exc, again=not sources_alone))
        else:
            if app:
                self._start_side_task(self._retire(self._live, self._poller.running))
                self._live = self._bring_to_life(app)
                self._engine.wake()
                _freeze_memory()
                log_difference(difference(before, app.config), len(app.config.sources))
            await self._note(self._announcer.loaded(self._live.app.config, self._files.problems))
        self._report_ready()

    async def _note(self, occurrence: Occurrence) -> None:
        with contextlib.suppress(AggregatorError):  # the log has it, too
            if await asyncio.to_thread(self._live.app.store.note_event, occurrence, self._clock()):
                self._engine.wake()

    def _reconfigured(self, sources_alone: bool) -> App | None:
        """Read the configuration again; sources that changed in it become due. Raises AggregatorError.

        Returns None where files of ``sources.d`` say what they said before.
        """
        config = self._files.read(sources_alone=sources_alone)
        if sources_alone and config == self._live.app.config:
            self._files.accept()
            return None
        before = self._live.app.config.source
        app = self._live.app.reconfigured(config)
        if self._engine.leads:
            app.know_sources(self._clock())
            changed = [source.name for source in config.sources if before(source.name) not in (None, source)]
            app.store.make_due(changed, self._clock())
        self._files.accept()
        return app

    async def _retire(self, live: Live, polls: list[asyncio.Task[None]]) -> None:
        """Close replaced parts once the polls and pushes that began with them are through, or we stop."""
        if polls:
            await asyncio.wait(polls)
        ends = [asyncio.create_task(live.subscriber.finish()), asyncio.create_task(self._stop.wait())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        await live.aclose()

    def _scheduler(self) -> Scheduler:
        scheduler = Scheduler(self._clock)
        scheduler.every(TICK_SECONDS, self._tick)
        if not self._worker:
            scheduler.every(MAX_TICK_SILENCE, self._poller.mend)
        scheduler.every(GUARD_SECONDS, self._look_at_database)
        if interval := self._notifier.watchdog_interval:
            scheduler.every(interval.total_seconds(), self._watch)
        return scheduler

    async def _tick(self) -> None:
        if not self._stop.is_set():
            await self._engine.tick()
        self._ticked = time.monotonic()

    async def _look_at_database(self) -> None:
        with contextlib.suppress(AggregatorError):  # the next tick says what is wrong
            await asyncio.to_thread(self._live.app.store.look)

    async def _watch(self) -> None:
        if self._is_live():
            self._notifier.watchdog()

    def _report_ready(self) -> None:
        self._notifier.ready(f"polling {len(self._live.app.config.sources)} sources")

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._begin_reload)

    def _begin_reload(self) -> asyncio.Task[None]:
        return self._start_side_task(self._reload_all())

    async def _reload_for_operator(self) -> None:  # who asked may hang up
        await asyncio.shield(self._begin_reload())

    def _start_side_task(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Do something beside; the end waits for it."""
        task = asyncio.create_task(work)
        self._side_tasks.add(task)
        task.add_done_callback(self._side_tasks.discard)
        return task

    def _servers(self) -> list[Server]:
        """Listen where the configuration says. Raises BusyError, AggregatorError."""
        config, servers = self._live.app.config, list[Server]()
        if self._worker:
            return servers
        if config.server:
            sock = bind(config.server.host, config.server.port)
            servers.append(Server(lambda: self._live.web, sock))
        if config.operator.listen:
            own, key = config.operator, "[operator] listen"
            sock = bind_file(own.listen, key) if own.is_file else bind(*own.address, key)
            servers.append(Server(lambda: self._live.operator, sock))
        return servers


def _freeze_memory() -> None:
    """Leave what is there out of further garbage collections: thousands of sources cost 0.1 s each time."""
    gc.unfreeze()
    gc.collect()
    give_back_memory()
    gc.freeze()
