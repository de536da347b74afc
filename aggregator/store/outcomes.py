"""What the store knows of keys, and how the articles of a poll are saved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    select,
    update,
)

from aggregator.errors import StoreError
from aggregator.model import Article, Known, Outcome
from aggregator.store.articles import read_article
from aggregator.store.categories import file_articles, fold_labels
from aggregator.store.codec import encode_article, encode_values
from aggregator.store.counters import Totals
from aggregator.store.database import chunks, upsert
from aggregator.store.identity import identify, propose_ids
from aggregator.store.media import save_uses
from aggregator.store.removals import known_removed, without_removed
from aggregator.store.schema import aliases, articles, revisions, sightings, sources
from aggregator.store.search import save_texts


@dataclass(frozen=True, slots=True)
class _Held:
    """What saving needs to know of an article that is there; ``aliased`` where an alias led to it."""

    number: int
    digest: str
    source: str
    complete: bool
    aliased: bool


def known(connection: Connection, source: str, namespace: str, keys: Sequence[str]) -> dict[str, Known]:
    """Return what is known of those keys that are articles or aliases, by key, as the source sees it."""
    found: dict[str, Known] = {}
    for some in chunks(keys):
        asked = {identify(namespace, key): key for key in some}
        rows = list(connection.execute(_ask(source, list(asked))))
        if rest := asked.keys() - {row.identity for row in rows}:
            rows += connection.execute(_ask(source, list(rest), aliased=True))
        if rest := asked.keys() - {row.identity for row in rows}:
            found |= known_removed(connection, {identity: asked[identity] for identity in rest})
        for row in rows:
            key = asked[row.identity]
            found[key] = Known(
                key=key,
                article_key=row.key if row.aliased else key,
                title=row.title,
                entry_digest=row.entry_digest,
                article_digest=row.digest,
                owner=row.source,
                complete=row.complete,
                published=row.published,
                updated=row.updated,
            )
    return found


def _ask(source: str, identities: Sequence[str], *, aliased: bool = False) -> Select[Any]:
    """Ask for articles by their own identities, or by their aliases."""
    identity = aliases.c.identity if aliased else articles.c.identity
    shown = and_(
        sightings.c.source == source,
        sightings.c.article == articles.c.number,
        sightings.c.alias == (identity if aliased else ""),
    )
    return (
        select(
            identity.label("identity"),
            literal(aliased).label("aliased"),
            articles.c.key,
            articles.c.title,
            articles.c.digest,
            # The words of a source that is no more may be changed by any other of the namespace.
            case((sources.c.active, articles.c.source), else_=source).label("source"),
            articles.c.complete,
            articles.c.published,
            articles.c.updated,
            func.coalesce(sightings.c.entry_digest, "").label("entry_digest"),
        )
        .select_from(articles.join(aliases) if aliased else articles)
        .outerjoin(sightings, shown)
        .outerjoin(sources, sources.c.name == articles.c.source)
        .where(identity.in_(identities))
    )


def save_articles(connection: Connection, totals: Totals, outcome: Outcome, now: datetime) -> None:
    """Save the new and changed articles, aliases, sightings and filings of a poll.

    What was taken out stays out. Raises StoreError for a sighting or an alias of what is no article.
    """
    outcome = without_removed(connection, outcome)
    sighted = {identify(outcome.namespace, sighting.key): sighting for sighting in outcome.sightings}
    said = [(_identity(article), article) for article in (*outcome.new, *outcome.changed)]
    linked = {identify(outcome.namespace, key) for pair in outcome.aliases for key in pair}
    held = _read_held(connection, {*sighted, *linked, *(identity for identity, _ in said)})

    arrived: dict[str, Article] = {}
    replaced: dict[str, Article] = {}
    for identity, article in said[: len(outcome.new)]:
        # Another source of the namespace may have been quicker, with less.
        if identity not in held:
            arrived.setdefault(identity, article)
        elif article.complete and not held[identity].complete:
            replaced[identity] = article
    for identity, article in said[len(outcome.new) :]:
        if identity not in held:
            arrived.setdefault(identity, article)
        # A poll done twice changes nothing.
        elif (article.digest, article.source) != (held[identity].digest, held[identity].source):
            replaced[identity] = article

    numbers = {identity: one.number for identity, one in held.items()}
    numbers |= _insert(connection, totals, arrived, now)
    _replace(connection, totals, {numbers[identity]: article for identity, article in replaced.items()}, now)
    own = {identity for identity in numbers if identity not in held or not held[identity].aliased}
    numbers |= _link(connection, outcome, numbers, own)
    if strange := sighted.keys() - numbers.keys():
        raise StoreError(
            f"{outcome.source} sighted what is no article: {sighted[strange.pop()].key!r}", refused=True
        )

    labels = [(identity, article.labels) for identity, article in said]
    labels += [(identity, sighting.labels) for identity, sighting in sighted.items()]
    wanted: dict[int, dict[str, str]] = {}
    for identity, some in labels:
        tags = wanted.setdefault(numbers[identity], {})
        for label, tag in fold_labels(some).items():
            tags.setdefault(label, tag)
    written = {numbers[identity] for identity in (*arrived, *replaced)}
    wishes = {
        numbers[identity]: outcome.media[article.key]
        for identity, article in (*arrived.items(), *replaced.items())
        if article.key in outcome.media
    }
    save_uses(connection, outcome.source, wishes, now)
    file_articles(connection, totals, wanted, written)
    rows = [
        {
            "source": outcome.source,
            "article": numbers[identity],
            "alias": "" if identity in own else identity,
            "entry_digest": sighting.entry_digest,
        }
        for identity, sighting in sighted.items()
    ]
    upsert(connection, sightings, rows, [sightings.c.source, sightings.c.article, sightings.c.alias])


def _identity(article: Article) -> str:
    return identify(article.namespace, article.key)


def _read_held(connection: Connection, identities: Iterable[str]) -> dict[str, _Held]:
    held: dict[str, _Held] = {}
    for some in chunks(list(identities)):
        what = (articles.c.number, articles.c.digest, articles.c.source, articles.c.complete)
        own = select(articles.c.identity, *what).where(articles.c.identity.in_(some))
        other = select(aliases.c.identity, *what).join(articles).where(aliases.c.identity.in_(some))
        held.update({row.identity: _Held(*row[1:], aliased=False) for row in connection.execute(own)})
        held.update({row.identity: _Held(*row[1:], aliased=True) for row in connection.execute(other)})
    return held


def _link(connection: Connection, outcome: Outcome, numbers: dict[str, int], own: set[str]) -> dict[str, int]:
    """Save an outcome's aliases, but none of ``own`` identities, and return their articles' numbers."""
    links: dict[str, int] = {}
    for alias, key in outcome.aliases:
        target = identify(outcome.namespace, key)
        number = links.get(target, numbers.get(target))
        if number is None:
            raise StoreError(f"{outcome.source} names an alias of what is no article: {key!r}", refused=True)
        if (identity := identify(outcome.namespace, alias)) not in own:
            links[identity] = number
    rows = [{"identity": identity, "article": number} for identity, number in links.items()]
    upsert(connection, aliases, rows, [aliases.c.identity])
    return links


def _insert(
    connection: Connection, totals: Totals, arrived: dict[str, Article], now: datetime
) -> dict[str, int]:
    """Insert articles by identity and return their numbers."""
    ids = _choose_ids(connection, arrived)
    numbers = {identity: totals.draw() for identity in arrived}
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
    if rows:
        connection.execute(insert(articles), rows)
        save_texts(connection, {numbers[identity]: article for identity, article in arrived.items()})
    totals.articles += len(rows)
    return numbers


def _choose_ids(connection: Connection, arrived: dict[str, Article]) -> dict[str, str]:
    """Choose a public id for each article, no two alike without regard to case."""
    chosen: dict[str, str] = {}
    taken: set[str] = set()
    proposals: dict[str, Iterator[str]] = {
        identity: propose_ids(article.namespace, article.key) for identity, article in arrived.items()
    }
    while len(chosen) < len(arrived):
        proposed = {identity: next(proposals[identity]) for identity in arrived if identity not in chosen}
        for some in chunks([one.lower() for one in proposed.values()]):
            lower = func.lower(articles.c.id)
            taken.update(connection.scalars(select(lower).where(lower.in_(some))))
        for identity, one in proposed.items():
            if one.lower() not in taken:
                chosen[identity] = one
                taken.add(one.lower())
    return chosen


def _replace(connection: Connection, totals: Totals, replaced: dict[int, Article], now: datetime) -> None:
    """Set articles, by number, to a new state and keep the old one as a revision."""
    if not replaced:
        return
    for some in chunks(list(replaced)):
        rows = connection.execute(select(articles).where(articles.c.number.in_(some))).all()
        states = [
            {
                "article": row.number,
                "version": row.version,
                "replaced_at": now,
                "state": encode_article(read_article(row)),
            }
            for row in rows
        ]
        connection.execute(insert(revisions), states)
    changes = [
        {"of_article": number, "sequence": totals.draw(), **_columns(article)}
        for number, article in replaced.items()
    ]
    connection.execute(
        update(articles)
        .where(articles.c.number == bindparam("of_article"))
        .values(version=articles.c.version + 1),
        changes,
    )
    save_texts(connection, replaced)


def _columns(article: Article) -> dict[str, Any]:
    """Return the columns that an article's new state changes."""
    return {
        "source": article.source,
        "title": article.title,
        "address": article.address,
        "content": article.content,
        "published": article.published,
        "updated": article.updated,
        "labels": encode_values(article.labels),
        "dated": article.dated,
        "share_url": article.share_url,
        "summary": article.summary,
        "author": article.author,
        "origin": article.origin,
        "language": article.language,
        "attachments": encode_values(article.attachments),
        "complete": article.complete,
        "future": article.future,
        "digest": article.digest,
    }
