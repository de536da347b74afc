"""One process that polls what is due, publishes what changed and serves the result, for years."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator import __version__
from aggregator.app import App
from aggregator.daemon.notify import Notifier
from aggregator.daemon.poller import Poller
from aggregator.daemon.tasks import Outlet
from aggregator.errors import AggregatorError, ConfigError
from aggregator.poll import Tools
from aggregator.poll.push import Subscriber
from aggregator.settings import Config
from aggregator.web import Health, Server, bind, build_app, callback_routes, search_routes
from aggregator.web.finder import Finder

TICK_SECONDS = 1
SWITCH_SECONDS = 0.0002
STALLED = 60.0
LAST_SECONDS = 9.5
THREADS = 8

log = structlog.get_logger()


class Daemon:
    """Ticks, polls, publishes and serves until it is told to stop.

    ``load`` reads the configuration again at SIGHUP; ``clock`` gives the time, aware, in UTC.
    """

    def __init__(self, app: App, load: Callable[[], Config], clock: Callable[[], datetime]) -> None:
        self._app = app
        self._load = load
        self._clock = clock
        self._notifier = Notifier()
        self._tools = app.tools(clock, apart=True)
        self._retired: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._ticked = time.monotonic()
        self._ready = False
        self._poller = Poller(app, self._tools, clock, lambda: self._outlet.wake())
        subscriber = Subscriber(app.config, app.leases, self._tools, self._poller.take)
        self._outlet = Outlet(app, self._tools.fetcher, subscriber, clock)
        self._web = self._build_web()

    async def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Run until SIGTERM or SIGINT. Raises BusyError where the address is taken."""
        # The loop shares the interpreter with a thread that computes, and should not wait long for its turns.
        sys.setswitchinterval(SWITCH_SECONDS)
        server = self._server()
        # They wait for the database; more of them would wait for each other and the event loop for all.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
        await asyncio.to_thread(self._app.prepare, self._clock())
        self._handle_signals()
        scheduler = self._schedule()
        serving = asyncio.create_task(server.serve()) if server else None
        if serving:
            # A server that dies takes the daemon along, for systemd to start both again.
            serving.add_done_callback(lambda task: self.stop())
        self._outlet.start()
        scheduler.start()
        minding = asyncio.create_task(self._mind_clock(scheduler))
        _settle_memory()
        self._ready = True
        self._notifier.ready(f"polling {len(self._app.config.sources)} sources")
        on_ready()
        await self._stop.wait()
        self._notifier.stopping()
        minding.cancel()
        scheduler.shutdown(wait=False)
        await self._poller.drain()
        await asyncio.gather(*self._retired, return_exceptions=True)
        # What was cancelled is not committed and still due; the next start takes it up.
        with contextlib.suppress(AggregatorError):
            await asyncio.to_thread(self._app.leases.release_ours)
        await self._outlet.subscriber.close()
        await self._outlet.stop()
        if server and serving:
            server.stop()
            await serving
        await self._tools.aclose()

    def stop(self) -> None:
        """Begin to stop: what runs may finish, for some seconds."""
        if self._stop.is_set():
            return
        self._stop.set()
        log.info("stopping", running=len(self._poller.running))
        # A thread in a big document or before a locked database cannot be cancelled. What it has not
        # committed is as good as never done, so the end need not wait for it.
        last = threading.Timer(LAST_SECONDS, os._exit, [0])
        last.daemon = True
        last.start()

    def health(self) -> Health:
        """Tell whether the daemon still ticks, and how much it has to do."""
        return Health(
            live=time.monotonic() - self._ticked < STALLED,
            ready=self._ready and not self._stop.is_set(),
            detail={
                "version": __version__,
                "sources": len(self._app.config.sources),
                "polling": len(self._poller.running),
                "failing": self._poller.failing,
            },
        )

    async def _reload(self) -> None:
        self._notifier.reloading()
        try:
            config = await asyncio.to_thread(self._load)
            app = self._app.reconfigured(config)
            await asyncio.to_thread(app.know_sources, self._clock())
            before = self._app.config.source
            mended = [one.name for one in config.sources if before(one.name) not in (None, one)]
            await asyncio.to_thread(app.store.make_due, mended, self._clock())
        except ConfigError as exc:
            for problem in exc.problems:
                log.error("configuration refused; the old one stays", problem=str(problem))
        except AggregatorError as exc:
            log.error("configuration refused; the old one stays", problem=str(exc))
        except Exception as exc:
            log.error("configuration refused; the old one stays", problem=str(exc), exc_info=exc)
        else:
            retired = asyncio.create_task(
                self._retire(self._tools, self._outlet.subscriber, self._poller.running)
            )
            self._retired.add(retired)
            retired.add_done_callback(self._retired.discard)
            self._app, self._tools = app, app.tools(self._clock, apart=True)
            self._poller.app, self._poller.tools = app, self._tools
            self._outlet.app, self._outlet.fetcher = app, self._tools.fetcher
            self._outlet.subscriber = Subscriber(
                app.config,
                app.leases,
                self._tools,
                self._poller.take,
            )
            self._web = self._build_web()
            self._poller.forget_strangers()
            self._outlet.wake()
            _settle_memory()
            log.info("configuration reloaded", sources=len(config.sources))
        self._notifier.ready(f"polling {len(self._app.config.sources)} sources")

    async def _retire(self, tools: Tools, subscriber: Subscriber, polls: list[asyncio.Task[None]]) -> None:
        """Close tools once the polls and pushes that began with it are through, or we stop."""
        if polls:
            await asyncio.wait(polls)
        ends = [asyncio.create_task(subscriber.finish()), asyncio.create_task(self._stop.wait())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        await subscriber.close()
        await tools.aclose()

    def _schedule(self) -> AsyncIOScheduler:
        # In memory, since due times live in our database.
        scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        scheduler.add_job(self._tick, _Beat(TICK_SECONDS), next_run_time=self._clock())
        scheduler.add_job(self._poller.mend, _Beat(STALLED), next_run_time=self._clock())
        if interval := self._notifier.watchdog_interval:
            scheduler.add_job(self._watch, _Beat(interval.total_seconds()))
        return scheduler

    async def _tick(self) -> None:
        if not self._stop.is_set():
            await self._poller.tick()
        self._ticked = time.monotonic()

    async def _watch(self) -> None:
        if self.health().live:
            self._notifier.watchdog()

    async def _mind_clock(self, scheduler: AsyncIOScheduler) -> None:
        """Tick at once after the clock was set back: APScheduler would wait until it is where it was."""
        while True:
            before = self._clock()
            await asyncio.sleep(TICK_SECONDS)
            if self._clock() < before:
                for job in scheduler.get_jobs():
                    job.modify(next_run_time=self._clock())

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload_soon)

    def _reload_soon(self) -> None:
        task = asyncio.create_task(self._reload())
        self._retired.add(task)
        task.add_done_callback(self._retired.discard)

    def _build_web(self) -> ASGIApp:
        app = self._app
        finder = Finder(app.config.site, app.store, app.publisher.documents)
        return build_app(
            Path(app.config.output.site),
            health=self.health,
            removed=app.store.is_removed,
            more=[*search_routes(finder), *callback_routes(self._outlet.subscriber)],
        )

    def _server(self) -> Server | None:
        if self._app.config.server is None:
            return None
        socket = bind(self._app.config.server.host, self._app.config.server.port)

        async def current(scope: Scope, receive: Receive, send: Send) -> None:
            # Addresses of our own pages hold the path of [site] url, also where nothing stands before us.
            mount, path = urlsplit(self._app.config.site.root).path, scope.get("path", "")
            if mount and path.startswith(f"{mount}/"):
                scope = {**scope, "path": path.removeprefix(mount)}
            await self._web(scope, receive, send)

        return Server(current, socket)


def _settle_memory() -> None:
    """Leave what is there out of further garbage collections: thousands of sources cost 0.1 s each time."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


class _Beat(BaseTrigger):  # type: ignore[misc]
    """Fires every so many seconds; APScheduler's own counts all that a clock set ahead has missed."""

    def __init__(self, seconds: float) -> None:
        self._every = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The next time after ``previous``, or ``now`` where that is long gone."""
        return max(previous + self._every, now) if previous and previous < now else now + self._every
