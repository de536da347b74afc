"""What is asked again, when, and what a server may ask for."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from aggregator.fetch.retry import read_retry_after
from tests.support.fetching import failure, fetch_body, raw_server
from tests.support.loopback import Answer, Received, Site

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_a_passing_failure_is_tried_again() -> None:
    """503 and then 200 is a success."""
    with Site({"/": lambda _: Answer(status=503) if len(site.requests) < 2 else b"back"}) as site:
        assert fetch_body(site.url) == b"back"
        assert len(site.requests) == 2


def test_attempts_end() -> None:
    """After three answers of 500 the error carries the last status."""
    with Site({"/": Answer(status=500)}) as site:
        error = failure(site.url)
        assert (error.reason, error.status, error.retry_after) == (
            "answered 500 Internal Server Error",
            500,
            None,
        )
        assert str(error) == f"answered 500 Internal Server Error ({site.url})"
        assert len(site.requests) == 3


@pytest.mark.parametrize("status", [206, 300, 400, 404, 410, 501])
def test_a_lasting_failure_is_not_tried_again(status: int) -> None:
    """What will be the same in a second is asked once."""
    with Site({"/": Answer(b"half", status=status)}) as site:
        error = failure(site.url)
        assert error.status == status
        assert error.reason == f"answered {status} {httpx.codes.get_reason_phrase(status)}"
        assert len(site.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_long_retry_after_is_left_to_the_source(status: int) -> None:
    """Both forms come back as a time to wait, without a second request."""
    then = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    with Site({"/seconds": Answer(status=status, headers={"Retry-After": "120"})}) as site:
        site.pages["/date"] = Answer(status=status, headers={"Retry-After": then})
        assert failure(f"{site.url}/seconds").retry_after == timedelta(minutes=2)
        dated = failure(f"{site.url}/date").retry_after
        assert dated is not None
        assert timedelta(hours=1) < dated <= timedelta(hours=2)
        assert len(site.requests) == 2


def test_a_retry_after_is_by_the_clock_of_its_server() -> None:
    """Whatever the time is here: what counts is how long after its own Date the server names."""
    head = b"HTTP/1.1 503 Later\r\nDate: Fri, 04 Jan 2030 10:00:00 GMT\r\nContent-Length: 0\r\n"
    with raw_server(head + b"Retry-After: Fri, 04 Jan 2030 10:02:00 GMT\r\n\r\n") as (at, _):
        assert failure(f"http://{at}").retry_after == timedelta(minutes=2)


def test_a_short_retry_after_is_waited_out() -> None:
    """The second request comes when the server is ready for it."""
    first = 0.0

    def busy_for_two_seconds(_: Received) -> Answer:
        nonlocal first
        first = first or time.monotonic()
        if time.monotonic() < first + 2:
            return Answer(status=429, headers={"Retry-After": "2"})
        return Answer(b"now")

    with Site({"/": busy_for_two_seconds}) as site:
        assert fetch_body(site.url) == b"now"
        assert len(site.requests) == 2


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("0", timedelta(0)),
        ("90", timedelta(seconds=90)),
        ("99999999", timedelta(days=1)),
        ("9" * 5000, timedelta(days=1)),
        ("Sun, 01 Nov 2026 12:01:00 GMT", timedelta(minutes=1)),
        ("Sunday, 01-Nov-26 12:01:00 GMT", timedelta(minutes=1)),
        ("Sun Nov  1 12:01:00 2026", timedelta(minutes=1)),
        ("Sun, 01 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("Sun, 01 Nov 2099 11:00:00 GMT", timedelta(days=1)),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("²", None),
        ("Sun, 99 Nov 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str, wait: timedelta | None) -> None:
    """Seconds and the three forms of an HTTP-date, from zero to a day."""
    assert read_retry_after(value, NOW) == wait
