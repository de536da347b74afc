"""Departed sources: they left the configuration, and their articles and feeds are still published."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, func, or_, select, update

from aggregator.model import EVERYTHING, OF_SOURCES, OPERATIONS, PollState, Shown, Topic
from aggregator.store.counters import Counters, counting
from aggregator.store.database import Database, asking, rows_of
from aggregator.store.schema import (
    articles,
    backfills,
    events,
    outbox,
    owed,
    pages,
    pushes,
    records,
    revisits,
    sessions,
    sightings,
    sources,
    topics,
)
from aggregator.store.states import columns_of
from aggregator.store.topics import delete_topic, read_topic, touch_fronts
from aggregator.store.upkeep.removals import take_out

_OTHER = (
    select(sightings.c.source)
    .join(sources, sources.c.name == sightings.c.source)
    .where(sightings.c.article == articles.c.number, sightings.c.source != articles.c.source)
)
_DESCRIBED = asking(
    select(topics.c.name, topics.c.label, topics.c.definition).where(topics.c.kind == "source"), topics.c.name
)

Description = tuple[str, str]
"""How a source looks: its label, and how much of its texts is shown."""


@dataclass(frozen=True, slots=True)
class Departure:
    """How many articles go with a source, how many stay as another's, and how many documents go."""

    articles: int
    shared: int
    documents: int


class Departed(Database):
    """The sources that left the configuration."""

    def departed(self, configured: Sequence[str]) -> list[str]:
        """Return the names of other sources of which something is still published, in order."""
        shown = exists().where(topics.c.kind == "source", topics.c.name == sources.c.name)
        theirs = exists().where(articles.c.source == sources.c.name)
        left = select(sources.c.name).where(sources.c.name.not_in(configured), or_(shown, theirs))
        with self._read() as connection:
            return list(connection.scalars(left.order_by(sources.c.name)))

    def describe_sources(self, described: Mapping[str, Description]) -> None:
        """Remember how sources of the configuration look, by name, for when they have left."""
        with self._read() as connection:
            rows = rows_of(connection, _DESCRIBED, described)
            before = {row.name: (row.label, row.definition) for row in rows}
        changed = {name: new for name, new in described.items() if before.get(name, new) != new}
        if changed:
            with self._write_alone() as connection:
                for name, (label, shown) in changed.items():
                    one = update(topics).where(topics.c.kind == "source", topics.c.name == name)
                    connection.execute(one.values(label=label, definition=shown))

    def description(self, source: str) -> Description:
        """Return how a source looked when it was in the configuration; its name and "" where nobody knows."""
        held = select(topics.c.label, topics.c.definition)
        with self._read() as connection:
            row = connection.execute(held.where(topics.c.kind == "source", topics.c.name == source)).first()
        return (row.label, row.definition) if row else (source, "")

    def partly_published(self) -> dict[str, Shown]:
        """Return how much was shown last of the texts of sources of which it was not all."""
        parts: tuple[Shown, ...] = ("summary", "link")
        held = select(topics.c.name, topics.c.definition)
        with self._read() as connection:
            rows = connection.execute(held.where(topics.c.kind == "source", topics.c.definition.in_(parts)))
            return {row.name: row.definition for row in rows}

    def count_departure(self, source: str) -> Departure:
        """Count what ``forget_articles`` and ``forget_source`` would take out."""
        ours = articles.c.source == source
        own = select(articles.c.id).where(ours, ~_OTHER.exists())
        counted = (
            select(func.count()).select_from(own.subquery()),
            select(func.count()).where(ours, _OTHER.exists()),
            select(func.count()).where(pages.c.article.in_(own)),
        )
        with self._read() as connection:
            return Departure(*(connection.scalar(count) or 0 for count in counted))

    def forget_articles(self, source: str, now: datetime, limit: int) -> int:
        """Take out the oldest articles that no other source shows, at most ``limit``; return how many.

        Nothing bars them: should the source come back, what it shows comes in as new.
        """
        own = select(articles).where(articles.c.source == source, ~_OTHER.exists())
        with self._write() as connection, counting(connection) as counters:
            rows = connection.execute(own.order_by(articles.c.number).limit(limit)).all()
            for row in rows:
                take_out(connection, counters, row, now)
        return len(rows)

    def forget_source(self, source: str, folder_of: Callable[[Topic], str], now: datetime) -> None:
        """Give what else a source showed to the others, and forget its state, debts and feeds.

        ``folder_of`` tells where the documents of a topic lie; the next publication deletes them.
        """
        heir = _OTHER.order_by(sources.c.active.desc(), sightings.c.source).limit(1).scalar_subquery()
        with self._write() as connection, counting(connection) as counters:
            given = {"source": heir, "version": articles.c.version + 1}
            connection.execute(update(articles).where(articles.c.source == source).values(given))
            owner = select(articles.c.source).where(articles.c.number == revisits.c.article)
            looks = {"source": owner.scalar_subquery(), "entry": None, "fingerprint": ""}
            connection.execute(update(revisits).where(revisits.c.source == source).values(looks))
            for table in (sightings, owed, backfills, pushes, records):
                connection.execute(delete(table).where(table.c.source == source))
            connection.execute(delete(sessions).where(sessions.c.name == source))
            connection.execute(
                update(sources).where(sources.c.name == source).values(columns_of(PollState(source, due=now)))
            )
            _forget_events(connection, counters, source)
            # The feeds of its former names go with it.
            nameless = (topics.c.articles == 0) & topics.c.name.not_in(select(sources.c.name))
            ended = select(topics).where(topics.c.kind == "source", or_(topics.c.name == source, nameless))
            for row in connection.execute(ended).all():
                delete_topic(connection, row.number)
                inside = pages.c.path.startswith(f"{folder_of(read_topic(row))}/", autoescape=True)
                connection.execute(update(pages).where(inside).values(generation=-1))
            touch_fronts(connection, counters, "all", [EVERYTHING.name])


def _forget_events(connection: Connection, counters: Counters, source: str) -> None:
    theirs = (events.c.subject == source) & events.c.about.in_(OF_SOURCES)
    numbers = select(events.c.number).where(theirs)
    connection.execute(delete(outbox).where(outbox.c.event.in_(numbers)))
    connection.execute(delete(events).where(theirs))
    touch_fronts(connection, counters, OPERATIONS.kind, [OPERATIONS.name])
