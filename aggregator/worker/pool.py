"""The pool of workers, which parse what was fetched; no more is fetched than they can parse."""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import Empty, Full, Queue
from typing import ParamSpec, TypeVar

from aggregator.errors import ReadError
from aggregator.worker.processes import give_back_memory
from aggregator.worker.worker import EndedError, Worker, within

MAX_JOBS = 3  # jobs at a time. One runs by itself; further ones start only beside a job that takes long.
SPARE_CORES = (os.cpu_count() or 1) - 1  # processes that compute in a large round beside our own
LONG_JOB = 1.0  # seconds after which a job takes long, so that the next one need not wait for its end
LONG_START = 10.0
"""The same for a job with which a process starts: on a busy machine, its imports take longer than any job."""
MAX_BACKLOG = 20  # jobs that wait or run; with so many, no further answers are fetched, and a round is large
MAX_APART = 1_500_000_000  # bytes of address space of a job that is always done in a process
PAUSE = 30.0  # seconds without a job that end a round
CALM = 5.0  # seconds without a job after which processes may end for the good of another one

P = ParamSpec("P")
T = TypeVar("T")


class Pool:
    """Does jobs in the order in which they come: in a process where ``apart``, else in a thread.

    A thread that computes holds the interpreter, and an event loop waits for it; but a process takes a
    moment to start, which a command that polls once need not wait for. In a large round, which begins with
    a full backlog, processes do them, one for each core but ours.
    """

    def __init__(self, *, apart: bool) -> None:
        self._threads = ThreadPoolExecutor(MAX_JOBS + SPARE_CORES, thread_name_prefix="job")
        self._apart = apart
        self._workers: set[Worker] = set()
        self._idle: Queue[Worker] = Queue(max(SPARE_CORES, 1))
        self._turns = 1
        self._turn = asyncio.Semaphore(self._turns)
        self._is_large = self._is_closed = False
        self._has_started = False  # whether a process has done a job
        self._backlog, self._ended = 0, time.monotonic()
        self._calm = asyncio.Event()
        self._calm.set()

    @property
    def backlog(self) -> int:
        """How many jobs wait or run."""
        return self._backlog

    @property
    def memory(self) -> list[int]:
        """The bytes that each process has in memory."""
        return [worker.memory for worker in list(self._workers)]

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do a job beside the event loop, and return or raise what it does.

        A process finds ``work`` by its module and name. Raises ReadError where the process ends over it.
        """
        return await self._queue(lambda: self._do(work, *args, **kwargs))

    async def run_apart(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do a job in a process with limited memory, whatever the others are done in.

        Raises ReadError where it takes too long or too much, or no process can be had.
        """
        return await self._queue(lambda: self._do_apart(partial(work, *args, **kwargs)))

    async def _queue(self, job: Callable[[], T]) -> T:
        if self._is_large and not self._backlog and time.monotonic() - self._ended > PAUSE:
            await self._settle()
        self._backlog += 1
        if self._backlog >= MAX_BACKLOG:
            self._calm.clear()
            self._is_large = SPARE_CORES > 0
            while self._turns < SPARE_CORES:
                self._turns += 1
                self._turn.release()
        try:
            async with self._turn:
                done = asyncio.get_running_loop().run_in_executor(self._threads, job)
                try:
                    starts = (self._apart or self._is_large) and not self._has_started
                    await asyncio.wait([done], timeout=LONG_START if starts else LONG_JOB)
                except asyncio.CancelledError:
                    done.cancel()
                    raise
            return await done
        finally:
            self._backlog -= 1
            if self._backlog < MAX_BACKLOG:
                self._calm.set()
            self._ended = time.monotonic()

    async def _settle(self) -> None:
        """End what a large round has started, when it is over: all turns are free."""
        self._is_large = False
        while self._turns > 1:
            self._turns -= 1
            await self._turn.acquire()
        while self._idle.qsize() > self._apart:
            self._dismiss(self._idle.get_nowait())

    async def keep_up(self) -> None:
        """Wait while the backlog is full: answers are held in memory until they are parsed."""
        await self._calm.wait()

    def make_room(self) -> None:
        """Give back memory that is free, and end the processes that nobody has had a job for lately.

        The next job starts one anew.
        """
        give_back_memory()
        if self._backlog or time.monotonic() - self._ended < CALM:
            return
        with contextlib.suppress(Empty):
            while True:
                self._dismiss(self._idle.get_nowait())
                self._has_started = False

    def close(self) -> None:
        """Take no more jobs; a thread ends the job that it is at."""
        self._is_closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in list(self._workers):
            self._dismiss(worker)

    def _do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            if not self._apart and not self._is_large:
                return work(*args, **kwargs)
            try:
                return self._do_in_process(work, *args, **kwargs)
            except EndedError:
                if self._is_closed:
                    raise
                # It may end for no fault of the document's, where memory runs out.
                return self._do_in_process(work, *args, **kwargs)
        except StopIteration as exc:
            raise RuntimeError("StopIteration") from exc  # no future can hold it

    def _do_in_process(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        worker = self._take_worker()
        if worker is None:
            return work(*args, **kwargs)
        try:
            return worker.do(work, *args, **kwargs)
        finally:
            self._give_back(worker)

    def _do_apart(self, work: Callable[[], T]) -> T:
        worker = self._take_worker()
        if worker is None:
            raise ReadError("there is no room for a process that reads it")
        try:
            return worker.do(within, MAX_APART, work)
        finally:
            self._give_back(worker)

    def _take_worker(self) -> Worker | None:
        """Take an idle worker or start one; where the system has no room for a process, return None."""
        with contextlib.suppress(Empty):
            worker = self._idle.get_nowait()
            if worker.alive:
                return worker
            self._dismiss(worker)
        try:
            worker = Worker()
        except OSError:
            return None
        self._workers.add(worker)
        return worker

    def _give_back(self, worker: Worker) -> None:
        self._has_started = True
        try:
            self._idle.put_nowait(worker)
        except Full:
            self._dismiss(worker)

    def _dismiss(self, worker: Worker) -> None:
        self._workers.discard(worker)
        worker.close()
