"""Calls of one kind, made together where they come side by side: one transaction for many polls."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from aggregator.errors import StoreError

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """Makes a call after ``pause`` seconds; what is asked for while it runs is asked for by the next one.

    ``call`` runs in a thread and answers each in order, ``most`` at a time. Where it cannot answer several,
    each is asked for alone, unless the database cannot be used. The pause ends where ``most`` wait, or
    ``is_all`` tells that there is nobody to wait for.
    """

    def __init__(
        self,
        call: Callable[[Sequence[Asked]], Sequence[Answer]],
        pause: float = 0,
        most: int | None = None,
        is_all: Callable[[], bool] | None = None,
    ) -> None:
        self._call = call
        self._pause = pause
        self._most = most
        self._is_all = is_all
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._running: asyncio.Task[None] | None = None
        self._complete = asyncio.Event()

    def __len__(self) -> int:
        """Count those that wait for a call to begin."""
        return len(self._waiting)

    async def __call__(self, asked: Asked) -> Answer:
        """Return the answer. Raises whatever the call raises."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._running is None:
            self._complete = asyncio.Event()  # of this event loop
            self._running = asyncio.create_task(self._run())
        self.look()
        return await answer

    def look(self) -> None:
        """Look again whether there is somebody to wait for."""
        is_full = self._most is not None and len(self._waiting) >= self._most
        if is_full or (self._waiting and self._is_all and self._is_all()):
            self._complete.set()

    async def _run(self) -> None:
        some: Sequence[tuple[Asked, asyncio.Future[Answer]]] = []
        try:
            while self._waiting:
                await self._rest()
                most = self._most or len(self._waiting)
                some, self._waiting = self._waiting[:most], self._waiting[most:]
                if not await self._ask(some):
                    for one in some:
                        await self._ask([one])
        finally:
            # Only the end of the event loop leaves somebody without an answer.
            for _, answer in (*some, *self._waiting):
                answer.cancel()
            self._waiting, self._running = [], None

    async def _rest(self) -> None:
        if not self._pause:
            await asyncio.sleep(0)
            return
        self.look()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._pause):
                await self._complete.wait()
        self._complete.clear()

    async def _ask(self, some: Sequence[tuple[Asked, asyncio.Future[Answer]]]) -> bool:
        """Ask for some and hand out the answers; False where several were refused."""
        error: Exception | None = None
        answers: Sequence[Answer] = []
        try:
            answers = await asyncio.to_thread(self._call, [asked for asked, _ in some])
        except Exception as exc:
            if len(some) > 1 and (not isinstance(exc, StoreError) or exc.refused):
                return False
            error = exc
        for number, (_, future) in enumerate(some):
            if error and not future.done():
                future.set_exception(error)
            elif not future.done():
                future.set_result(answers[number])
        return True
