"""Retries: whether to ask again in this poll, and after how long."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from aggregator.errors import Fault, FetchError
from aggregator.fetch.exchange import Answer
from aggregator.fetch.faults import PassingError

MAX_ATTEMPTS = 3
GONE = 410
PASSING_STATUS = frozenset({429, 500, 502, 503, 504})
MAX_SLEEP = timedelta(seconds=5)
"""The longest Retry-After for which a task sleeps; a longer one becomes the due time of its source."""
MAX_RETRY_AFTER = timedelta(days=1)  # the longest Retry-After that is kept


def backoff(attempt: int, error: FetchError) -> float:
    """Give the seconds to wait after an attempt, from 1: the longer of ours and what the server asked for."""
    asked = error.retry_after.total_seconds() if error.retry_after else 0.0
    return max(2.0 ** (attempt - 2) + random.uniform(0, 0.5), asked)  # noqa: S311 - no secret


def status_error(answer: Answer, now: datetime) -> FetchError:
    """Make the error for an answer that is not what was asked for."""
    wait = read_retry_after(answer.headers.get("retry-after", ""), now)
    passing = answer.status in PASSING_STATUS and (wait is None or wait <= MAX_SLEEP)
    kind = PassingError if passing else FetchError
    fault: Fault = "gone" if answer.status == GONE else "failed"
    reason = f"answered {answer.phrase}"
    return kind(str(answer.url), reason, status=answer.status, retry_after=wait, fault=fault)


def gate_error(answer: Answer, gate: str, now: datetime) -> FetchError:
    """Make the error for an answer behind a gate; asking again at once would bring the same."""
    wait = read_retry_after(answer.headers.get("retry-after", ""), now)
    reason = f"a challenge stands before it: {gate} ({answer.status})"
    return FetchError(str(answer.url), reason, status=answer.status, retry_after=wait, fault="gated")


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
