"""The dispatcher: puts what is due into the queue, as one process of a cluster does at a time."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import structlog

from aggregator.daemon.cluster.names import QueueNames, lock_of
from aggregator.daemon.cluster.queue import VISIT, Queue
from aggregator.settings import Config, Source
from aggregator.store import Store
from aggregator.store.machines.dispatch import due_sources, waiting_locks

if TYPE_CHECKING:
    from procrastinate.jobs import Job

MAX_WAITING = 200
"""Jobs that wait. What is due beyond that stays in its table, since taking a job is slow among many."""
MAX_OF_LOCK = 8
"""Jobs that wait for one lock, of which one is made at a time."""
MAX_DUE = 10 * MAX_WAITING
"""Sources that are looked at in a tick, as a busy host may have many of those that wait longest."""

Answer = TypeVar("Answer")
log = structlog.get_logger()


class Dispatcher:
    """Asks for the right to dispatch at each tick, and puts visits into the queue while it has it."""

    def __init__(self, store: Store, queue: Queue, clock: Callable[[], datetime]) -> None:
        self._queue = queue
        self._clock = clock
        self._session = store.dispatch_session()
        # The session belongs to a thread of its own, which nothing else delays.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="dispatch")
        self.dispatches = False

    async def take(self) -> bool:
        """Ask for the right; return whether it has come to us just now. Raises StoreError."""
        if self.dispatches:
            return False
        self.dispatches = await self._run(self._session.take)
        return self.dispatches

    async def dispatch(self, config: Config, queues: QueueNames, *, browsers: bool) -> None:
        """Put visits of what is due into the queue. Raises StoreError, and loses the right.

        ``browsers`` tells whether any node can render pages.
        """

        def put() -> None:
            with self._session.transaction() as connection:
                waiting = waiting_locks(connection)
                due = due_sources(connection, self._clock(), MAX_DUE) if len(waiting) < MAX_WAITING else ()
                found = (source for name in due if (source := config.source(name)))
                chosen = choose(found, waiting, config.network.per_host)
                jobs = [visit_job(one, lock, queues, browsers=browsers) for one, lock in chosen]
                if jobs:
                    self._queue.put(jobs, connection.connection.dbapi_connection)

        try:
            await self._run(put)
        except BaseException:
            self.dispatches = False
            raise

    async def close(self) -> None:
        """Give up the right."""
        self.dispatches = False
        await self._run(self._session.close)
        self._thread.shutdown(wait=False)

    async def _run(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


class Intervals:
    """When each piece of work is due again."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}

    def is_due(self, name: str, seconds: float) -> bool:
        """Tell whether so many seconds have passed since that was told last."""
        now = time.monotonic()
        if now < self._next.get(name, now):
            return False
        self._next[name] = now + seconds
        return True


def choose(sources: Iterable[Source], waiting: Iterable[str], per_host: int) -> Iterator[tuple[Source, str]]:
    """Yield the sources of which a visit goes into the queue now, each with its lock.

    ``waiting`` has the lock of each job that waits already.
    """
    locks = Counter(waiting)
    free = MAX_WAITING - locks.total()
    for source in sources:
        lock = lock_of(source, per_host)
        if free > 0 and locks[lock] < MAX_OF_LOCK:
            locks[lock] += 1
            free -= 1
            yield source, lock


def visit_job(source: Source, lock: str, queues: QueueNames, *, browsers: bool) -> Job:
    """Make the job of a visit.

    Where no node can render pages, any may take it; then its source says what is missing.
    """
    from procrastinate.jobs import Job

    return Job(
        queue=queues.browser if source.browser and browsers else queues.general,
        lock=lock,
        queueing_lock=source.name,
        task_name=VISIT,
        task_kwargs={"source": source.name},
    )


def task_job(name: str, queue: str) -> Job:
    """Make the job of a task. No source and no host has a blank in its name, so it has locks of its own."""
    from procrastinate.jobs import Job

    return Job(queue=queue, lock=f"task {name}", queueing_lock=f"task {name}", task_name=name)
