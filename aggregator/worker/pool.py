"""Where what was fetched is read: beside the event loop, and no faster than it can be read."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, Full, Queue
from typing import ParamSpec, TypeVar

from aggregator.worker.worker import Worker

# One at a time is read; further ones only beside documents that take long, so that these hold up no other.
AT_ONCE = 3
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
                reading = asyncio.get_running_loop().run_in_executor(
                    self._threads, lambda: self._do(work, *args, **kwargs)
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

    def _do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        worker = self._worker() if self._apart else None
        try:
            return worker.do(work, *args, **kwargs) if worker else work(*args, **kwargs)
        except StopIteration as exc:
            raise RuntimeError("StopIteration") from exc  # no future can hold it
        finally:
            if worker:
                self._rest(worker)

    def _worker(self) -> Worker | None:
        """One with nothing to do; None where the system has no room for a process: better here than never."""
        with contextlib.suppress(Empty):
            worker = self._rested.get_nowait()
            if worker.alive:
                return worker
            self._dismiss(worker)
        try:
            worker = Worker()
        except OSError:
            return None
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
