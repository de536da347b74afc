"""Where what was fetched is read: beside the event loop, and no faster than it can be read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

# Threads that compute only take turns (the GIL): two read less than one, and the event loop waits for both.
# So the second one works only beside a document that takes long, and that holds up no other.
THREADS = 2
LONG = 1.0  # seconds
BACKLOG = 20  # answers that wait to be read, until no more are asked for

P = ParamSpec("P")
T = TypeVar("T")


class Reading:
    """Reads answers in few threads, in the order in which they came."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="read")
        self._turn = asyncio.Semaphore(1)
        self._unread = 0
        self._calm = asyncio.Event()
        self._calm.set()

    async def do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do some work with what was fetched, and return or raise what it does."""
        self._unread += 1
        if self._unread >= BACKLOG:
            self._calm.clear()
        try:
            context = copy_context()
            async with self._turn:
                reading = asyncio.get_running_loop().run_in_executor(
                    self._threads, lambda: context.run(work, *args, **kwargs)
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
        """Take nothing more; what is being read is read to its end."""
        self._threads.shutdown(wait=False)
