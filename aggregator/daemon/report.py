"""What the log and the metrics say of visits: a line for each, a warning where the source needs a person."""

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from aggregator.decide.events import occurrences
from aggregator.model import Exchanged, Outcome, PollState
from aggregator.web.metrics import Metrics

ORDINARY = ("filtered", "full-text", "budget", "suspect")
"""Reasons to owe an entry that are no fault: the user's own rules, and what the next visits bring."""

log = structlog.get_logger()


@dataclass(slots=True)
class Visiting:
    """A visit under way: what is visited, and what was exchanged for it so far."""

    what: str
    """``list``, ``articles`` that are looked at again, or a ``push``."""
    before: PollState
    requests: int = 0
    received: int = 0
    began: float = field(default_factory=time.monotonic)


_visiting: ContextVar[Visiting | None] = ContextVar("visiting", default=None)


class Reporter:
    """Logs and counts visits, and calls ``on_articles`` for what is to be published."""

    def __init__(self, on_articles: Callable[[], None], metrics: Metrics) -> None:
        self._on_articles = on_articles
        self.metrics = metrics

    def begin(self, what: str, before: PollState, late: timedelta) -> None:
        """Note that the task which calls this visits a source, so much later than that was due."""
        _visiting.set(Visiting(what, before))
        self.metrics.lag_seconds.observe(max(late.total_seconds(), 0))

    def observe(self, exchanged: Exchanged) -> None:
        """Count an exchange, for the visit in whose task it was made, too."""
        self.metrics.count_exchange(exchanged)
        if visiting := _visiting.get():
            visiting.requests += 1
            visiting.received += exchanged.received

    def take(self, outcome: Outcome, now: datetime) -> None:
        """Log and count what came of a visit or a push, and have it published."""
        visiting = _visiting.get() or Visiting("push", outcome.state)
        seconds = time.monotonic() - visiting.began
        self.metrics.polls.labels(visiting.what, outcome.state.status).inc()
        self.metrics.poll_seconds.observe(seconds)
        self.metrics.new.inc(len(outcome.new))
        self.metrics.changed.inc(len(outcome.changed) - len(outcome.overwriting))
        _log(outcome, visiting, seconds, now)
        if outcome.new or outcome.changed or outcome.sightings or outcome.seen.standings:
            self._on_articles()


def _log(outcome: Outcome, visiting: Visiting, seconds: float, now: datetime) -> None:
    """Write the line of a visit: a warning where the source is in trouble from now on, and needs a person."""
    name, state = outcome.source, outcome.state
    failing = {"failures": state.failures, "reason": state.error} if state.error else {}
    troubles = [one.kind for one in occurrences(visiting.before, state, now) if one.kind]
    trouble = {"trouble": " ".join(troubles)} if troubles else {}
    level = log.warning if troubles else log.info
    level(
        "polled",
        source=name,
        visit=visiting.what,
        result=state.status,
        new=len(outcome.new),
        changed=len(outcome.changed),
        owed=len(outcome.owed),
        requests=visiting.requests,
        bytes=visiting.received,
        seconds=round(seconds, 3),
        next=f"{state.due:%Y-%m-%dT%H:%M:%SZ}",
        **failing,
        **trouble,
        **({"moved": state.moved} if "source-moved" in troubles else {}),
    )
    if visiting.before.error and not state.error:
        log.info("recovered", source=name)
    for debt in outcome.owed:
        if debt.attempts == 1 and debt.reason not in ORDINARY:
            log.info(debt.reason, source=name, key=debt.key, reason=debt.message)
