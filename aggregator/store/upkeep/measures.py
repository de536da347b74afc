"""What there is and what waits, counted over the whole database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, case, func, literal, select

from aggregator.model import STOPPED
from aggregator.store.database import Database
from aggregator.store.schema import events, outbox, owed, sources, totals


@dataclass(frozen=True, slots=True)
class SourceMeasures:
    """How one source does, in numbers."""

    name: str
    failures: int
    """Those in a row."""
    succeeded: datetime | None
    due: datetime | None
    """None where it is visited no more."""
    owed: int
    """Entries that are no articles yet; those that its owner's rules leave out are among them."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What the database holds, in numbers."""

    sources: Mapping[str, int]
    """Active sources by how their last visit went, or ``paused``."""
    due: int
    """Sources whose time has come and that nobody visits yet."""
    overdue: float
    """Seconds since the first of these was due."""
    articles: int
    owed: Mapping[str, int]
    """Entries that are no articles yet, by reason."""
    untold: int
    """What receivers are still to be told."""
    events: Mapping[str, int]
    """What is not over yet, by kind."""


_STATE = case((sources.c.paused.is_not(None), literal("paused")), else_=sources.c.status)
_STATES = select(_STATE, func.count()).where(sources.c.active).group_by(_STATE)
_OWED = select(owed.c.reason, func.count()).group_by(owed.c.reason)
_EVENTS = select(events.c.kind, func.count()).where(events.c.ended.is_(None)).group_by(events.c.kind)
_UNTOLD = select(func.count()).select_from(outbox).where(outbox.c.told.is_(None))


class Measured(Database):
    """Figures of the whole database."""

    def measure(self, now: datetime) -> Measures:
        """Count what there is."""
        free = (sources.c.active, sources.c.paused.is_(None), sources.c.owner.is_(None))
        waiting = select(func.count(), func.min(sources.c.due)).where(sources.c.due <= now, *free)
        with self._read() as connection:
            due, first = connection.execute(waiting).one()
            return Measures(
                sources=_counted(connection, _STATES),
                due=due,
                overdue=(now - first).total_seconds() if first else 0.0,
                articles=connection.scalar(select(totals.c.articles)) or 0,
                owed=_counted(connection, _OWED),
                untold=connection.scalar(_UNTOLD) or 0,
                events=_counted(connection, _EVENTS),
            )

    def measure_sources(self) -> list[SourceMeasures]:
        """Count what there is of each active source, by name."""
        visited = (sources.c.due < STOPPED) & sources.c.paused.is_(None)
        due = case((visited, sources.c.due))
        columns = (sources.c.name, sources.c.failures, sources.c.succeeded, due)
        owing = select(owed.c.source, func.count()).group_by(owed.c.source)
        with self._read() as connection:
            debts: dict[str, int] = dict(connection.execute(owing).all())
            rows = connection.execute(select(*columns).where(sources.c.active).order_by(sources.c.name))
            return [SourceMeasures(*row, owed=debts.get(row.name, 0)) for row in rows]


def _counted(connection: Connection, query: Select[str, int]) -> dict[str, int]:
    return dict(connection.execute(query).all())
