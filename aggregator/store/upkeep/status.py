"""How the sources do, in few queries however many there are: what the status page asks."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import case, func, literal_column, select

from aggregator.model import OF_SOURCES, Event, OwedReason, PollState, Provenance
from aggregator.model.outcome import SourceStatus
from aggregator.store.codec import read_row
from aggregator.store.columns import is_among
from aggregator.store.database import Database, rows_in
from aggregator.store.evidence.origins import provenance_of
from aggregator.store.schema import articles, events, owed, revisits, sources
from aggregator.store.states import read_state

_COUNT = func.count().label("number")


@dataclass(frozen=True, slots=True)
class Brief:
    """What is needed of each source to sort and count all of them."""

    name: str
    status: SourceStatus
    failures: int
    due: datetime
    succeeded: datetime | None
    paused: datetime | None
    moved: str


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a source does, and what it has to do."""

    state: PollState
    leased: bool = False
    """Whether it is being visited."""
    owed: Mapping[OwedReason, tuple[int, datetime]] = field(default_factory=dict)
    """How much it owes by reason, and when the first of that is tried again."""
    watched: int = 0
    """How many of its articles are looked at again."""


class Status(Database):
    """How the sources do."""

    def briefs(self) -> list[Brief]:
        """Return how every active source stands, by name."""
        columns = [sources.c[name] for name in Brief.__dataclass_fields__]
        wanted = select(*columns).where(sources.c.active).order_by(sources.c.name)
        with self._read() as connection:
            return [Brief(*row) for row in connection.execute(wanted)]

    def source_states(self, names: Collection[str]) -> dict[str, SourceState]:
        """Return by name how some sources do."""
        owing = select(owed.c.source, owed.c.reason, _COUNT, func.min(owed.c.retry_at).label("first"))
        owing = owing.group_by(owed.c.source, owed.c.reason)
        watched = select(revisits.c.source, _COUNT).group_by(revisits.c.source)
        debts: defaultdict[str, dict[OwedReason, tuple[int, datetime]]] = defaultdict(dict)
        with self._read() as connection:
            for row in rows_in(connection, owing, owed.c.source, names):
                debts[row.source][row.reason] = row.number, row.first
            looks = {row.source: row.number for row in rows_in(connection, watched, revisits.c.source, names)}
            rows = list(rows_in(connection, select(sources), sources.c.name, names))
        return {
            row.name: SourceState(
                read_state(row), row.owner is not None, debts.get(row.name, {}), looks.get(row.name, 0)
            )
            for row in rows
        }

    def source_events(self, source: str, limit: int) -> list[Event]:
        """Return the last events of a source, the newest in front."""
        found = select(events).where(events.c.subject == source, events.c.about.in_(OF_SOURCES))
        with self._read() as connection:
            rows = connection.execute(found.order_by(events.c.number.desc()).limit(limit))
            return [read_row(Event, row) for row in rows]

    def last_provenance(self, source: str, limit: int) -> list[Provenance]:
        """Return where the articles of a source came from that came last, the newest in front."""
        last = select(articles.c.number).where(articles.c.source == source)
        with self._read() as connection:
            numbers = connection.scalars(last.order_by(articles.c.first_seen.desc()).limit(limit)).all()
            found = provenance_of(connection, numbers)
        return [found[number] for number in numbers if number in found]

    def arrivals(
        self, since: Sequence[datetime], names: Collection[str] | None = None
    ) -> dict[str, tuple[int, ...]]:
        """Return by source how many articles came in each period; ``since`` has their beginnings, in order.

        Sources without any are left out; without ``names``, all are counted.
        """
        begins = reversed(list(enumerate(since)))
        period = case(*((articles.c.first_seen >= begin, number) for number, begin in begins)).label("period")
        counted = select(articles.c.source, period, func.count()).where(articles.c.first_seen >= since[0])
        # By its name: PostgreSQL would take the same expression with other parameters for another one.
        counted = counted.group_by(articles.c.source, literal_column("period"))
        if names is not None:
            counted = counted.where(is_among(articles.c.source, names))
        counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
        with self._read() as connection:
            for source, number, count in connection.execute(counted):
                counts[source][number] = count
        return {name: tuple(found[number] for number in range(len(since))) for name, found in counts.items()}
