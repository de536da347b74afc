"""Where what was fetched is read: beside the event loop, and no faster than it can be read."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, Full, Queue
from typing import ParamSpec, TypeVar

from aggregator.worker import Worker

# One at a time is read; the second one only beside a document that takes long, and that holds up no other.
AT_ONCE = 2
LONG = 1.0  # seconds
BACKLOG = 20  # answers that wait to be read, until no more are asked for

P = ParamSpec("P")
T = TypeVar("T")


class Reading:
    """Reads answers in the order in which they came: in a worker where ``apart``, else in a thread.

    A thread that computes holds the interpreter, and an event loop waits for it; but a process takes a
    moment to start, which a command that polls once need not wait for.
    """

    def __init__(self, *, apart: bool) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="read")
        self._apart = apart
        self._workers: set[Worker] = set()
        self._rested: Queue[Worker] = Queue(1)
        self._turn = asyncio.Semaphore(1)
        self._unread = 0
        self._calm = asyncio.Event()
        self._calm.set()

    async def do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do some work with what was fetched, and return or raise what it does.

        In a worker it is found by its module and name. Raises ReadError where that one ends over it.
        """
        self._unread += 1
        if self._unread >= BACKLOG:
            self._calm.clear()
        try:
            async with self._turn:
                do = self._by_worker if self._apart else _here
                reading = asyncio.get_running_loop().run_in_executor(
                    self._threads, lambda: do(work, *args, **kwargs)
                )
                try:
                    await asyncio.wait([reading], timeout=LONG)
                except asyncio.CancelledError:
                    reading.cancel()
                    raise
            return await reading
        finally:
            self._unread -= 1
            if self._unread < BACKLOG:
                self._calm.set()

    async def keep_up(self) -> None:
        """Wait while too much is unread: answers are held in memory until they are read."""
        await self._calm.wait()

    def close(self) -> None:
        """Take nothing more; what a thread is reading it reads to its end."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in list(self._workers):
            self._dismiss(worker)

    def _by_worker(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        worker = self._worker()
        try:
            return worker.do(work, *args, **kwargs)
        finally:
            self._rest(worker)

    def _worker(self) -> Worker:
        with contextlib.suppress(Empty):
            worker = self._rested.get_nowait()
            if worker.alive:
                return worker
            self._dismiss(worker)
        worker = Worker()
        self._workers.add(worker)
        return worker

    def _rest(self, worker: Worker) -> None:
        try:
            self._rested.put_nowait(worker)
        except Full:
            self._dismiss(worker)

    def _dismiss(self, worker: Worker) -> None:
        self._workers.discard(worker)
        worker.close()


def _here(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return work(*args, **kwargs)
