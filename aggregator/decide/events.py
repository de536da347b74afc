"""Which visits are news of the source itself: it broke, is gated, suspect, silent or gone, or moved."""

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from aggregator.decide.outcome import GONE_AFTER
from aggregator.errors import EventKind
from aggregator.model import STOPPED, Occurrence, PollState

FAILURES_THAT_COUNT = GONE_AFTER
"""Failed visits in a row, as many as a 410 needs to be believed: what errs once is not worth a message."""
KINDS: dict[str, EventKind] = {"gated": "source-gated", "suspect": "source-suspect"}
MAX_DETAIL = 300
"""Characters of an error."""
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+?(?=[).,;:'\">]*(?:\s|$))", re.IGNORECASE)


def occurrences(before: PollState, after: PollState, now: datetime) -> Iterator[Occurrence]:
    """Yield what a visit means for the events of its source."""
    name, trouble = after.name, _trouble(after)
    if trouble != _trouble(before):
        yield Occurrence("source", name, trouble, without_addresses(after.error), before.succeeded or now)
    if _is_silent(after) != _is_silent(before):
        silent: EventKind | None = "source-silent" if _is_silent(after) else None
        yield Occurrence("silence", name, silent, after.error, after.baseline.latest)
    if bool(after.moved) != bool(before.moved):
        moved: EventKind | None = "source-moved" if after.moved else None
        yield Occurrence("move", name, moved, urlsplit(after.moved).hostname or "", after.moved_since)


def standing(state: PollState, now: datetime) -> Iterator[Occurrence]:
    """Yield the events that a source is in, whatever was noted of it."""
    return occurrences(PollState(state.name, state.due, succeeded=state.succeeded), state, now)


def without_addresses(text: str) -> str:
    """Shorten addresses to their hosts: the rest of one may hold a token."""
    return _ADDRESS.sub(lambda found: _host(found[0]), text)[:MAX_DETAIL]


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _trouble(state: PollState) -> EventKind | None:
    """Name the trouble that a source is in; None where it is well, or has failed only once or twice."""
    if state.baseline.broken and state.status == "suspect":
        return "source-suspect"  # its list is fine, and the pages of its articles are not
    if state.failures < FAILURES_THAT_COUNT:
        return None
    return "source-gone" if state.due >= STOPPED else KINDS.get(state.status, "source-broken")


def _is_silent(state: PollState) -> bool:
    """Tell whether a source can be read, and has shown nothing new for too long."""
    return state.status == "suspect" and not state.failures and not state.baseline.broken
