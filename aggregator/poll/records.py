"""Which visits are worth a note: those that found something, or went otherwise than the one before."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.model import Outcome, PollRecord, PollState

MILLISECOND = timedelta(milliseconds=1)
HEAD = frozenset(
    "age cache-control content-encoding content-length content-type date etag expires last-modified "
    "retry-after server vary via x-cache".split()
)
"""The headers of an answer that are remembered. Others may hold cookies and the like."""
MAX_LINE = 300
"""Characters of an error or a header."""


def recorded(
    outcome: Outcome, seen: PollRecord, before: PollState, owed: Collection[str], ended: datetime
) -> Outcome:
    """Return the outcome of a visit with what is remembered of it.

    ``seen`` is what it saw, ``owed`` the keys of what was owed before. A visit that went as the one before
    it, and found nothing, only counts up a number in its source's row.
    """
    after = outcome.state
    took = max(0, round((ended - seen.at) / MILLISECOND))
    debts = sum(debt.key not in owed for debt in outcome.owed) if outcome.owed else 0
    same = (after.status, after.error) == (before.status, before.error) and before.polled is not None
    quiet = same and not (outcome.new or outcome.changed or debts)
    after = replace(
        after,
        answered=seen.answered,
        listed=seen.listed or before.listed,
        took=took,
        repeats=before.repeats + 1 if quiet else 0,
    )
    if quiet:
        return replace(outcome, state=after)
    record = replace(
        seen,
        took=took,
        status=after.status,
        error=after.error[:MAX_LINE],
        new=len(outcome.new),
        changed=len(outcome.changed),
        owed=debts,
        head={name: value[:MAX_LINE] for name, value in seen.head.items() if name in HEAD},
        repeats=before.repeats,
        until=before.polled if before.repeats else None,
    )
    return replace(outcome, state=after, record=record)


def recorded_looks(outcome: Outcome, begun: datetime, ended: datetime) -> Outcome:
    """Return the outcome of a round of looks; what is remembered of it are those that found something."""
    seen = outcome.seen
    changed = len(outcome.changed) + len(seen.standings)
    if not changed:
        return outcome
    state = outcome.state
    record = PollRecord(
        begun,
        "looks",
        took=round((ended - begun) / MILLISECOND),
        status=state.status,
        error=state.error[:MAX_LINE],
        listed=len(seen.revisits),
        changed=changed,
        repeats=state.repeats,
        until=state.polled if state.repeats else None,
    )
    return replace(outcome, state=replace(state, repeats=0), record=record)
