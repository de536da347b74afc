"""How the articles of a poll's outcome become rows."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, false, select, true, union_all, update

from aggregator.errors import StoreError
from aggregator.model import Article, Attachment, Outcome, Sighting
from aggregator.store.articles import read_article
from aggregator.store.categories import file_articles, fold_labels
from aggregator.store.codec import encode, make_row, read_row
from aggregator.store.counters import Counters
from aggregator.store.database import asking, change_in, rows_in, rows_of
from aggregator.store.evidence.origins import note_kept
from aggregator.store.filetexts import save_files
from aggregator.store.history.changes import Told, note_changes, note_news, note_quietly
from aggregator.store.history.revisions import keep_revisions, rebase
from aggregator.store.identity import identify, propose_ids
from aggregator.store.media import keep_files, note_uses
from aggregator.store.relations.aliases import save_aliases, save_forms, save_paths
from aggregator.store.relations.citations import save_citations
from aggregator.store.rows import insert_rows, upsert
from aggregator.store.schema import aliases, articles, lower_id, sightings
from aggregator.store.upkeep.removals import without_removed


@dataclass(frozen=True, slots=True)
class Saved:
    """The articles of an outcome that were written, by their numbers."""

    numbers: Mapping[str, int]
    """Of all articles of the outcome, by identity."""
    new: Mapping[int, Article]
    replaced: Mapping[int, Article]
    """Those that have another state now."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What saving needs to know of a stored article."""

    number: int
    digest: str
    source: str
    complete: bool
    title: str
    aliased: bool
    """Whether an alias led to it."""


_COLUMNS = (articles.c.number, articles.c.digest, articles.c.source, articles.c.complete, articles.c.title)
_HELD = union_all(
    asking(select(articles.c.identity, *_COLUMNS, false().label("aliased")), articles.c.identity),
    asking(select(aliases.c.identity, *_COLUMNS, true()).join(articles), aliases.c.identity),
)
_IDS = asking(select(lower_id), lower_id)
_encode_labels = lru_cache(16)(encode)  # many articles in a row have the same


def save_articles(connection: Connection, counters: Counters, outcome: Outcome, now: datetime) -> Saved:
    """Save the new and changed articles, aliases, sightings and filings of a poll, without their texts.

    Removed articles stay removed. Raises StoreError for a sighting or an alias that leads to no article.
    """
    outcome = without_removed(connection, outcome)
    sighted = {identify(outcome.namespace, sighting.key): sighting for sighting in outcome.sightings}
    written = [(_identity(article), article) for article in (*outcome.new, *outcome.changed)]
    asked = {*sighted, *dict(written), *_named(outcome)}
    held = {row.identity: read_row(_Held, row) for row in rows_of(connection, _HELD, asked)}
    arrived, replaced, overwriting = _compare(outcome, held)
    numbers = {identity: one.number for identity, one in held.items()}
    numbers |= _insert(connection, counters, arrived, now)
    new, states = _numbered(arrived, numbers), _numbered(replaced, numbers)
    news = {number: article for number, article in new.items() if article.key in outcome.news}
    note_news(connection, counters, news, outcome.since, now)
    rewritten = {numbers[identity] for identity in overwriting}
    _replace(connection, counters, states, rewritten, now)
    note_quietly(connection, counters, "renewed", rewritten, now)
    own = {identity for identity in numbers if identity not in held or not held[identity].aliased}
    numbers |= save_aliases(connection, outcome, numbers, own)
    _save_sightings(connection, outcome.source, sighted, numbers, own)

    moved = save_paths(connection, outcome, numbers, new.keys())
    note_quietly(connection, counters, "renewed", moved, now)
    retitled = {numbers[one] for one, article in replaced.items() if article.title != held[one].title}
    save_citations(connection, new, states, retitled)
    _save_beside(connection, outcome, new, states, now)
    tags = _tags(numbers, [*written, *sighted.items()])
    refiled = file_articles(connection, counters, tags, new.keys(), states.keys())
    note_quietly(connection, counters, "filed", refiled, now)
    return Saved(numbers, new, states)


def _named(outcome: Outcome) -> set[str]:
    """Return the identities of what aliases and former paths name."""
    keys = (*outcome.former_paths, *(key for pair in outcome.aliases for key in pair))
    return {identify(outcome.namespace, key) for key in keys}


def _numbered(by_identity: Mapping[str, Article], numbers: Mapping[str, int]) -> dict[int, Article]:
    return {numbers[identity]: article for identity, article in by_identity.items()}


def _save_beside(
    connection: Connection,
    outcome: Outcome,
    new: dict[int, Article],
    replaced: dict[int, Article],
    now: datetime,
) -> None:
    """Save what stands beside articles that are new or have another state, by their numbers."""
    rendered = new | replaced
    save_files(connection, outcome.files.values(), new, replaced)
    wishes = {
        number: outcome.media[article.key]
        for number, article in rendered.items()
        if article.key in outcome.media
    }
    if wishes:
        note_uses(connection, outcome.source, wishes, now)
    note_kept(connection, new, replaced, outcome.provenance, now)


def _identity(article: Article) -> str:
    return identify(article.namespace, article.key)


def _compare(
    outcome: Outcome, held: Mapping[str, _Held]
) -> tuple[dict[str, Article], dict[str, Article], set[str]]:
    """Return the articles that are to be inserted and those that replace others, by identity.

    With them come the identities of those that only overwrite what is held.
    """
    arrived: dict[str, Article] = {}
    replaced: dict[str, Article] = {}
    overwriting: set[str] = set()
    for article in outcome.new:
        identity = _identity(article)
        if identity not in held:
            arrived.setdefault(identity, article)
        # Another source of the namespace may have been quicker, with less.
        elif article.complete and not held[identity].complete:
            replaced[identity] = article
            overwriting.add(identity)
    for article in outcome.changed:
        identity = _identity(article)
        if identity not in held:
            arrived.setdefault(identity, article)
        # A poll that is saved twice changes nothing the second time.
        elif (article.digest, article.source) != (held[identity].digest, held[identity].source):
            replaced[identity] = article
            if article.key in outcome.overwriting:
                overwriting.add(identity)
    return arrived, replaced, overwriting


def _tags(
    numbers: Mapping[str, int], labelled: Iterable[tuple[str, Article | Sighting]]
) -> dict[int, dict[str, str]]:
    """Return by article the tag of each category's label; the first label of a category counts."""
    tags: dict[int, dict[str, str]] = {}
    for identity, shown in labelled:
        of_article = tags.setdefault(numbers[identity], {})
        for label, tag in fold_labels(shown.labels).items():
            of_article.setdefault(label, tag)
    return tags


def _save_sightings(
    connection: Connection,
    source: str,
    sighted: Mapping[str, Sighting],
    numbers: Mapping[str, int],
    own: Set[str],
) -> None:
    if strange := sighted.keys() - numbers.keys():
        raise StoreError(f"{source} sighted what is no article: {sighted[strange.pop()].key!r}", refused=True)
    rows = [
        {
            "source": source,
            "article": numbers[identity],
            "alias": "" if identity in own else identity,
            "entry_digest": sighting.entry_digest,
        }
        for identity, sighting in sighted.items()
    ]
    upsert(connection, sightings, rows, [sightings.c.source, sightings.c.article, sightings.c.alias])


def _insert(
    connection: Connection, counters: Counters, arrived: Mapping[str, Article], now: datetime
) -> dict[str, int]:
    """Insert articles by identity and return their numbers."""
    ids = _choose_ids(connection, arrived)
    numbers = {identity: counters.draw() for identity in arrived}
    rows = [
        {
            "number": numbers[identity],
            "id": ids[identity],
            "identity": identity,
            "namespace": article.namespace,
            "key": article.key,
            "first_seen": now,
            "sequence": numbers[identity],
            "version": 1,
            "published_version": 0,
            **_columns(article),
        }
        for identity, article in arrived.items()
    ]
    insert_rows(connection, articles, rows)
    save_forms(connection, arrived, numbers)
    counters.articles += len(rows)
    return numbers


def _choose_ids(connection: Connection, arrived: Mapping[str, Article]) -> dict[str, str]:
    """Choose a public id for each article; no two may differ in case only."""
    chosen: dict[str, str] = {}
    taken: set[str] = set()
    proposals: dict[str, Iterator[str]] = {
        identity: propose_ids(article.namespace, article.key) for identity, article in arrived.items()
    }
    while len(chosen) < len(arrived):
        proposed = {identity: next(proposals[identity]) for identity in arrived if identity not in chosen}
        asked = [one.lower() for one in proposed.values()]
        taken.update(row[0] for row in rows_of(connection, _IDS, asked))
        for identity, one in proposed.items():
            if one.lower() not in taken:
                chosen[identity] = one
                taken.add(one.lower())
    return chosen


def _replace(
    connection: Connection,
    counters: Counters,
    replaced: dict[int, Article],
    overwriting: Set[int],
    now: datetime,
) -> None:
    """Set articles, by number, to a new state; the old one is kept as a revision unless it is overwritten."""
    if not replaced:
        return
    kept, told = [], []
    for row in rows_in(connection, select(articles), articles.c.number, replaced):
        before, after = read_article(row), replaced[row.number]
        if row.number in overwriting:
            rebase(connection, row.number, before, after)
        else:
            kept.append((row, before, after))
            told.append(Told(row.number, "changed", row.version + 1))
    keep_revisions(connection, kept, now)
    for row, before, after in kept:
        keep_files(connection, row.number, _left_behind(before, after), now)
    note_changes(connection, counters, told, now)
    states = [
        {"of_article": number, "sequence": counters.draw(), **_columns(article)}
        for number, article in replaced.items()
    ]
    counted = update(articles).where(articles.c.number == bindparam("of_article"))
    connection.execute(counted.values(version=articles.c.version + 1), states)
    changed = update(articles).values(changed=now, changes=articles.c.changes + 1)
    change_in(connection, changed, articles.c.number, [one.article for one in told])


def _left_behind(before: Article, after: Article) -> list[Attachment]:
    """Return the attachments of a state that are none of the next one's, or that others took the place of."""
    now = {(item.address, item.digest) for item in after.attachments}
    return [item for item in before.attachments if (item.address, item.digest) not in now]


def _columns(article: Article) -> dict[str, Any]:
    """Return the columns that a new state of an article changes."""
    labels, attachments = _encode_labels(article.labels), encode(article.attachments)
    named = encode(article.fields)
    columns = make_row(article, labels=labels, attachments=attachments, fields=named, digest=article.digest)
    # An article that is known under another key keeps its own.
    del columns["namespace"], columns["key"]
    return columns
