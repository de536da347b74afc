"""Backoff for work that keeps failing: pauses that double, each reason logged once, recovery logged too."""

import time
from typing import Any

import structlog

from aggregator.errors import AggregatorError, FetchError

FIRST_PAUSE, MAX_PAUSE = 15.0, 300.0
"""Seconds."""
MAX_OUTAGE = 3600.0
"""Seconds for which another server may fail until that needs a person."""

log = structlog.get_logger()


class Backoff:
    """The failures of one piece of work since it last succeeded; ``message`` is logged for each.

    ``longest`` is how many seconds the work may be left alone after a failure.
    """

    def __init__(self, message: str, longest: float = MAX_PAUSE) -> None:
        self._message = message
        self._longest = longest
        self._logged: set[tuple[str, bool]] = set()
        self._since: float | None = None
        self._pause = 0.0
        self._until = 0.0

    def failed(self, exc: Exception, **context: Any) -> float:
        """Note a failure and return the seconds to wait; a reason is logged once until the work succeeds."""
        if self.remaining == 0:
            self._pause = min(max(FIRST_PAUSE, 2 * self._pause), self._longest)
            self._until = time.monotonic() + self._pause
        self._since = self._since or time.monotonic()
        # What fails on this machine will not mend itself; somebody else's server mostly does.
        urgent = not isinstance(exc, FetchError) or time.monotonic() - self._since >= MAX_OUTAGE
        if (said := (str(exc), urgent)) not in self._logged:
            self._logged.add(said)
            unforeseen = None if isinstance(exc, AggregatorError) else exc
            level = log.error if urgent else log.info
            level(self._message, **context, reason=str(exc), exc_info=unforeseen)
        return max(self.remaining, 1.0)

    @property
    def remaining(self) -> float:
        """Seconds until the work is worth another try."""
        return max(0.0, self._until - time.monotonic())

    def succeeded(self) -> None:
        """Note that the work was done."""
        if self._logged:
            log.info("recovered", what=self._message)
            self._logged.clear()
        self._since = None
        self._pause = self._until = 0.0
