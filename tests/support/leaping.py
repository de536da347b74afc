"""An event loop that does not wait: where nothing is left to do, its clock leaps to the next timer."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

MOMENT = 1e-6  # seconds
T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Counts the seconds that it was asked to wait instead of waiting them."""

    leapt = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; wait only for threads, which no timer announces."""
        ready = super().select(None if timeout is None else 0)
        # A little more than was asked for, as in life: rounding could let it be too little for ever.
        self.leapt += MOMENT if ready else (timeout or 0) + MOMENT
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._leaping = _Selector()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Seconds that were leapt over: how long the work itself takes does not count."""
        return self._leaping.leapt


def run_leaping(work: Coroutine[Any, Any, T]) -> T:
    """Run something on such a loop; it may sleep and use the loop's clock, and nothing else that waits."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work)
