"""What the log says of polls and pushes: articles, failures that are new, and recoveries."""

from collections.abc import Callable

import structlog

from aggregator.model import Outcome
from aggregator.settings import Config

ORDINARY = ("filtered", "full-text", "budget", "suspect")
"""Reasons to owe an entry that are no fault: the user's own rules, and what the next visits bring."""

log = structlog.get_logger()


class Reporter:
    """Logs outcomes, remembers which sources fail, and calls ``on_articles`` for what is to be published."""

    def __init__(self, on_articles: Callable[[], None]) -> None:
        self._on_articles = on_articles
        self._errors: dict[str, str] = {}

    def take(self, outcome: Outcome) -> None:
        """Log what came of a poll or a push, and have it published."""
        self._report(outcome)
        if outcome.new or outcome.changed or outcome.sightings or outcome.seen.standings:
            self._on_articles()

    def forget_removed(self, config: Config) -> None:
        """Forget the failures of sources that a configuration does not name."""
        self._errors = {name: error for name, error in self._errors.items() if config.source(name)}

    def _report(self, outcome: Outcome) -> None:
        name, error = outcome.source, outcome.state.error
        before = self._errors.pop(name, "")
        if error:
            self._errors[name] = error
            level = log.debug if error == before else log.warning
            due = f"{outcome.state.due:%Y-%m-%d %H:%M:%S}Z"
            level(outcome.state.status, source=name, reason=error, next=due)
            return
        if before:
            log.info("recovered", source=name)
        for debt in outcome.owed:
            if debt.attempts == 1:
                level = log.debug if debt.reason in ORDINARY else log.warning
                level(debt.reason, source=name, key=debt.key, reason=debt.message)
        if outcome.new or outcome.changed:
            log.info("articles", source=name, new=len(outcome.new), changed=len(outcome.changed))
