"""Articles as the store holds them: one by one, and in windows of a topic."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from threading import Lock
from typing import Any

from cachetools import LRUCache
from sqlalchemy import Connection, Engine, Row, Select, bindparam, func, select

from aggregator.model import (
    Article,
    Attachment,
    Category,
    Field,
    Filing,
    Headline,
    KeptArticle,
    Label,
    Provenance,
    Revision,
    Topic,
)
from aggregator.store.codec import decode, read_row
from aggregator.store.database import Database, rows_in
from aggregator.store.evidence.origins import origins_of, provenance_of
from aggregator.store.history.revisions import read_revisions
from aggregator.store.identity import identify
from aggregator.store.media import media_of
from aggregator.store.schema import articles, categories, filings, lower_id, memberships, totals
from aggregator.store.topics import NUMBER_OF, named

MAX_REMEMBERED = 6 * 1024**2
"""Characters of articles that are remembered, about."""
OVERHEAD = 2048
"""Characters that an article counts beside its text."""

_WHOLE = select(articles)
STATES = select(articles.c.number, articles.c.version, articles.c.first_seen)
"""What tells one state of an article from any other; a database that was put back gives numbers again."""
_HEADLINE = tuple(articles.c[name] for name in Headline._fields)
_RENAMED = select(categories).where(categories.c.leads_to.is_not(None)).order_by(categories.c.number)
_COMMON = (
    select(totals.c.lineage, categories)
    .outerjoin(categories, categories.c.leads_to.is_not(None))
    .order_by(categories.c.number)
)
"""What is common to all articles: the lineage of their numbers, and the categories that were renamed."""
_FILINGS = (
    select(filings.c.article, filings.c.tag, categories)
    .join(categories)
    .order_by(filings.c.article, filings.c.position)
)

_MEMBERS = STATES.join(memberships).where(memberships.c.topic == NUMBER_OF)
_LAST = memberships.c.published.desc(), memberships.c.place.desc()
_NEWEST = _MEMBERS.order_by(*_LAST).limit(bindparam("most"))
_LATEST = _MEMBERS.order_by(memberships.c.sequence.desc()).limit(bindparam("most"))
_PLACED = _MEMBERS.where(memberships.c.place.between(bindparam("first"), bindparam("last"))).order_by(
    memberships.c.place.desc()
)
_CHANGED = _MEMBERS.where(memberships.c.sequence.between(bindparam("first"), bindparam("last"))).order_by(
    memberships.c.sequence.desc()
)
_TITLED = select(*_HEADLINE).join(memberships).where(memberships.c.topic == NUMBER_OF)
_HEADLINES = _TITLED.where(memberships.c.place.between(bindparam("first"), bindparam("last"))).order_by(
    memberships.c.place.desc()
)
_LAST_DATE = select(func.max(articles.c.published))
_NEWS = (
    select(*_HEADLINE)
    .where(articles.c.published >= bindparam("oldest"))
    .order_by(articles.c.published.desc(), articles.c.number.desc())
    .limit(bindparam("most"))
)


class Articles(Database):
    """The articles that the store holds."""

    def __init__(self, engine: Engine, name: str) -> None:
        super().__init__(engine, name)
        self._remembered = Remembered()

    def article_count(self) -> int:
        """Return how many articles there are."""
        with self._read() as connection:
            return connection.scalar(select(totals.c.articles)) or 0

    def find(self, article_id: str) -> KeptArticle | None:
        """Return the article of that public id, or None."""
        return next(iter(self.find_all([article_id])), None)

    def find_all(self, ids: Sequence[str], *, origins: bool = True) -> list[KeptArticle]:
        """Return articles in the order of their ids; ids of none are left out.

        They come with their provenance, unless ``origins`` is false.
        """
        lower = list(dict.fromkeys(one.lower() for one in ids))
        with self._read() as connection:
            states = list(rows_in(connection, STATES, lower_id, lower))
            held = self._remembered.read(connection, states)
            if origins:
                known = provenance_of(connection, [one.number for one in held])
                held = [replace(one, provenance=known.get(one.number)) for one in held]
            found = {one.id: one for one in held}
        return [found[one] for one in ids if one in found]

    def held(self, namespace: str, keys: Sequence[str]) -> dict[str, Article]:
        """Return the articles of a namespace by their own keys; keys of no article are left out."""
        identities = [identify(namespace, key) for key in keys]
        with self._read() as connection:
            rows = rows_in(connection, select(articles), articles.c.identity, identities)
            return {row.key: read_article(row) for row in rows}

    def earlier_states(self, namespace: str, key: str) -> list[Article]:
        """Return the earlier states of the article with that own key, oldest first."""
        named = select(articles).where(articles.c.identity == identify(namespace, key))
        with self._read() as connection:
            row = connection.execute(named).one_or_none()
            earlier = read_revisions(connection, row.number, read_article(row)) if row else []
        return [one.article for one in earlier]

    def every(self, batch: int = 200) -> Iterator[KeptArticle]:
        """Yield all articles in the order of their arrival, each ``batch`` from a transaction of its own."""
        number = 0
        while True:
            page = select(articles).where(articles.c.number > number).order_by(articles.c.number).limit(batch)
            with self._read() as connection:
                rows = connection.execute(page).all()
                kept = _with_origins(connection, rows)
            yield from kept
            if len(rows) < batch:
                return
            number = rows[-1].number

    def newest(self, topic: Topic, limit: int) -> list[KeptArticle]:
        """Return the articles of a topic that were published last, the last one first."""
        return self._select(_NEWEST, named(topic) | {"most": limit})

    def latest(self, topic: Topic, limit: int) -> list[KeptArticle]:
        """Return the articles of a topic that came or changed last, the last one first.

        An old article that comes into a topic late is the latest there.
        """
        return self._select(_LATEST, named(topic) | {"most": limit})

    def placed(self, topic: Topic, first: int, last: int) -> list[KeptArticle]:
        """Return the articles of a topic from one place to another, the last one first."""
        return self._select(_PLACED, named(topic) | {"first": first, "last": last})

    def changed(self, topic: Topic, first: int, last: int) -> list[KeptArticle]:
        """Return the articles of a topic whose sequence there is in a range, the last one first."""
        return self._select(_CHANGED, named(topic) | {"first": first, "last": last})

    def _select(self, query: Select[Any], wanted: Mapping[str, Any]) -> list[KeptArticle]:
        """Return the articles whose states a query finds by parameters."""
        with self._read() as connection:
            return self._remembered.read(connection, connection.execute(query, wanted).all())

    def headlines(self, topic: Topic, first: int, last: int) -> list[Headline]:
        """Return the headlines of a topic from one place to another, the last one first."""
        with self._read() as connection:
            wanted = {**named(topic), "first": first, "last": last}
            return [*map(Headline._make, connection.execute(_HEADLINES, wanted).all())]

    def news(self, age: timedelta, limit: int) -> list[Headline]:
        """Return what was published last, no more than ``age`` before the newest article of all."""
        with self._read() as connection:
            newest = connection.scalar(_LAST_DATE)
            if newest is None:
                return []
            wanted = {"oldest": newest - age, "most": limit}
            return [*map(Headline._make, connection.execute(_NEWS, wanted).all())]

    def category(self, name: str) -> Category | None:
        """Return the category of that slug or label, or the one to which it leads; None without one."""
        heir = categories.alias()
        named = (categories.c.slug == name) | (categories.c.label == name)
        found = select(heir.c.slug, heir.c.label).join(
            categories, heir.c.number == func.coalesce(categories.c.leads_to, categories.c.number)
        )
        with self._read() as connection:
            row = connection.execute(found.where(named).order_by(categories.c.slug != name)).first()
        return Category(row.slug, row.label) if row else None

    def revisions(self, article_id: str) -> list[Revision]:
        """Return the earlier states of an article with their provenance, oldest first."""
        named = select(articles).where(lower_id == article_id.lower())
        with self._read() as connection:
            row = connection.execute(named).one_or_none()
            earlier = read_revisions(connection, row.number, read_article(row)) if row else []
            origins = origins_of(connection, row.number) if row and earlier else {}
        return [replace(one, provenance=_origin_at(origins, one.version)) for one in earlier]


class Remembered:
    """The articles that were read last: many documents show the newest ones.

    Whatever changes an article counts up its version; only the former names of its categories change without.
    Once it is known that the database was put back, all is read anew.
    """

    def __init__(self) -> None:
        self._known: LRUCache[int, KeptArticle] = LRUCache(MAX_REMEMBERED, _weigh)
        self._common: Sequence[Row[Any]] = ()
        self._lock = Lock()

    def read(self, connection: Connection, states: Iterable[Sequence[Any]]) -> list[KeptArticle]:
        """Return articles in the states that are given as rows of ``STATES``."""
        wanted = {number: (version, first_seen) for number, version, first_seen in states}
        common = connection.execute(_COMMON).all()
        with self._lock:
            if common != self._common:
                self._known.clear()
                self._common = common
            known = [(number, self._known.get(number)) for number in wanted]
        found = {
            number: kept
            for number, kept in known
            if kept and (kept.version, kept.first_seen) == wanted[number]
        }
        if len(found) < len(wanted):
            found |= self._read_whole(connection, [one for one in wanted if one not in found], common)
        return [found[number] for number in wanted]

    def _read_whole(
        self, connection: Connection, numbers: Sequence[int], common: Sequence[Row[Any]]
    ) -> dict[int, KeptArticle]:
        """Return by their numbers articles that are not remembered, and remember them."""
        rows = list(rows_in(connection, _WHOLE, articles.c.number, numbers))
        renamed = [row for row in common if row.leads_to]
        fresh = dict(zip((row.number for row in rows), _with_filings(connection, rows, renamed), strict=True))
        with self._lock:
            self._known.update(
                (number, one) for number, one in fresh.items() if _weigh(one) <= MAX_REMEMBERED
            )
        return fresh


def _weigh(kept: KeptArticle) -> int:
    return len(kept.article.content) + OVERHEAD


def read_articles(connection: Connection, query: Select[Any]) -> list[KeptArticle]:
    """Return the articles that a query of whole rows finds, in its order."""
    return _with_filings(connection, connection.execute(query).all(), connection.execute(_RENAMED).all())


def read_article(row: Row[Any]) -> Article:
    """Return the article that a whole row of ``articles`` holds."""
    labels = decode(tuple[Label, ...], row.labels)
    attached = decode(tuple[Attachment, ...], row.attachments)
    named = decode(tuple[Field, ...], row.fields) if row.fields != "[]" else ()
    return read_row(Article, row, labels=labels, attachments=attached, fields=named)


def _origin_at(origins: Mapping[int, Provenance], version: int) -> Provenance | None:
    """Return where the state came from that an article had at a version."""
    noted = max((one for one in origins if one <= version), default=None)
    return None if noted is None else origins[noted]


def _with_origins(connection: Connection, rows: Sequence[Row[Any]]) -> list[KeptArticle]:
    origins = provenance_of(connection, [row.number for row in rows])
    kept = zip(rows, _with_filings(connection, rows, connection.execute(_RENAMED).all()), strict=True)
    return [replace(one, provenance=origins.get(row.number)) for row, one in kept]


def _with_filings(
    connection: Connection, rows: Sequence[Row[Any]], renamed: Iterable[Row[Any]]
) -> list[KeptArticle]:
    filed: defaultdict[int, list[Filing]] = defaultdict(list)
    former: defaultdict[int, tuple[Category, ...]] = defaultdict(tuple)
    for row in renamed:
        former[row.leads_to] += (Category(row.slug, row.label),)
    numbers = [row.number for row in rows]
    for row in rows_in(connection, _FILINGS, filings.c.article, numbers):
        category = Category(row.slug, row.label)
        filing = Filing(category, row.tag or row.label, former.get(row.number, ()))
        filed[row.article].append(filing)
    files = media_of(connection, numbers)
    return [
        read_row(
            KeptArticle,
            row,
            article=read_article(row),
            filings=tuple(filed[row.number]),
            media=files.get(row.number, {}),
        )
        for row in rows
    ]
