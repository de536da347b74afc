"""The pool of workers, which parse what was fetched and render for large publications.

No more is fetched than they can parse.
"""

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from operator import attrgetter, itemgetter
from typing import Any, ParamSpec, Self, TypeVar

from aggregator.errors import ReadError
from aggregator.worker.worker import LONG_JOB, EndedError, HeldUpError, Worker, within

MAX_JOBS = 3  # jobs at a time. One runs by itself; further ones start only beside a job that takes long.
SPARE_CORES = (os.cpu_count() or 1) - 1  # processes that compute in a large round beside our own
MAX_AT_HAND = 2  # jobs that a process has in a large round: the one that it does, and the next
MAX_BACKLOG = 20  # jobs that wait or run; with so many, no further answers are fetched, and a round is large
MANY_PARTS = 10  # of a publication that wait to be rendered; with so many, it is worth every core
MAX_APART = 1_500_000_000  # bytes of address space of a job that is always done in a process
PAUSE = 30.0  # seconds without a job that end a round

P = ParamSpec("P")
T = TypeVar("T")


class NoProcessError(ReadError):
    """No process can be had."""


class _Job(Future[T]):
    """What somebody waits for; it can be taken back until it has begun."""

    def __init__(self, work: Callable[[], T]) -> None:
        super().__init__()
        self.work = work
        self.began = 0.0


class Pool:
    """Does jobs in the order in which they come: in a process where ``apart``, else in a thread.

    A thread that computes holds the interpreter, and an event loop waits for it; but a process takes a
    moment to start, which a command that polls once need not wait for. In a large round, which begins with
    a full backlog, processes do them, one for each core but ours, and one does them as long as it is there.
    What is to be rendered and what is to be parsed take turns.
    """

    def __init__(self, *, apart: bool = False) -> None:
        self._threads = ThreadPoolExecutor(MAX_JOBS + MAX_AT_HAND * SPARE_CORES, thread_name_prefix="job")
        self._apart = apart
        self._lock = threading.Lock()
        self._parsing, self._rendering = deque[_Job[Any]](), deque[_Job[Any]]()
        self._queues = [self._parsing, self._rendering]
        self._running: set[_Job[Any]] = set()
        self._workers: dict[Worker, int] = {}
        """The jobs that each worker has."""
        self._taking = threading.Lock()
        self._is_large = self._is_closed = False
        self._backlog, self._ended = 0, time.monotonic()
        self._calm = asyncio.Event()
        self._calm.set()

    @property
    def backlog(self) -> int:
        """How many jobs wait or run."""
        return self._backlog

    @property
    def is_warm(self) -> bool:
        """Whether a process is there, so that none has to start."""
        return any(worker.alive for worker in list(self._workers))

    @property
    def memory(self) -> list[int]:
        """The bytes that each process has in memory."""
        return [worker.memory for worker in list(self._workers) if worker.alive]

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do a job beside the event loop, and return or raise what it does.

        A process finds ``work`` by its module and name. Raises ReadError where the process ends over it.
        """
        return await self._parse(partial(self._do_here_or_apart, partial(work, *args, **kwargs)))

    async def run_apart(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do a job in a process with limited memory, whatever the others are done in.

        Raises ReadError where it takes too long or too much, or no process can be had.
        """
        return await self._parse(partial(self._do_apart, partial(within, MAX_APART, work, *args, **kwargs)))

    def submit(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Let a process do a job if one comes to it before it is cancelled; with one core, none does."""
        job = _Job(partial(self._do_apart, partial(work, *args, **kwargs)))
        if SPARE_CORES:
            self._is_large |= len(self._rendering) >= MANY_PARTS
            self._queue(self._rendering, job)
        return job

    async def keep_up(self) -> None:
        """Wait while the backlog is full: answers are held in memory until they are parsed."""
        await self._calm.wait()

    def close(self) -> None:
        """Take no more jobs; a thread ends the job that it is at."""
        with self._lock:
            self._is_closed = True
            for job in (*self._parsing, *self._rendering):
                job.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in list(self._workers):
            self._dismiss(worker)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    async def _parse(self, work: Callable[[], T]) -> T:
        if self._is_large and not self._backlog and time.monotonic() - self._ended > PAUSE:
            self._settle()
        self._backlog += 1
        if self._backlog == MAX_BACKLOG:
            self._calm = asyncio.Event()  # of this event loop
            self._is_large = SPARE_CORES > 0
        job = _Job(work)
        self._queue(self._parsing, job)
        done = asyncio.wrap_future(job)
        try:
            while not done.done():
                await asyncio.wait([done], timeout=LONG_JOB)
                self._begin()
        except asyncio.CancelledError:
            done.cancel()
            raise
        finally:
            self._backlog -= 1
            if self._backlog < MAX_BACKLOG:
                self._calm.set()
            self._ended = time.monotonic()
        return done.result()

    def _settle(self) -> None:
        """End what a large round has started, but for one process, which later jobs find."""
        self._is_large = False
        with self._lock:
            self._dismiss_idle(1)

    def _queue(self, queue: deque[_Job[Any]], job: _Job[Any]) -> None:
        with self._lock:
            queue.append(job)
        self._begin()

    def _begin(self) -> None:
        """Begin what waits, if a turn is free; a job that takes long has none."""
        with self._lock:
            now = time.monotonic()
            most = max(SPARE_CORES * MAX_AT_HAND, 1) if self._is_large else 1
            while (
                not self._is_closed
                and sum(now - job.began < LONG_JOB for job in self._running) < most
                and len(self._running) < MAX_JOBS + MAX_AT_HAND * SPARE_CORES
                and (job := self._next())
            ):
                job.began = now
                self._running.add(job)
                self._threads.submit(self._do, job)

    def _next(self) -> _Job[Any] | None:
        """Take a job out of one queue or the other, in turn; those that were taken back go."""
        self._queues.reverse()
        for queue in self._queues:
            while queue:
                job = queue.popleft()
                if job.set_running_or_notify_cancel():
                    return job
        return None

    def _do(self, job: _Job[Any]) -> None:
        try:
            result = job.work()
        except StopIteration:
            job.set_exception(RuntimeError("StopIteration"))  # no future of an event loop can hold it
        except BaseException as exc:
            job.set_exception(exc)
        else:
            job.set_result(result)
        finally:
            with self._lock:
                self._running.discard(job)
            self._begin()

    def _do_here_or_apart(self, work: Callable[[], T]) -> T:
        if not self._apart and self._is_better_here():
            return work()
        try:
            return self._do_apart(work)
        except NoProcessError:
            return work()
        except EndedError:
            if self._is_closed:
                raise
            # It may end for no fault of the document's, where memory runs out, or over the one before it.
            return self._give(work, alone=True)

    def _is_better_here(self) -> bool:
        """Tell whether no process is worth a start, or those that there are to be have not done a job yet."""
        if not (self._is_large or self.is_warm):
            return True
        with self._taking, self._lock:
            return len(self._workers) >= SPARE_CORES and not any(one.has_started for one in self._workers)

    def _do_apart(self, work: Callable[[], T]) -> T:
        try:
            return self._give(work)
        except HeldUpError:
            return self._give(work, alone=True)

    def _give(self, work: Callable[[], T], *, alone: bool = False) -> T:
        """Let a worker do a job, if ``alone`` one that has no other before it."""
        with self._taking:
            worker = self._take_worker(alone=alone)
        try:
            return worker.do(work)
        finally:
            with self._lock:
                if worker in self._workers:
                    self._workers[worker] -= 1
                # Those beside jobs that took long have done what they are for.
                self._dismiss_idle(max(SPARE_CORES, 1))

    def _take_worker(self, *, alone: bool) -> Worker:
        """Take a worker with few jobs, or start one.

        Raises NoProcessError where the system has no room for it.
        """
        with self._lock:
            # Where a core is idle, one more process does more than a queue at another.
            is_shared = self._is_large and not alone and len(self._workers) >= SPARE_CORES
            most = MAX_AT_HAND if is_shared else 1
            for worker, jobs in sorted(self._workers.items(), key=itemgetter(1)):
                if jobs < most and worker.alive:
                    self._workers[worker] += 1
                    return worker
                if not jobs:
                    self._dismiss(worker)
        try:
            worker = Worker()
        except OSError as exc:
            raise NoProcessError("there is no room for a process that reads it") from exc
        with self._lock:
            self._workers[worker] = 1
        return worker

    def _dismiss_idle(self, most: int) -> None:
        """Keep so many workers without a job, rather those that can do another one."""
        idle = [worker for worker, jobs in self._workers.items() if not jobs]
        for worker in sorted(idle, key=attrgetter("alive"), reverse=True)[most:]:
            self._dismiss(worker)

    def _dismiss(self, worker: Worker) -> None:
        self._workers.pop(worker, None)
        worker.close()
