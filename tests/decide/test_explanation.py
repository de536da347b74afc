"""How a source does, in words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.decide.explanation import explain
from aggregator.model import STOPPED, Baseline, Owed, PollState
from aggregator.settings import Source

NOW = datetime(2026, 3, 5, 2, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SOURCE = Source(name="paper", kind="feed", url="https://paper.example/feed.xml", interval=15 * MINUTE)
WELL = PollState("paper", due=NOW + 10 * MINUTE, polled=NOW - 5 * MINUTE, status="ok")


def failing(status: Any, error: str, failures: int = 2) -> PollState:
    return replace(WELL, status=status, error=error, failures=failures)


@pytest.mark.parametrize(
    ("state", "said", "mood", "why"),
    [
        (PollState("paper", due=NOW), "new", "waiting", "it was never visited"),
        (WELL, "works", "good", "its interval is 15 minutes"),
        (replace(WELL, due=NOW - MINUTE), "works", "good", "its time has come"),
        (replace(WELL, due=NOW - 11 * MINUTE), "works", "good", "it is late: no daemon runs"),
        (replace(WELL, due=NOW + 40 * MINUTE), "works", "good", "its server or list asks for more"),
        (replace(WELL, due=NOW + 40 * MINUTE, pushed=NOW), "works", "good", "its hub brings what is new"),
        (replace(WELL, wait_until=WELL.due), "works", "good", "asked us to wait until then (Retry-After)"),
        (failing("failed", "timed out"), "fails", "bad", "it failed 2 times in a row"),
        (failing("gated", "a challenge", 1), "stands behind a challenge", "bad", "it failed once, and waits"),
        (replace(failing("gone", "410"), due=STOPPED), "is gone (410)", "bad", "is visited no more"),
        (replace(WELL, status="suspect", error="silent", failures=0), "is silent", "doubtful", "15 minutes"),
        (
            replace(WELL, status="suspect", error="x", baseline=Baseline(broken="x")),
            "lost the pages of its articles",
            "doubtful",
            "15 minutes",
        ),
        (
            replace(WELL, status="no-body", error="x"),
            "has pages without an article",
            "doubtful",
            "15 minutes",
        ),
        (replace(WELL, paused=NOW), "is paused", "waiting", "its owner paused it"),
    ],
)
def test_states_have_words(state: PollState, said: str, mood: str, why: str) -> None:
    """Whoever reads them knows how a source does, and why it is visited when it is."""
    told = explain(SOURCE, state, NOW)
    assert (told.state[: len(said)], told.mood) == (said, mood)
    assert why in told.why
    visited = state.due < STOPPED and not state.paused
    assert told.due == (state.due if visited else None)


@pytest.mark.parametrize(
    ("state", "mend"),
    [
        (WELL, ""),
        (replace(WELL, paused=NOW), "`aggregator resume paper`"),
        (replace(WELL, moved="https://new.example/"), "set its url to https://new.example/"),
        (failing("suspect", "no dates"), "`aggregator accept paper`"),
        (failing("disallowed", "robots.txt says no"), 'set robots = "ignore"'),
        (failing("wrong-type", "is JSON"), "`aggregator preview https://paper.example/feed.xml`"),
        (failing("failed", "answered 404 Not Found (https://x/)"), "look for its new address"),
        (failing("failed", "answered 503 Unavailable"), "the fault is its server's"),
        (failing("failed", "certificate: certificate has expired"), "compare the clock of this machine"),
        (failing("failed", "this machine: Too many open files"), "see to this machine"),
        (failing("failed", "what nobody knows"), "`aggregator preview paper`"),
    ],
)
def test_trouble_comes_with_what_to_do(state: PollState, mend: str) -> None:
    """An error alone helps nobody."""
    told = explain(SOURCE, state, NOW)
    assert told.obstacle == state.error
    assert mend in told.mend
    assert bool(told.mend) == bool(mend)


def test_what_is_owed_and_a_cron_say_when() -> None:
    """A visit comes early for pages that the last one left over; a cron says when by itself."""
    left = Owed("1", "budget", "", NOW + MINUTE)
    assert "some are left" in explain(SOURCE, replace(WELL, due=NOW + MINUTE), NOW, owed=[left]).why
    daily = SOURCE.model_copy(update={"cron": "0 9 * * *"})
    assert 'by its cron "0 9 * * *"' in explain(daily, WELL, NOW).why
    adaptive = SOURCE.model_copy(update={"interval_max": timedelta(hours=2)})
    assert "follows how often it publishes" in explain(adaptive, WELL, NOW).why
    assert explain(SOURCE, WELL, NOW, leased=True).why == "it is being visited now"
