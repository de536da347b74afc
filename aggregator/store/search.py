"""Full-text search: by trigrams in SQLite (FTS5), by LIKE in PostgreSQL."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, case, column, func, or_, select, table, text
from sqlalchemy.exc import DBAPIError

from aggregator.errors import StoreError
from aggregator.model import Article, KeptArticle
from aggregator.store.articles import read_articles
from aggregator.store.database import Database, rows_in, upsert
from aggregator.store.filetexts import texts_of
from aggregator.store.schema import articles, categories, filings, texts
from aggregator.text.query import Query, searched

SEARCH_TIMEOUT = 5
"""Seconds that a search may take."""

TRIGRAM = 3
"""Characters that a term must have to be found by the index."""

_STEPS = 20_000  # instructions of SQLite's virtual machine between two looks at the clock

_index = table("texts_index", column("rowid"))


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for, and how many articles to return."""

    query: Query
    category: str = ""
    """The slug of one category; empty for all."""

    since: datetime | None = None
    until: datetime | None = None
    """Articles are found that were published in [since, until)."""

    order: Literal["newest", "best"] = "newest"
    """The best articles are those with the words in their titles, the newest of them first."""

    limit: int = 20
    offset: int = 0


class Searches(Database):
    """Searches in the texts of articles."""

    def search(self, wanted: Search) -> list[KeptArticle]:
        """Return what is found, at most ``limit`` articles. Raises StoreError if it takes too long."""
        with self._read() as connection:
            sqlite = connection.dialect.name == "sqlite"
            with _in_time(connection, sqlite):
                return read_articles(connection, _query(wanted, sqlite))

    def count_found(self, wanted: Search, most: int) -> int:
        """Return how many articles are found on all pages, ``most`` at most. Raises StoreError."""
        with self._read() as connection:
            sqlite = connection.dialect.name == "sqlite"
            every = replace(wanted, order="newest", limit=most, offset=0)
            found = _query(every, sqlite).with_only_columns(articles.c.number).order_by(None)
            with _in_time(connection, sqlite):
                return connection.execute(select(func.count()).select_from(found.subquery())).scalar_one()

    def searched(self, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Return by id the titles and texts, their files' included, in which a search looks for articles."""
        held = select(articles.c.id, texts.c.title, texts.c.text).join(texts)
        with self._read() as connection:
            return {row.id: (row.title, row.text) for row in rows_in(connection, held, articles.c.id, ids)}


def save_texts(connection: Connection, numbered: dict[int, Article]) -> None:
    """Keep the texts in which a search looks for articles, by their numbers."""
    rows = []
    files = texts_of(connection, {item.text for one in numbered.values() for item in one.attachments})
    for number, article in numbered.items():
        title, words = searched(
            article, [files[item.text] for item in article.attachments if item.text in files]
        )
        rows.append({"article": number, "title": title, "text": words})
    upsert(connection, texts, rows, [texts.c.article])


def _query(wanted: Search, sqlite: bool) -> Select[Any]:
    found = select(articles).join(texts)
    if sqlite and (trigrams := _trigrams(wanted.query.wanted)):
        # The index knows in which texts trigrams are, but not where: the texts are asked as well.
        found = found.join(_index, _index.c.rowid == articles.c.number)
        found = found.where(text("texts_index MATCH :trigrams").bindparams(trigrams=trigrams))
    found = found.where(
        *(_holds(term, sqlite) for term in wanted.query.wanted),
        *(~_holds(term, sqlite) for term in wanted.query.unwanted),
        *_limits(wanted),
    )
    return _ordered(found, wanted, sqlite).limit(wanted.limit).offset(wanted.offset)


def _trigrams(terms: Sequence[str]) -> str:
    """Return an expression of FTS5 for texts that have all trigrams of some terms; "" if they have none."""
    found = {
        term[start : start + TRIGRAM]: None for term in terms for start in range(len(term) - TRIGRAM + 1)
    }
    return " ".join('"{}"'.format(trigram.replace('"', '""')) for trigram in found)


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


def _holds(term: str, sqlite: bool) -> ColumnElement[bool]:
    """Return the condition that a term is in title or text; both sides are folded already."""
    if sqlite:
        return or_(func.instr(texts.c.title, term) > 0, func.instr(texts.c.text, term) > 0)
    return or_(texts.c.title.contains(term, autoescape=True), texts.c.text.contains(term, autoescape=True))


def _ordered(found: Select[Any], wanted: Search, sqlite: bool) -> Select[Any]:
    newest: Sequence[ColumnElement[Any]] = (articles.c.published.desc(), articles.c.number.desc())
    if wanted.order == "newest":
        return found.order_by(*newest)
    titled = sum(
        (
            case(((func.instr if sqlite else func.strpos)(texts.c.title, term) > 0, 1), else_=0)
            for term in wanted.query.wanted
        ),
        start=case((articles.c.number > 0, 0), else_=0),
    )
    return found.order_by(titled.desc(), *newest)


@contextmanager
def _in_time(connection: Connection, sqlite: bool) -> Iterator[None]:
    """End a search that takes too long, since nobody waits for it any more."""
    deadline = time.monotonic() + SEARCH_TIMEOUT
    try:
        if sqlite:
            driver: Any = connection.connection.driver_connection
            driver.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
            try:
                yield
            finally:
                driver.set_progress_handler(None, 0)
        else:
            connection.execute(text(f"SET LOCAL statement_timeout = {SEARCH_TIMEOUT * 1000}"))
            yield
    except DBAPIError as exc:
        if "interrupt" in str(exc.orig) or "statement timeout" in str(exc.orig):
            raise StoreError(f"the search took more than {SEARCH_TIMEOUT} seconds; name more words") from exc
        raise
