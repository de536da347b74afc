"""Full-text search: by trigrams in SQLite (FTS5), by pairs and trigrams of characters in PostgreSQL (GIN)."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    case,
    column,
    delete,
    func,
    select,
    table,
    text,
    tuple_,
)
from sqlalchemy.exc import DBAPIError

from aggregator.errors import ReadError, StoreError
from aggregator.model import Article, KeptArticle, Shown
from aggregator.store.articles import read_articles
from aggregator.store.columns import holds, is_among
from aggregator.store.conditions import Conditions, grams, trigrams
from aggregator.store.database import Database, change_in, rows_in
from aggregator.store.filetexts import texts_of
from aggregator.store.rows import insert_rows
from aggregator.store.schema import articles, categories, filings, texts
from aggregator.text.query import Query, Searchable, names_of, searchable, searched

SEARCH_TIMEOUT = 5
"""Seconds that a search may take."""

PAGE = 200
"""Articles that are read at a time where a query says what SQL cannot tell."""

MAX_WALKED = 1000
"""Articles that are looked at in their order before PostgreSQL's index is asked: common words are in them."""


SEPARATOR = "\x1f"
"""What stands between a name's field and the name (ASCII: unit separator)."""

_STEPS = 20_000  # instructions of SQLite's virtual machine between two looks at the clock

# With less memory, PostgreSQL notes pages in place of rows, and makes the grams of all in them anew: a
# millisecond each. To compile a search takes longer than there is to gain.
_SETTINGS = text(
    "SELECT set_config('statement_timeout', :timeout, true), set_config('work_mem', '64MB', true),"
    " set_config('jit', 'off', true)"
)

_index = table("texts_index", column("rowid"))
_WRITE_INDEX = text("INSERT INTO texts_index(rowid, title, text) VALUES (:article, :title, :text)")


@dataclass(frozen=True, slots=True)
class PublicPart:
    """How much of the texts is published, where that is not all: nothing else is searched then."""

    modes: Mapping[str, Shown]
    """By the names of the sources whose texts are not published whole."""
    shown: Callable[[KeptArticle], KeptArticle]
    """Gives as much of an article as is published."""

    def words(self, kept: KeptArticle) -> Searchable | None:
        """Return what a query may look at of an article that is not published whole; None of others."""
        if kept.article.source not in self.modes:
            return None
        shown = self.shown(kept)
        return searchable(shown, *searched(shown.article), names_of(shown.article))


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for, and how many articles to return."""

    query: Query
    category: str = ""
    """The slug of one category; empty for all."""

    since: datetime | None = None
    until: datetime | None = None
    """Articles are found that were published in [since, until)."""

    order: Literal["newest", "best", "changed", "arrived"] = "newest"
    """The best articles are those with the words in their titles, the newest of them first; ``changed`` is
    the order in which they came or changed, the first of them first; ``arrived`` that in which they came."""

    limit: int = 20
    offset: int = 0

    public: PublicPart | None = None
    """Without it, all of the texts is searched."""

    after: tuple[datetime, int] | int | None = None
    """The last one that was seen: when it was published and its number; by ``changed`` its sequence alone, by
    ``arrived`` its number."""

    behind: int = 0
    """Of the sequence: articles are found that came or changed behind it."""

    seconds: int = SEARCH_TIMEOUT
    """How long it may take."""


class Searches(Database):
    """Searches in the texts of articles."""

    def search(self, wanted: Search) -> list[KeptArticle]:
        """Return what is found, at most ``limit`` articles. Raises StoreError if it takes too long."""
        with self._read() as connection, _in_time(connection, wanted.seconds) as deadline:
            query, exact = _query(connection, wanted)
            if exact:
                return read_articles(connection, query.limit(wanted.limit).offset(wanted.offset))
            found = _chosen(connection, query, wanted, deadline)
            return list(islice(found, wanted.offset, wanted.offset + wanted.limit))

    def count_found(self, wanted: Search, most: int) -> int:
        """Return how many articles are found on all pages, ``most`` at most. Raises StoreError."""
        with self._read() as connection, _in_time(connection, wanted.seconds) as deadline:
            # In no order, so that the index is asked for all of them.
            query, exact = _query(connection, replace(wanted, order="best"))
            if not exact:
                found = _chosen(connection, query, wanted, deadline)
                return sum(1 for _ in islice(found, most))
            counted = query.with_only_columns(articles.c.number).order_by(None).limit(most)
            return connection.execute(select(func.count()).select_from(counted.subquery())).scalar_one()

    def searched(self, kept: Sequence[KeptArticle]) -> dict[str, Searchable]:
        """Return by id what queries look at of articles, their files included."""
        with self._read() as connection:
            return _searched(connection, kept)


def save_texts(connection: Connection, new: Mapping[int, Article], replaced: Mapping[int, Article]) -> None:
    """Keep the texts in which a search looks for new and other articles, by their numbers."""
    rows = []
    numbered = {**new, **replaced}
    files = texts_of(connection, {item.text for one in numbered.values() for item in one.attachments})
    for number, article in numbered.items():
        title, words = searched(
            article, [files[item.text] for item in article.attachments if item.text in files]
        )
        names = "\n".join(map(SEPARATOR.join, names_of(article)))
        rows.append({"article": number, "title": title, "text": words, "names": names})
    change_in(connection, delete(texts), texts.c.article, replaced)
    insert_rows(connection, texts, rows)
    if rows and connection.dialect.name == "sqlite":
        # By a trigger it takes three times as long: SQLite would write the index to the disk after each row.
        connection.execute(_WRITE_INDEX, rows)


def _searched(connection: Connection, kept: Sequence[KeptArticle]) -> dict[str, Searchable]:
    held = select(articles.c.id, texts.c.title, texts.c.text, texts.c.names).join(texts)
    rows = {row.id: row for row in rows_in(connection, held, articles.c.id, [one.id for one in kept])}
    found = {}
    for one in kept:
        if row := rows.get(one.id):
            lines = (
                row.names.splitlines()
                if row.names is not None
                else map(SEPARATOR.join, names_of(one.article))
            )
            names = ((name, value) for name, _, value in (line.partition(SEPARATOR) for line in lines))
            found[one.id] = searchable(one, row.title, row.text, names)
    return found


def _chosen(
    connection: Connection, query: Select[Any], wanted: Search, deadline: float
) -> Iterator[KeptArticle]:
    """Yield those of a query's articles that are meant, where SQL finds more."""
    offset = 0
    while rows := read_articles(connection, query.limit(PAGE).offset(offset)):
        offset += PAGE
        held = _searched(connection, rows)
        for kept in rows:
            if time.monotonic() > deadline:
                raise _too_long()
            try:
                words = (wanted.public and wanted.public.words(kept)) or held.get(kept.id)
                meant = words is not None and wanted.query.matches(words)
            except ReadError as exc:
                raise StoreError(str(exc)) from exc
            if meant:
                yield kept


def _query(connection: Connection, wanted: Search) -> tuple[Select[Any], bool]:
    """Return the query for what is found, and whether it finds nothing else."""
    sqlite = connection.dialect.name == "sqlite"
    found = select(articles).join(texts)
    if sqlite and (expression := trigrams(wanted.query.root)):
        # The index knows in which texts trigrams are, but not where: the texts are asked as well.
        found = found.join(_index, _index.c.rowid == articles.c.number)
        found = found.where(text("texts_index MATCH :trigrams").bindparams(trigrams=expression))
    modes = wanted.public.modes if wanted.public else {}
    condition, exact = Conditions(connection, modes).of(wanted.query.root)
    limits = list(_limits(wanted))
    if not sqlite and (indexed := grams(wanted.query.root)) is not None:
        nearest = (
            _nearest(connection, condition, limits, wanted) if exact and wanted.order != "best" else None
        )
        found = found.where(indexed if nearest is None else is_among(articles.c.number, nearest))
    return _ordered(found.where(condition, *limits), wanted), exact


def _nearest(
    connection: Connection,
    condition: ColumnElement[bool],
    limits: Sequence[ColumnElement[bool]],
    wanted: Search,
) -> Sequence[int] | None:
    """Return the numbers of what is found near in an order; None where more is asked for than is near."""
    some = select(articles.c.number, articles.c.published, articles.c.sequence).where(*limits)
    first = _ordered(some, wanted).limit(MAX_WALKED).subquery()
    among = select(first.c.number).join(articles, articles.c.number == first.c.number).join(texts)
    most = wanted.offset + wanted.limit
    found = connection.scalars(_ordered(among.where(condition), wanted, first.c).limit(most)).all()
    if len(found) == most:
        return found
    walked = connection.execute(select(func.count()).select_from(first)).scalar_one()
    return found if walked < MAX_WALKED else None


def _limits(wanted: Search) -> Iterator[ColumnElement[bool]]:
    if wanted.category:
        named = select(func.coalesce(categories.c.leads_to, categories.c.number))
        category = named.where(categories.c.slug == wanted.category).scalar_subquery()
        filed = select(filings.c.article).where(filings.c.category == category)
        yield articles.c.number.in_(filed)
    if wanted.since:
        yield articles.c.published >= wanted.since
    if wanted.until:
        yield articles.c.published < wanted.until
    if wanted.behind:
        yield articles.c.sequence > wanted.behind
    if isinstance(wanted.after, int):
        yield (articles.c.sequence if wanted.order == "changed" else articles.c.number) > wanted.after
    elif wanted.after:
        yield tuple_(articles.c.published, articles.c.number) < wanted.after


def _ordered(found: Select[Any], wanted: Search, by: Any = articles.c) -> Select[Any]:
    newest: Sequence[ColumnElement[Any]] = (by.published.desc(), by.number.desc())
    if wanted.order == "changed":
        return found.order_by(by.sequence)
    if wanted.order == "arrived":
        return found.order_by(by.number)
    if wanted.order == "newest":
        return found.order_by(*newest)
    titled = sum(
        (case((holds(texts.c.title, term), 1), else_=0) for term in wanted.query.words),
        start=case((by.number > 0, 0), else_=0),
    )
    return found.order_by(titled.desc(), *newest)


@contextmanager
def _in_time(connection: Connection, seconds: int) -> Iterator[float]:
    """End a search that takes too long, since nobody waits for it any more; gives its end."""
    deadline = time.monotonic() + seconds
    try:
        if connection.dialect.name == "sqlite":
            driver: Any = connection.connection.driver_connection
            driver.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
            try:
                yield deadline
            finally:
                driver.set_progress_handler(None, 0)
        else:
            connection.execute(_SETTINGS, {"timeout": str(seconds * 1000)})
            yield deadline
    except DBAPIError as exc:
        if "interrupt" in str(exc.orig) or "statement timeout" in str(exc.orig):
            raise _too_long() from exc
        raise


def _too_long() -> StoreError:
    return StoreError(f"the search took more than {SEARCH_TIMEOUT} seconds; name more words")
