"""A node: one process of a cluster, which takes jobs and, where it may, hands them out."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

import structlog

from aggregator.app import App
from aggregator.daemon.backoff import Backoff
from aggregator.daemon.cluster.dispatcher import Dispatcher, Intervals, task_job
from aggregator.daemon.cluster.names import QueueNames, queue_names
from aggregator.daemon.cluster.queue import VISIT, Queue
from aggregator.daemon.single import Parts, forever
from aggregator.daemon.tasks import BackgroundTasks, TaskName
from aggregator.errors import StoreError
from aggregator.fetch.browser.browser import can_render
from aggregator.model import Node
from aggregator.settings import Config
from aggregator.store import DatabaseClock
from aggregator.store.machines.nodes import SILENCE
from aggregator.store.schema import REVISION

BEAT_SECONDS = 5.0
BURY_SECONDS = 2.0
TICK_SECONDS = 1.0
CALL_SECONDS = 0.2
"""How long tasks that are called for wait for others, so that many polls put one job into the queue."""
CATCH_UP_SECONDS = 10.0
"""How often the dispatcher looks for what nobody called for, as a node was killed before it could."""
MAX_JOBS = 100
"""Jobs that a node has under way; nearly all of them wait for somebody's server."""
FETCH_SECONDS = 1.0
"""How often a node asks for jobs without being told of new ones: a lock may have been released."""

log = structlog.get_logger()


class ClusterNode:
    """Takes jobs and does tasks until it is stopped; of a ``command`` ``run``, it may be the dispatcher."""

    def __init__(self, parts: Parts, command: str) -> None:
        self._parts = parts
        self._command = command
        self._tasks = BackgroundTasks(parts.live, parts.clock, parts.metrics, self._call)
        self._all = self._tasks.all()
        self._jobs = {name: one for name, one in self._all.items() if one.place in ("any", "output")}
        self._backoffs = {name: Backoff(one.failure) for name, one in self._all.items()}
        self._called: set[TaskName] = set()
        self._calling = asyncio.Event()
        self._intervals = Intervals()
        self._running: list[asyncio.Task[None]] = []
        self._workers: list[asyncio.Task[None]] = []
        self._made: set[asyncio.Task[Any]] = set()
        self._nodes: list[Node] = []
        self._names: tuple[Config, QueueNames] | None = None
        self._idle = ""
        self._has_begun = False
        """Whether the dispatcher has looked at what its predecessor left."""
        self._taking = Backoff("cannot take work from the queue", longest=BEAT_SECONDS)

    async def prepare(self) -> None:
        """Join the cluster.

        Raises StoreError where the database belongs to another cluster, or cannot be used.
        """
        app = self._app
        self._queue = Queue(app.config.storage.database)
        await asyncio.to_thread(self._queue.prepare)
        await asyncio.to_thread(app.require_key, self._parts.clock())
        await asyncio.to_thread(app.store.add_node, self._node())
        await self._queue.open()
        self._add_tasks()
        self._dispatcher = Dispatcher(app.store, self._queue, self._parts.clock)

    def start(self, fail: Callable[[Exception], None]) -> None:
        """Take jobs, and dispatch if nobody else does; ``fail`` is called where this process has to end."""
        self._fail = fail
        self._keep_on(self._beat, "cannot tell the cluster of this node", BEAT_SECONDS)
        if self._command == "run":
            self._keep_on(self._tick, "cannot dispatch", TICK_SECONDS)
        putting = Backoff("cannot put work into the queue", longest=BEAT_SECONDS)
        self._add(forever(self._put_called, putting, wake=self._calling))
        for name, one in self._all.items():
            if one.place in ("machine", "dispatcher"):
                work = one.work if one.place == "machine" else self._while_leading(name)
                self._add(forever(work, self._backoffs[name], seconds=one.seconds))
        self._take_jobs()

    async def tick(self) -> None:
        """Do nothing: the dispatcher has a rhythm of its own."""

    def wake(self) -> None:
        """Publish and mirror soon: there are new articles, or another configuration."""
        if self._names and self._names[0] is not self._app.config:
            before = self._queues
            self._names = None
            if self._queues != before:
                self._follow_configuration()
        self._call("publish")
        self._call("mirror")

    def stop_taking(self) -> None:
        """Take no job any more, and let another process dispatch."""
        self._tasks.stop()
        for task in (*self._running, *self._workers):
            task.cancel()

    async def stop(self) -> None:
        """Leave the cluster; what was not finished is still due, and others take it up."""
        # A worker that is cancelled a second time does not wait for the ends of its jobs.
        for task in self._made:
            task.cancel()
        await asyncio.gather(*self._running, *self._workers, return_exceptions=True)
        await self._dispatcher.close()
        await asyncio.to_thread(self._app.store.remove_nodes, [self._app.leases.owner])
        await self._queue.close()

    def detail(self) -> Mapping[str, object]:
        """Say for the health how this node does."""
        found = {"node": self._app.leases.owner, "nodes": len(self._nodes), "dispatches": self.leads}
        return {"cluster": found | ({"idle": self._idle} if self._idle else {})}

    @property
    def leads(self) -> bool:
        """Whether this node hands out the work."""
        return self._dispatcher.dispatches

    @property
    def _app(self) -> App:
        return self._parts.live().app

    @property
    def _queues(self) -> QueueNames:
        config = self._app.config
        if self._names is None:
            self._names = config, queue_names(config, REVISION)
        return self._names[1]

    def _node(self) -> Node:
        config, queues, clock = self._app.config, self._queues, self._parts.clock
        offset = clock.offset.total_seconds() if isinstance(clock, DatabaseClock) else None
        return Node(
            id=self._app.leases.owner,
            host=socket.gethostname(),
            pid=os.getpid(),
            kind=self._command,
            version=queues.version,
            configuration=queues.configuration,
            site=config.site.root,
            browser=can_render(config.network),
            offset=offset,
        )

    def _keep_on(self, work: Callable[[], Coroutine[None, None, None]], failure: str, seconds: float) -> None:
        self._add(forever(work, Backoff(failure, longest=seconds), seconds=seconds))

    def _add(self, work: Coroutine[None, None, None]) -> None:
        self._running.append(asyncio.create_task(work))

    # What every node does.

    async def _beat(self) -> None:
        store, node = self._app.store, self._node()
        node = replace(node, jobs=len(self._made), dispatches=self._dispatcher.dispatches)
        known, revision = await asyncio.to_thread(store.beat, node)
        if revision != REVISION:
            newer = f"its revision is {revision}, this program's is {REVISION}"
            self._fail(StoreError(f"the database was taken over by another version of aggregator ({newer})"))
        if not known:
            log.warning("this node was taken for dead, and its work given to others; it begins anew")
            await asyncio.to_thread(store.add_node, node)
        self._nodes = await asyncio.to_thread(store.living_nodes)
        self._compare(node)

    def _compare(self, node: Node) -> None:
        """Say once where this node gets no work, as the dispatcher is of another version or configuration."""
        other = next((one for one in self._nodes if one.dispatches), node)
        before, self._idle = self._idle, ""
        if other.version != node.version:
            versions = f"version {other.version}, and this node of {node.version}"
            self._idle = f"the dispatcher ({other.host}) is of {versions}"
        elif other.configuration != node.configuration:
            self._idle = f"the dispatcher ({other.host}) has another configuration"
        if self._idle and self._idle != before:
            log.warning("this node gets no work", reason=self._idle)
        elif before and not self._idle:
            log.info("recovered", what="this node gets no work")

    def _take_jobs(self) -> None:
        self._workers.append(asyncio.create_task(forever(self._work, self._taking)))

    async def _work(self) -> None:
        node = self._node()
        names = self._queues.taken_by(node.id, browser=node.browser)
        await self._queue.work(names, MAX_JOBS, FETCH_SECONDS)

    def _add_tasks(self) -> None:
        self._queue.add_task(VISIT, lambda source: self._make(self._parts.poller.visit_due(source)))
        for name in self._jobs:
            self._queue.add_task(name, lambda name=name: self._make(self._do_task(name)))

    async def _make(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.current_task()
        assert task  # noqa: S101 - a job is a task
        self._made.add(task)
        self._taking.succeeded()
        try:
            await work
        finally:
            self._made.discard(task)

    async def _do_task(self, name: TaskName) -> None:
        backoff = self._backoffs[name]
        if backoff.remaining:
            return  # when that is over, it is called for again
        try:
            await self._all[name].work()
        except Exception as exc:
            asyncio.get_running_loop().call_later(backoff.failed(exc), self._call, name)
        else:
            backoff.succeeded()

    def _call(self, name: TaskName) -> None:
        self._called.add(name)
        self._calling.set()

    async def _put_called(self) -> None:
        await asyncio.sleep(CALL_SECONDS)
        for name in list(self._called):
            if queue := self._queue_of(name):
                await self._queue.put_once(task_job(name, queue))
            self._called.discard(name)

    def _queue_of(self, name: TaskName) -> str | None:
        """Name the queue of a task; None where the dispatcher, who has to do it, is not known."""
        written = {"site", "posts", "private"} if name == "mirror" else {"site", "posts"}
        if self._all[name].place != "output" or not written & self._app.config.output.folders.keys():
            return self._queues.general
        dispatcher = next((one for one in self._nodes if one.dispatches), None)
        return self._queues.own(dispatcher.id) if dispatcher else None

    def _follow_configuration(self) -> None:
        """Take jobs of another configuration, while those that run come to their end."""
        for worker in self._workers:
            worker.cancel()
        self._take_jobs()

    # What the dispatcher does.

    async def _tick(self) -> None:
        if await self._dispatcher.take():
            log.info("this node dispatches")
            self._has_begun = False
        if not self._dispatcher.dispatches:
            return
        if not self._has_begun:
            await asyncio.to_thread(self._app.know_sources, self._parts.clock())
            await self._beat()
            self._called |= self._jobs.keys()
            self._calling.set()
            self._has_begun = True
        browsers = any(one.browser for one in self._nodes)
        if self._intervals.is_due("bury", BURY_SECONDS):
            await self._bury(browsers=browsers)
        await self._dispatcher.dispatch(self._app.config, self._queues, browsers=browsers)
        for name, one in self._jobs.items():
            if one.seconds and self._intervals.is_due(name, one.seconds):
                self._call(name)
        if self._intervals.is_due("publication", CATCH_UP_SECONDS):
            publication = await asyncio.to_thread(self._app.store.publication)
            if not publication.done:
                self._call("publish")

    async def _bury(self, *, browsers: bool) -> None:
        """Give away the work of nodes that are dead, and what waits for nobody who lives."""
        for dead in await asyncio.to_thread(self._app.store.bury_nodes):
            log.warning("a node is dead; others take over its work", host=dead.host, pid=dead.pid)
        await self._queue.bury(SILENCE.total_seconds())
        await self._queue.take_out(self._queues.taken_by(self._app.leases.owner, browser=browsers))

    def _while_leading(self, name: TaskName) -> Callable[[], Coroutine[None, None, None]]:
        async def work() -> None:
            if self._dispatcher.dispatches:
                await self._all[name].work()

        return work
