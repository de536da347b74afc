"""Cursors: places in an order, written so that those of other orders and made-up ones are told from ours."""

import re
from datetime import UTC, datetime, timedelta
from hmac import compare_digest

from aggregator.model.digest import hexdigest

PATTERN = r"[a-z]{3}(-[0-9]{1,18}){1,2}-[0-9a-f]{16}"
MAX_LENGTH = 64
"""Characters."""
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


class CursorError(ValueError):
    """A cursor that leads nowhere; the message says why."""


class Cursors:
    """Cursors in one order of a store of a ``lineage``: a restored database, or another one, has another."""

    def __init__(self, order: str, lineage: str) -> None:
        self._order = order
        self._lineage = lineage

    def write(self, *numbers: int) -> str:
        """Write a place."""
        text = "-".join([self._order, *map(str, numbers)])
        return f"{text}-{self._mark(text)}"

    def read(self, cursor: str) -> list[int]:
        """Read a place. Raises CursorError."""
        if len(cursor) > MAX_LENGTH or not re.fullmatch(PATTERN, cursor):
            raise CursorError("the cursor is none of ours; begin without one")
        text, _, mark = cursor.rpartition("-")
        order, *numbers = text.split("-")
        if not compare_digest(mark, self._mark(text)):
            raise CursorError(
                "the cursor is of another database, or of this one before it was restored; begin without one"
            )
        if order != self._order:
            raise CursorError("the cursor is of another list; begin without one")
        return list(map(int, numbers))

    def _mark(self, text: str) -> str:
        return hexdigest(f"{self._lineage}\n{text}")[:16]


def ticks_of(when: datetime) -> int:
    """Count the microseconds from the beginning of the year 1."""
    return (when - _FIRST) // _TICK


def time_of(ticks: int) -> datetime:
    """Return the time that ``ticks_of`` was given."""
    return _FIRST + ticks * _TICK
