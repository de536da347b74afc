"""What a poll reads of the store, and the one transaction in which it writes what it changed."""

import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, case, delete, func, or_, select, union_all

from aggregator.model import Backfill, Entry, Known, Outcome, Owed, PollResult, PollState, Request
from aggregator.store.codec import decode, encode, make_row, read_row
from aggregator.store.columns import is_among
from aggregator.store.counters import Counters, counting
from aggregator.store.database import Database, asking, chunks, rows_of
from aggregator.store.history.events import note_events
from aggregator.store.history.records import note_record
from aggregator.store.history.revisits import save_seen
from aggregator.store.identity import identify, identify_address
from aggregator.store.outcomes import Saved, save_articles
from aggregator.store.pushes import note_hub
from aggregator.store.rows import upsert
from aggregator.store.schema import aliases, articles, backfills, owed, removed, sightings, sources
from aggregator.store.search import save_texts
from aggregator.store.states import write_states
from aggregator.store.upkeep.clock import believe, dated_by
from aggregator.store.upkeep.removals import find_removed, removed_as
from aggregator.store.upkeep.sessions import write_session

MAX_RECENT = 1000  # articles of a source, its last ones, among which those that moved are looked for
_OWED = asking(select(owed), owed.c.source)
_CUT = re.compile(r"\s*(?:\.{2,}|…+)$")


class Polls(Database):
    """What is known before a poll of a source, and its outcome."""

    def known(self, source: str, namespace: str, keys: Sequence[str]) -> dict[str, Known]:
        """Return by key what this source knows of the keys that are articles, aliases or removed."""
        asked = {identify(namespace, key): key for key in keys}
        with self._read() as connection:
            rows = rows_of(connection, _KNOWN, asked, shown_by=source)
            found = {asked[row.identity]: read_row(Known, row, key=asked[row.identity]) for row in rows}
            rest = {identity: key for identity, key in asked.items() if key not in found}
            return found | _known_otherwise(connection, source, namespace, rest, found)

    def count_published(self, source: str, namespace: str, keys: Sequence[str] | None = None) -> int:
        """Return how many of these keys (None: of those that the user's rules leave out) are articles.

        They came before there were the rules.
        """
        if keys is None:
            left_out = select(owed.c.key).where(owed.c.source == source, owed.c.reason == "filtered")
            with self._read() as connection:
                keys = list(connection.scalars(left_out))
        return sum(not one.removed for one in self.known(source, namespace, keys).values())

    def titled(self, source: str, titles: Collection[str]) -> dict[str, list[Known]]:
        """Return by title which of the last articles that a source showed have it; a cut one may go on."""
        found: dict[str, list[Known]] = {title: [] for title in titles}
        stems = {title: stem for title in titles if (stem := _CUT.sub("", title)) not in ("", title)}
        with self._read() as connection:
            rows = list(rows_of(connection, _TITLED, titles, shown_by=source))
            for some in chunks(list(stems.values())):
                begun = or_(*(articles.c.title.startswith(stem, autoescape=True) for stem in some))
                rows += connection.execute(_RECENT.where(begun), {"shown_by": source})
        for row in {row.identity: row for row in rows}.values():
            for title in titles:
                if row.title == title or (title in stems and row.title.startswith(stems[title])):
                    found[title].append(read_row(Known, row, key=row.article_key))
        return found

    def owed(self, source: str) -> list[Owed]:
        """Return what a source owes, filtered entries too, those to be retried first in front."""
        return self.owed_by([source])[source]

    def owed_by(self, names: Sequence[str]) -> dict[str, list[Owed]]:
        """Return what each of some sources owes."""
        debts: dict[str, list[Owed]] = {name: [] for name in names}
        with self._read() as connection:
            rows = rows_of(connection, _OWED, names)
            for row in sorted(rows, key=lambda row: (row.retry_at, row.key)):
                debt = read_row(Owed, row, entry=None if row.entry is None else decode(Entry, row.entry))
                debts[row.source].append(debt)
        return debts

    def note_owed(self, source: str, debts: Sequence[Owed]) -> None:
        """Note what a source owes, before a poll reads the pages that would pay it."""
        with self._write() as connection:
            _save_owed(connection, source, debts)

    def save(
        self,
        outcome: Outcome,
        now: datetime,
        owner: str | None = None,
        backfill: Backfill | None = None,
        claimed: PollState | None = None,
        confirmed: bool | None = True,
    ) -> None:
        """Commit everything that a poll changed, a backfill's progress with it, and end its lease.

        With an owner, the lease ends only if it is still that owner's. ``claimed`` is the state in which
        the poll began; a due time that was set since stays. ``confirmed`` tells whether servers say
        the same time as ``now``, None where none did. A poll that found nothing writes one row. Raises
        StoreError for an unknown source, and for a sighting or an alias that leads to no article.
        """
        if outcome.is_bare and not backfill:
            self.save_states([(outcome.state, claimed)], owner)
        else:
            self.save_results([PollResult(outcome, now, backfill, claimed, confirmed)], owner)

    def save_results(self, results: Sequence[PollResult], owner: str | None, *, held: bool = False) -> None:
        """Commit what came of several polls, as ``save`` does for one; all of it or nothing.

        Raises LeaseLostError where the owner's leases have to be ``held`` still, but are not.
        """
        # The counters are locked before the sources' rows, as in every call: no two writers deadlock.
        with self._write() as connection, counting(connection) as counters:
            saved = [_save(connection, counters, result, owner, held=held) for result in results]
            new = {number: article for one in saved for number, article in one.new.items()}
            replaced = {number: article for one in saved for number, article in one.replaced.items()}
            # At the end: SQLite brings its index of texts to the disk before the next statement that writes.
            save_texts(connection, new, replaced)

    def save_states(
        self, states: Sequence[tuple[PollState, PollState | None]], owner: str | None, *, held: bool = False
    ) -> None:
        """Commit what polls that found nothing have to say, as ``save_results`` does; all of them or none."""
        with self._write_alone() if len(states) > 1 else self._write() as connection:
            write_states(connection, states, owner, held=held)

    def backfill(self, source: str) -> Backfill | None:
        """Return how far a source's backfill got; None before the first page and after the last."""
        with self._read() as connection:
            row = connection.execute(select(backfills).where(backfills.c.source == source)).one_or_none()
        return read_row(Backfill, row, request=decode(Request, row.request)) if row else None

    def end_backfill(self, source: str) -> None:
        """Forget the backfill of a source, if there is one."""
        with self._write() as connection:
            connection.execute(delete(backfills).where(backfills.c.source == source))


def _save(
    connection: Connection, counters: Counters, result: PollResult, owner: str | None, *, held: bool
) -> Saved:
    outcome, now = result.outcome, result.now
    write_states(connection, [(outcome.state, result.claimed)], owner, held=held)
    believed = believe(connection, now, result.confirmed)
    outcome = dated_by(outcome, now, believed, result.confirmed)
    saved = save_articles(connection, counters, outcome, believed)
    if outcome.has_looks:
        save_seen(connection, counters, outcome, saved.numbers, believed)
    note_events(connection, counters, outcome.events, believed)
    if outcome.record:
        note_record(connection, outcome.source, outcome.record)
    if outcome.session:
        write_session(connection, outcome.session)
    if outcome.hub is not None:
        note_hub(connection, outcome.source, *outcome.hub, secrets.token_urlsafe(24), now)
    _forget_owed(connection, outcome.source, outcome.settled)
    _save_owed(connection, outcome.source, outcome.owed)
    if result.backfill:
        _save_backfill(connection, result.backfill)
    return saved


def _known_otherwise(
    connection: Connection, source: str, namespace: str, asked: Mapping[str, str], found: Mapping[str, Known]
) -> dict[str, Known]:
    """Return what is known of keys, by identity, that are aliases or removed, or addresses in other forms.

    Such a form has another scheme, host or session. An article that is known under one of the keys, or that
    two of them would mean, is no other's.
    """
    forms: dict[str, str] = {}
    for key in asked.values():
        if any_form := identify_address(namespace, key):
            forms.setdefault(any_form, key)
    elsewhere = [row.identity for row in rows_of(connection, _ELSEWHERE, [*asked, *forms])]
    if not elsewhere:
        return {}

    def is_form(row: Row[Any]) -> bool:
        return row.identity not in asked

    names: dict[str, str] = {**forms, **asked}
    others: dict[str, Known] = {}
    taken = {known.article_key for known in found.values()}
    for row in sorted(rows_of(connection, _KNOWN_BY_ALIAS, elsewhere, shown_by=source), key=is_form):
        key = names[row.identity]
        if row.identity in asked or (key not in others and row.article_key not in taken):
            others[key] = read_row(Known, row, key=key)
            taken.add(row.article_key)
    for row in sorted(find_removed(connection, elsewhere), key=is_form):
        others.setdefault(names[row.identity], removed_as(names[row.identity], row.removed_at))
    return others


def _select_known(*, aliased: bool = False) -> Select[Any]:
    """Select what the source ``shown_by`` knows of articles, by their own identities or their aliases'."""
    identity = aliases.c.identity if aliased else articles.c.identity
    shown = and_(
        sightings.c.source == bindparam("shown_by"),
        sightings.c.article == articles.c.number,
        sightings.c.alias == (identity if aliased else ""),
    )
    return (
        select(
            identity.label("identity"),
            articles.c.key.label("article_key"),
            articles.c.title,
            articles.c.digest.label("article_digest"),
            # Once a source has left the configuration, any other of the namespace may change its articles.
            case(
                (sources.c.active, articles.c.source),
                else_=bindparam("shown_by", type_=articles.c.source.type),
            ).label("owner"),
            articles.c.complete,
            articles.c.published,
            articles.c.updated,
            articles.c.language,
            articles.c.address,
            articles.c.dated,
            articles.c.day,
            func.coalesce(sightings.c.entry_digest, "").label("entry_digest"),
        )
        .select_from(articles.join(aliases) if aliased else articles)
        .outerjoin(sightings, shown)
        .outerjoin(sources, sources.c.name == articles.c.source)
    )


_KNOWN = asking(_select_known(), articles.c.identity)
_RECENT = _select_known().where(
    articles.c.number.in_(
        select(sightings.c.article)
        .where(sightings.c.source == bindparam("shown_by"))
        .distinct()
        .order_by(sightings.c.article.desc())
        .limit(MAX_RECENT)
    )
)
"""The articles that a source showed last."""
_TITLED = asking(_RECENT, articles.c.title)
_KNOWN_BY_ALIAS = asking(_select_known(aliased=True), aliases.c.identity)
_ELSEWHERE = union_all(*(asking(select(table.c.identity), table.c.identity) for table in (aliases, removed)))


def _forget_owed(connection: Connection, source: str, keys: Sequence[str]) -> None:
    for some in chunks(keys):
        settled = [identify(source, key) for key in some]
        connection.execute(delete(owed).where(is_among(owed.c.identity, settled)))


def _save_owed(connection: Connection, source: str, debts: Sequence[Owed]) -> None:
    rows = [
        make_row(
            debt,
            identity=identify(source, debt.key),
            source=source,
            entry=None if debt.entry is None else encode(debt.entry),
        )
        for debt in debts
    ]
    upsert(connection, owed, rows, [owed.c.identity])


def _save_backfill(connection: Connection, progress: Backfill) -> None:
    request = progress.request
    sent = {"address": request.address, "method": request.method, "body": request.body}
    row = make_row(progress, request=encode(sent))
    upsert(connection, backfills, [row], [backfills.c.source])
