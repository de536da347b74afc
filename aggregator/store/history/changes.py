"""What happened to articles, in the order in which it was found."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, select, update

from aggregator.model import UNTOLD, Article, Change, ChangeKind, LogKind, Seen, Standing, Topic
from aggregator.store.codec import make_row, read_row
from aggregator.store.counters import Counters
from aggregator.store.database import MAX_STATEMENTS, Database, asking, rows_in, rows_of
from aggregator.store.evidence.origins import note_happened
from aggregator.store.rows import insert_rows
from aggregator.store.schema import articles, changes, memberships, totals
from aggregator.store.topics import number_of

_VERSIONS = asking(select(articles.c.number, articles.c.version), articles.c.number)
DAY = timedelta(days=1)
"""How much later something may have come than it is dated: by its day alone, of another zone."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened to an article, by its number; ``version`` is the article's from then on."""

    article: int
    kind: LogKind
    version: int


class Changes(Database):
    """What happened to the articles that the store holds."""

    def changes(
        self,
        since: datetime | None = None,
        source: str = "",
        limit: int | None = None,
        *,
        kinds: Collection[ChangeKind] = (),
        topic: Topic | None = None,
    ) -> list[Change]:
        """Return what happened to articles, the last one last; with a limit, the last ones.

        ``kinds`` and ``topic`` narrow it to what happened, and to the articles of a topic.
        """
        return self._read_changes(_last(since, source, limit, tuple(kinds), topic))

    def _read_changes(self, found: Select[Any]) -> list[Change]:
        with self._read() as connection:
            return [read_row(Change, row) for row in connection.execute(found)][::-1]


@lru_cache(MAX_STATEMENTS)
def _last(
    since: datetime | None,
    source: str,
    limit: int | None,
    kinds: tuple[ChangeKind, ...],
    topic: Topic | None,
) -> Select[Any]:
    """Return the statement for ``Changes.changes``; the same few are asked for again and again."""
    found = select(changes, articles.c.id, articles.c.source, articles.c.title, articles.c.address)
    found = found.join(articles)
    if since is not None:
        found = found.where(changes.c.at >= since)
    if source:
        found = found.where(articles.c.source == source)
    found = found.where(changes.c.kind.in_(kinds) if kinds else changes.c.kind.not_in(UNTOLD))
    if topic:
        in_topic = memberships.c.topic == number_of(topic)
        found = found.where(exists().where(in_topic, memberships.c.article == changes.c.article))
    return found.order_by(changes.c.at.desc(), changes.c.number.desc()).limit(limit)


def note_changes(connection: Connection, counters: Counters, told: Sequence[Told], now: datetime) -> None:
    """Note what happened to articles."""
    if rows := _insert(connection, counters, told, now):
        note_happened(connection, rows, now)


def note_quietly(
    connection: Connection, counters: Counters, kind: LogKind, numbers: Collection[int], now: datetime
) -> None:
    """Note for followers that articles, by their numbers, are otherwise than before, which is no change."""
    rows = rows_of(connection, _VERSIONS, sorted(numbers))
    _insert(connection, counters, [Told(row.number, kind, row.version) for row in rows], now)


def note_news(
    connection: Connection,
    counters: Counters,
    arrived: Mapping[int, Article],
    since: datetime | None,
    now: datetime,
) -> None:
    """Note which articles are new, by their numbers.

    What a source brings for the first time after a restore, or is older than that, may have been told.
    ``since`` is when it was visited before; None tells everything.
    """
    restored = connection.scalar(select(totals.c.restored)) if arrived and since else None
    if restored and since and since < restored:
        return
    told = [
        Told(number, "new", 1)
        for number, article in arrived.items()
        if restored is None or article.published >= restored - DAY
    ]
    _insert(connection, counters, told, now)


def _insert(
    connection: Connection, counters: Counters, told: Sequence[Told], now: datetime
) -> list[dict[str, Any]]:
    rows = [{"number": counters.draw(), "at": now, **make_row(one)} for one in told]
    insert_rows(connection, changes, rows)
    return rows


def save_standings(connection: Connection, counters: Counters, seen: Seen, now: datetime) -> None:
    """Set since when sources do not show articles, and tell of it; feeds have what was withdrawn anew."""
    standings = {one.article: one for one in seen.standings}
    numbers = {*standings, *seen.unsteady}
    told: list[Told] = []
    changed: list[tuple[Standing, bool]] = []
    for row in rows_in(connection, select(articles), articles.c.number, numbers):
        kinds = _kinds(row, standings.get(row.number))
        if kinds:
            changed.append((standings[row.number], "withdrawn" in kinds or row.withdrawn is not None))
        version = row.version + bool(kinds)
        if row.number in seen.unsteady:
            kinds.append("unsteady")
        told += [Told(row.number, kind, version) for kind in kinds]
    note_changes(connection, counters, told, now)
    for standing, is_news in changed:
        values: dict[str, Any] = {"missing_since": standing.missing_since, "withdrawn": standing.withdrawn}
        if is_news:
            values["sequence"] = counters.draw()
        saved = update(articles).where(articles.c.number == standing.article)
        connection.execute(saved.values(version=articles.c.version + 1, **values))


def _kinds(row: Row[Any], standing: Standing | None) -> list[ChangeKind]:
    """Name what happened to an article that has another standing now."""
    if standing is None or (row.missing_since, row.withdrawn) == (
        standing.missing_since,
        standing.withdrawn,
    ):
        return []
    if standing.missing_since is None:
        return ["back"]
    missing: list[ChangeKind] = ["missing"] if row.missing_since is None else []
    return [*missing, "withdrawn"] if standing.withdrawn and row.withdrawn is None else missing
