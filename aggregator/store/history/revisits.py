"""Articles that are looked at again: which are due, how many requests that took, and what the looks gave."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from aggregator.model import (
    MISSING,
    Entry,
    FileState,
    InReach,
    Listed,
    Outcome,
    Revisit,
    Seen,
    Urgency,
    Watched,
    place_in,
)
from aggregator.model.digest import hexdigest
from aggregator.store.articles import read_article
from aggregator.store.codec import decode, encode, make_row, read_row
from aggregator.store.counters import Counters
from aggregator.store.database import Database, asking, change_in, rows_in, rows_of
from aggregator.store.history.changes import save_standings
from aggregator.store.identity import identify
from aggregator.store.rows import insert_rows, upsert
from aggregator.store.schema import articles, budgets, files, revisits, sources
from aggregator.text.addresses import file_at

EMPTY_WAIT = timedelta(days=1)
"""How long a source without articles is left alone."""
_EMPTY = Entry("")
_UNNEEDED = {"receipts", "notes"}
"""Fields of an entry that the next look does not need."""


_OF_SOURCE = select(func.min(revisits.c.due)).where(revisits.c.source == bindparam("of_source"))
_FIRST = select(
    *(_OF_SOURCE.where(revisits.c.urgency == one).scalar_subquery().label(one.name) for one in Urgency)
)
"""When the first article of each urgency is due; an index leads to each."""
_SET_DUE = (
    update(sources)
    .where(sources.c.name == bindparam("of_source"))
    .values(revisit_at=bindparam("at", type_=sources.c.revisit_at.type))
)
_UNPLANNED = select(articles.c.number, articles.c.first_seen, articles.c.published).where(
    articles.c.source == bindparam("of_source"), ~exists().where(revisits.c.article == articles.c.number)
)
_LISTED = asking(select(revisits).where(revisits.c.source == bindparam("of_source")), revisits.c.article)

_UNLISTED = revisits.c.unlisted_since.is_not(None)
_IN_REACH = (
    select(articles.c.number, articles.c.key, _UNLISTED.label("unlisted"))
    .join(revisits)
    .where(
        revisits.c.source == bindparam("of_source"),
        or_(
            and_(
                articles.c.dated,
                articles.c.published > bindparam("after", type_=articles.c.published.type),
                articles.c.published < bindparam("before", type_=articles.c.published.type),
            ),
            _UNLISTED,
        ),
    )
    .order_by(articles.c.published.desc())
    .limit(bindparam("most"))
)


class Revisits(Database):
    """The looks at articles that are held."""

    def due_revisits(self, source: str, now: datetime, limit: int) -> list[Watched]:
        """Return the articles of a source that are due to be looked at, the most urgent ones first."""
        found: list[Watched] = []
        with self._read() as connection:
            for urgency in Urgency:  # an index leads to the first of each
                ours = revisits.c.source == source, revisits.c.urgency == urgency, revisits.c.due <= now
                due = select(revisits, articles).join(articles).where(*ours).order_by(revisits.c.due)
                rows = connection.execute(due.limit(limit - len(found))).all()
                held = _read_files(connection, [row.article for row in rows])
                found += [_watched(row, held[row.article]) for row in rows]
        return found

    def other_revisits(self, source: str, without: Collection[int], limit: int) -> list[Watched]:
        """Return the last articles of a source that were there when they were looked at, due or not."""
        there = revisits.c.source == source, revisits.c.candidate != MISSING, articles.c.withdrawn.is_(None)
        others = select(revisits, articles).join(articles).where(*there, revisits.c.article.not_in(without))
        with self._read() as connection:
            rows = connection.execute(others.order_by(revisits.c.article.desc()).limit(limit)).all()
            return [_watched(row, {}) for row in rows]

    def requests_used(self, names: Collection[tuple[str, str]], day: date) -> dict[tuple[str, str], int]:
        """Return how many requests of a day were used to look again, by ``("source" or "host", name)``."""
        used = dict.fromkeys(names, 0)
        with self._read() as connection:
            for row in rows_in(connection, select(budgets), budgets.c.name, {name for _, name in names}):
                if (row.kind, row.name) in used and row.day == day:
                    used[row.kind, row.name] = row.used
        return used

    def count_missing(
        self, source: str, since: datetime, found_since: datetime, without: Collection[int]
    ) -> tuple[int, int]:
        """Count the articles of a source that are missing, but not withdrawn, and those that were looked at.

        Of the missing ones those count that were found so since ``found_since``, and no article counts of
        ``without``.
        """
        missing = and_(
            revisits.c.candidate == MISSING,
            revisits.c.candidate_since >= found_since,
            articles.c.withdrawn.is_(None),
        )
        counted = (
            select(func.count(case((missing, 1))), func.count())
            .select_from(revisits)
            .join(articles)
            .where(revisits.c.source == source, revisits.c.looked >= since)
            .where(revisits.c.article.not_in(without))
        )
        with self._read() as connection:
            row = connection.execute(counted).one()
        return row[0], row[1]

    def listed_entries(self, source: str, keys: Collection[str]) -> dict[str, Entry]:
        """Return what a source's list said of articles when their pages were read, by the articles' keys."""
        held = (
            select(articles.c.key, revisits.c.entry)
            .join(revisits)
            .where(revisits.c.source == source, revisits.c.entry.is_not(None))
        )
        with self._read() as connection:
            rows = rows_in(connection, held, articles.c.key, keys)
            return {row.key: decode(Entry, row.entry) for row in rows}

    def shown_between(self, source: str, after: datetime, before: datetime, limit: int) -> list[InReach]:
        """Return the articles of a source that were published between two times, those times left out."""
        asked = {"of_source": source, "after": after, "before": before, "most": limit}
        with self._read() as connection:
            rows = connection.execute(_IN_REACH, asked).all()
            return [InReach(row.number, row.key, bool(row.unlisted)) for row in rows]


def save_seen(
    connection: Connection, counters: Counters, outcome: Outcome, numbers: Mapping[str, int], now: datetime
) -> None:
    """Save what a poll noted for the looks at articles, and what looks gave; ``numbers`` are by identity."""
    seen, source = outcome.seen, outcome.source
    listed = dict(_numbered(outcome, numbers))
    if seen.schedule and outcome.state.revisit_at is None:
        _seed(connection, source, seen.schedule, now, {one for one, said in listed.items() if not said.again})
    _save_listed(connection, source, listed)
    if seen.unlisted or seen.listed_again:
        _save_unlisted(connection, seen, now)
    upsert(connection, revisits, [_row(one) for one in seen.revisits], [revisits.c.article])
    _save_files(connection, seen.files)
    save_standings(connection, counters, seen, now)
    _count_used(connection, seen.used, now.date())
    due = connection.execute(_FIRST, {"of_source": source}).one()
    first = min(filter(None, due), default=now + EMPTY_WAIT)
    at = max(first, seen.not_before) if seen.not_before else first
    connection.execute(_SET_DUE, {"of_source": source, "at": at})


def _numbered(outcome: Outcome, numbers: Mapping[str, int]) -> Iterator[tuple[int, Listed]]:
    for key, one in outcome.seen.listed.items():
        if number := numbers.get(identify(outcome.namespace, key)):
            yield number, one


def _seed(
    connection: Connection, source: str, schedule: Sequence[timedelta], now: datetime, without: Set[int]
) -> None:
    """Note when the articles of a source are looked at that came before it was looked at again."""
    rows = []
    for row in connection.execute(_UNPLANNED, {"of_source": source}).all():
        if row.number in without:
            continue
        came = min(row.first_seen, row.published)
        step, due = place_in(schedule, came, str(row.number), now)
        urgency = Urgency.OLD if step >= len(schedule) else Urgency.YOUNG
        rows.append(_row(Revisit(row.number, source, due, urgency, step)))
    insert_rows(connection, revisits, rows)


def _save_listed(connection: Connection, source: str, listed: Mapping[int, Listed]) -> None:
    """Note what lists and pages said of articles; those that came or changed are looked at soon."""
    again = [number for number, one in listed.items() if one.again]
    held = {row.article: row for row in rows_of(connection, _LISTED, again, of_source=source)}
    rows = []
    for number, one in listed.items():
        before = held.get(number)
        said: dict[str, Any] = {
            "step": 0,
            "urgency": Urgency.YOUNG,
            "due": one.due,
            "looked": None,
            "flips": 0,
        }
        if before:
            said = {name: getattr(before, name) for name in said}
        read = make_row(one, article=number, source=source, entry=_encode(one.entry), unlisted_since=None)
        del read["again"]
        rows.append({**read, **said, "candidate": "", "candidate_since": None, "looks": 0})
    upsert(connection, revisits, rows, [revisits.c.article])


def _save_unlisted(connection: Connection, seen: Seen, now: datetime) -> None:
    soon = {"due": now, "urgency": Urgency.SECOND_LOOK}
    gone = update(revisits).values(unlisted_since=now, **soon)
    change_in(connection, gone, revisits.c.article, seen.unlisted)
    back = update(revisits).values(unlisted_since=None, **soon)
    change_in(connection, back, revisits.c.article, seen.listed_again)


def _count_used(connection: Connection, used: Mapping[tuple[str, str], int], day: date) -> None:
    for (kind, name), count in used.items():
        place = budgets.c.kind == kind, budgets.c.name == name
        held = connection.execute(select(budgets).where(*place)).one_or_none()
        before = held.used if held and held.day == day else 0
        row = {"kind": kind, "name": name, "day": day, "used": before + count}
        upsert(connection, budgets, [row], [budgets.c.kind, budgets.c.name])


def _save_files(connection: Connection, seen: Mapping[int, Sequence[FileState]]) -> None:
    for number, some in seen.items():
        connection.execute(delete(files).where(files.c.article == number))
        rows = [make_row(one, article=number, identity=hexdigest(one.file)) for one in some]
        for row in rows:
            del row["file"]
        upsert(connection, files, rows, [files.c.article, files.c.identity])


def _read_files(connection: Connection, numbers: Sequence[int]) -> Mapping[int, dict[str, Row[Any]]]:
    held: defaultdict[int, dict[str, Row[Any]]] = defaultdict(dict)
    for row in rows_in(connection, select(files), files.c.article, numbers):
        held[row.article][row.identity] = row
    return held


def _watched(row: Row[Any], held: Mapping[str, Row[Any]]) -> Watched:
    article = read_article(row)
    entry = decode(Entry, row.entry) if row.entry else None
    known = {}
    for attachment in article.attachments:
        file = file_at(attachment.address)
        if state := held.get(hexdigest(file)):
            known[file] = read_row(FileState, state, file=file)
    return Watched(
        revisit=read_row(Revisit, row, entry=entry),
        article=article,
        missing_since=row.missing_since,
        withdrawn=row.withdrawn,
        files=known,
    )


def _row(revisit: Revisit) -> dict[str, Any]:
    return make_row(revisit, entry=_encode(revisit.entry))


def _encode(entry: Entry | None) -> str | None:
    """Write what an entry says, without what it leaves unsaid."""
    if entry is None:
        return None
    said = {field.name: getattr(entry, field.name) for field in fields(Entry)}
    unsaid = {name for name, value in said.items() if value == getattr(_EMPTY, name)} | _UNNEEDED
    return encode({name: value for name, value in said.items() if name not in unsaid})
