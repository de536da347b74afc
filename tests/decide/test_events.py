"""Which visits are news of their source: what counts as trouble, and what of an error may be published."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.decide.events import occurrences, without_addresses
from aggregator.model import STOPPED, Baseline, Occurrence, PollState
from tests.support.clock import START

FINE = PollState("paper", START, status="ok", succeeded=START)
FAILED = replace(FINE, status="failed", failures=3, error="answered 500")
SILENT = replace(FINE, status="suspect", error="nothing new since 2026-01-01")
NOW = START + timedelta(hours=1)


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (FINE, replace(FAILED, failures=2), []),
        (replace(FAILED, failures=2), FAILED, ["source-broken"]),
        (FAILED, replace(FAILED, failures=4, error="answered 502"), []),
        (FAILED, replace(FAILED, status="gated", failures=4), ["source-gated"]),
        (FAILED, replace(FAILED, status="suspect", failures=4), ["source-suspect"]),
        (FAILED, replace(FAILED, status="gone", due=STOPPED), ["source-gone"]),
        (FAILED, FINE, [None]),
        (FINE, replace(FINE, status="empty", error="its list has no entries"), []),
        (FINE, SILENT, ["source-silent"]),
        (SILENT, FINE, [None]),
        (FINE, replace(SILENT, baseline=Baseline(broken="too many are missing")), ["source-suspect"]),
        (FINE, replace(FINE, moved="https://a.example/b?c"), ["source-moved"]),
        (replace(FINE, moved="https://a.example/1"), replace(FINE, moved="https://a.example/2"), []),
    ],
)
def test_what_counts(before: PollState, after: PollState, kinds: list[str | None]) -> None:
    """Once or twice is nothing, more of the same is no news, and an empty list is no trouble."""
    assert [one.kind for one in occurrences(before, after, NOW)] == kinds


def test_trouble_began_with_the_last_good_visit() -> None:
    """Since when it is counts from there."""
    [trouble] = occurrences(FINE, FAILED, NOW)
    assert trouble == Occurrence("source", "paper", "source-broken", "answered 500", START)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ("answered 404 (https://u:p@a.example/x?token=s)", "answered 404 (a.example)"),
        ("answered 410 (http://a.example/x(1)?s3cret); it is gone", "answered 410 (a.example); it is gone"),
        ("led from http://a.example/1 to HTTPS://b.example:8443/s3cret!", "led from a.example to b.example"),
        ("no answer from http://[::1]:80/x, nor http://[bad", "no answer from ::1, nor "),
    ],
)
def test_addresses_become_hosts(error: str, shown: str) -> None:
    """The rest of an address may hold a token or a password."""
    assert without_addresses(error) == shown
