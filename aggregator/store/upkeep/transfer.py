"""The move of everything in a database to an empty one, of the same kind or the other.

Tables are filled in the order of their keys, batch by batch, so that a move which was ended anywhere goes on
behind the last row that is there.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from aggregator.store.engines import read_url
from aggregator.store.upkeep.sides import TABLES, Side, Target
from aggregator.store.upkeep.usage import require_unused

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Planned:
    """One table that is to be moved."""

    table: str
    rows: int
    moved: int
    """Rows that an earlier call moved."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One table in both databases."""

    table: str
    rows: int
    digest: str
    """SHA-256 of all rows in the order of their keys."""
    moved_rows: int
    moved_digest: str

    @property
    def is_equal(self) -> bool:
        """Whether both have the same rows."""
        return (self.rows, self.digest) == (self.moved_rows, self.moved_digest)


class _Count:
    """How many rows were copied or read so far."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._done, self._total = progress, 0, total

    def add(self, rows: int) -> None:
        self._done += rows
        self._progress(self._done, self._total)


def plan(origin: str, target: str) -> list[Planned]:
    """Return how many rows of each table would be moved; nothing is written.

    Raises BusyError and StoreError where a move would be refused.
    """
    require_unused(origin, target)
    url, there = read_url(target), dict[str, int]()
    if url.drivername != "sqlite" or Path(url.database or "").exists():
        with Target.open(target, read_only=True) as goal:
            there = goal.count()
    with Side.open(origin, read_only=True) as source:
        return [Planned(name, rows, there.get(name, 0)) for name, rows in source.count().items()]


def move(origin: str, target: str, progress: Progress = lambda done, total: None) -> list[Compared]:
    """Move everything in a database to another one, and compare the two.

    ``progress`` is called with the rows that were copied and compared, and those of both in all. May be
    ended anywhere, and goes on when it is called again. Raises BusyError while a process has either open,
    StoreError otherwise. Where the two differ, which is so after a change of the origin meanwhile, the
    program goes on to refuse the target.
    """
    require_unused(origin, target)
    with Side.open(origin, read_only=True) as source, Target.open(target) as goal:
        with source.snapshot():
            goal.begin(source.state())
            count = _Count(progress, 3 * sum(source.count().values()))
            count.add(sum(goal.count().values()))
            for table in TABLES:
                with closing(source.rows(table, goal.last_key(table))) as found:
                    for rows in found:
                        goal.add(table, rows)
                        count.add(len(rows))
        goal.build()
        with source.snapshot():  # another one: what came meanwhile shows
            compared = [
                Compared(table.name, *source.digest(table, count.add), *goal.digest(table, count.add))
                for table in TABLES
            ]
        if all(one.is_equal for one in compared):
            source.close()
            require_unused(origin)
            goal.finish()
        else:
            goal.spoil()
    return compared
