"""A piece of work that cannot be done just now: said once, tried again later and later, its end said, too."""

from __future__ import annotations

import time
from typing import Any

import structlog

from aggregator.errors import AggregatorError

FIRST_PAUSE = 15.0  # seconds

log = structlog.get_logger()


class Setback:
    """What is known of one: ``work`` says in the log what cannot be done, ``longest`` seconds is a pause."""

    def __init__(self, work: str, longest: float = 300.0) -> None:
        self._work = work
        self._longest = longest
        self._said: set[str] = set()
        self._pause = 0.0
        self._until = 0.0

    def add(self, exc: Exception, **context: Any) -> float:
        """Note a failure and return the seconds to wait; each reason is said once until the end."""
        if self.left == 0:
            self._pause = min(max(FIRST_PAUSE, 2 * self._pause), self._longest)
            self._until = time.monotonic() + self._pause
        if (reason := str(exc)) not in self._said:
            self._said.add(reason)
            unforeseen = None if isinstance(exc, AggregatorError) else exc
            log.error(self._work, **context, reason=reason, exc_info=unforeseen)
        return max(self.left, 1.0)

    @property
    def left(self) -> float:
        """Seconds until the work is worth another try."""
        return max(0.0, self._until - time.monotonic())

    def end(self) -> None:
        """Note that the work was done."""
        if self._said:
            log.info("recovered", what=self._work)
            self._said.clear()
        self._pause = self._until = 0.0
