"""All that happens to articles, in one order, for those who follow it.

Every number is drawn while the row of ``totals`` is locked, until the commit. So a commit that comes late
never has a lower number than one that was seen, on PostgreSQL either, and whoever asks for what is behind a
number misses nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from operator import attrgetter

from sqlalchemy import func, literal, select

from aggregator.model import Logged
from aggregator.store.codec import read_row
from aggregator.store.database import Database
from aggregator.store.schema import articles, changes, removals, totals

_ARRIVED = select(
    articles.c.number,
    literal("arrived").label("kind"),
    articles.c.first_seen.label("at"),
    literal(1).label("version"),
    articles.c.id,
    articles.c.source,
)
# That an article is new is noted for rules, and not of every one that arrives.
_HAPPENED = select(changes, articles.c.id, articles.c.source).join(articles).where(changes.c.kind != "new")
_REMOVED = select(removals, literal("removed").label("kind"), literal(0).label("version"))
_PARTS = ((_ARRIVED, articles.c.number), (_HAPPENED, changes.c.number), (_REMOVED, removals.c.number))
_TIMES = (
    (articles.c.number, articles.c.first_seen),
    (changes.c.number, changes.c.at),
    (removals.c.number, removals.c.at),
)


@dataclass(frozen=True, slots=True)
class Position:
    """How far the order of all that happens goes, and whose order it is."""

    lineage: str
    """A text of chance; a restored database has another one."""
    sequence: int


class Log(Database):
    """What happened to articles: arrivals, changes, withdrawals, returns and removals."""

    def position(self) -> Position:
        """Return the last number given out; whatever is written to the store about articles draws one."""
        with self._read() as connection:
            return Position(*connection.execute(select(totals.c.lineage, totals.c.sequence)).one())

    def log(self, after: int, limit: int) -> list[Logged]:
        """Return what happened behind a number, the first of it first."""
        with self._read() as connection:
            parts = [
                [
                    read_row(Logged, row)
                    for row in connection.execute(part.where(number > after).order_by(number).limit(limit))
                ]
                for part, number in _PARTS
            ]
        return list(islice(merge(*parts, key=attrgetter("number")), limit))

    def number_before(self, since: datetime) -> int:
        """Return a number behind all that happened before a time, and before all that happened since."""
        # Of a sum, SQLite looks into an index that has the times; else it would read whole articles.
        lasts = (select(func.max(number + 0)).where(at < since) for number, at in _TIMES)
        with self._read() as connection:
            last = max(connection.scalar(one) or 0 for one in lasts)
            # What changes is noted first, and draws its sequence then.
            nexts = [select(func.min(number)).where(number > last) for number, _ in _TIMES]
            firsts = [first for first in map(connection.scalar, nexts) if first]
            return min(firsts) - 1 if firsts else connection.scalar(select(totals.c.sequence)) or 0
