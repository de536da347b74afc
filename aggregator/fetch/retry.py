"""Retries: whether to ask again in this poll, and after how long."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from aggregator.errors import Fault, FetchError
from aggregator.fetch.exchange import Answer
from aggregator.fetch.faults import PassingError
from aggregator.text.dates.http import read_http_date

Result = TypeVar("Result")

MAX_ATTEMPTS = 3
GONE = 410
PASSING_STATUS = frozenset({429, 500, 502, 503, 504})
MAX_SLEEP = timedelta(seconds=5)
"""The longest Retry-After for which a task sleeps; a longer one becomes the due time of its source."""
MAX_RETRY_AFTER = timedelta(days=1)  # the longest Retry-After that is kept

_BACKOFF = wait_exponential(multiplier=0.5, max=4.5) + wait_random(0, 0.5)


async def retry(attempt: Callable[[], Awaitable[Result]], failure: PassingError) -> Result:
    """Attempt again what failed once, as often as can help, and return or raise what the last attempt does.

    The first attempt is left to the caller: nearly all succeed, and tenacity takes as long as a parser.
    """
    made = [failure]

    async def attempt_next() -> Result:
        if made:
            raise made.pop()
        return await attempt()

    policy = AsyncRetrying(
        stop=stop_after_attempt(MAX_ATTEMPTS),
        wait=_pause,
        retry=retry_if_exception_type(PassingError),
        reraise=True,
    )
    return await policy(attempt_next)


def status_error(answer: Answer, now: datetime) -> FetchError:
    """Make the error for an answer that is not what was asked for."""
    wait = asked_wait(answer, now)
    passing = answer.status in PASSING_STATUS and (wait is None or wait <= MAX_SLEEP)
    kind = PassingError if passing else FetchError
    fault: Fault = "gone" if answer.status == GONE else "failed"
    reason = f"answered {answer.phrase}"
    return kind(
        str(answer.url), reason, status=answer.status, retry_after=wait, fault=fault, headers=answer.headers
    )


def gate_error(answer: Answer, gate: str, now: datetime) -> FetchError:
    """Make the error for an answer behind a gate; asking again at once would bring the same."""
    wait = asked_wait(answer, now)
    reason = f"a challenge stands before it: {gate} ({answer.status})"
    return FetchError(
        str(answer.url),
        reason,
        status=answer.status,
        retry_after=wait,
        fault="gated",
        headers=answer.headers,
    )


def asked_wait(answer: Answer, now: datetime) -> timedelta | None:
    """Give the wait that an answer asks for; one until a time is counted by the server's own clock."""
    now = read_http_date(answer.headers.get("date", "")) or now
    return read_retry_after(answer.headers.get("retry-after", ""), now)


def read_retry_after(value: str, now: datetime) -> timedelta | None:
    """Read a Retry-After in either form (RFC 9110, section 10.2.3): 0 to 1 day, or None."""
    if value.isascii() and value.isdigit():
        # Python refuses to read numbers of thousands of digits, and nine are more than a day.
        return min(timedelta(seconds=int(value)), MAX_RETRY_AFTER) if len(value) < 10 else MAX_RETRY_AFTER
    try:
        then = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return min(max(then - now, timedelta(0)), MAX_RETRY_AFTER)


def _pause(state: RetryCallState) -> float:
    """Give the seconds to wait: the longer of our own back-off and what the server asked for."""
    failure = state.outcome.exception() if state.outcome else None
    asked = failure.retry_after if isinstance(failure, FetchError) else None
    return max(_BACKOFF(state), asked.total_seconds() if asked else 0.0)
