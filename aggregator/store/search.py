"""Finding articles by what stands in them: SQLite's FTS5 by trigrams, PostgreSQL by LIKE."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, case, column, func, or_, select, table, text
from sqlalchemy.exc import DBAPIError

from aggregator.errors import StoreError
from aggregator.model import Article, KeptArticle
from aggregator.store.articles import read
from aggregator.store.database import upsert
from aggregator.store.schema import articles, categories, filings, texts
from aggregator.text.query import Query, searched

SECONDS = 5
"""How long a search may take."""

TRIGRAM = 3
_STEPS = 20_000  # of SQLite's machine between two looks at the clock

_index = table("texts_index", column("rowid"), column("rank"))


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for: a query, in one category (a slug) or all, published in [since, until).

    Best first means: found in titles before found in texts.
    """

    query: Query
    category: str = ""
    since: datetime | None = None
    until: datetime | None = None
    order: Literal["newest", "best"] = "newest"
    limit: int = 20
    offset: int = 0


def save_texts(connection: Connection, numbered: dict[int, Article]) -> None:
    """Keep what a search looks through of articles, by number."""
    rows = []
    for number, article in numbered.items():
        title, words = searched(article)
        rows.append({"article": number, "title": title, "text": words})
    upsert(connection, texts, rows, [texts.c.article])


def search(connection: Connection, wanted: Search) -> list[KeptArticle]:
    """Return what is found, no more than ``limit``. Raises StoreError where it takes too long."""
    sqlite = connection.dialect.name == "sqlite"
    found = select(articles).join(texts)
    long = [term for term in wanted.query.wanted if len(term) >= TRIGRAM] if sqlite else []
    if long:
        phrases = " AND ".join('"{}"'.format(term.replace('"', '""')) for term in long)
        found = found.join(_index, _index.c.rowid == articles.c.number)
        found = found.where(text("texts_index MATCH :phrases").bindparams(phrases=phrases))
    found = found.where(
        *(_holds(term, sqlite) for term in wanted.query.wanted if term not in long),
        *(~_holds(term, sqlite) for term in wanted.query.unwanted),
        *_limits(wanted),
    )
    found = _ordered(found, wanted, bool(long), sqlite).limit(wanted.limit).offset(wanted.offset)
    with _in_time(connection, sqlite):
        return read(connection, found)


def _limits(wanted: Search) -> Iterator[ColumnElement[bool]]:
    if wanted.category:
        filed = select(filings.c.article).join(categories).where(categories.c.slug == wanted.category)
        yield articles.c.number.in_(filed)
    if wanted.since:
        yield articles.c.published >= wanted.since
    if wanted.until:
        yield articles.c.published < wanted.until


def _holds(term: str, sqlite: bool) -> ColumnElement[bool]:
    """A term stands in title or text; both sides are folded already."""
    if sqlite:
        return or_(func.instr(texts.c.title, term) > 0, func.instr(texts.c.text, term) > 0)
    return or_(texts.c.title.contains(term, autoescape=True), texts.c.text.contains(term, autoescape=True))


def _ordered(found: Select[Any], wanted: Search, ranked: bool, sqlite: bool) -> Select[Any]:
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
    if ranked:
        return found.order_by(titled.desc(), text("bm25(texts_index, 10.0, 1.0)"), *newest)
    return found.order_by(titled.desc(), *newest)


@contextmanager
def _in_time(connection: Connection, sqlite: bool) -> Iterator[None]:
    """End a search that takes too long: nobody waits for it any more."""
    deadline = time.monotonic() + SECONDS
    try:
        if sqlite:
            driver: Any = connection.connection.driver_connection
            driver.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
            try:
                yield
            finally:
                driver.set_progress_handler(None, 0)
        else:
            connection.execute(text(f"SET LOCAL statement_timeout = {SECONDS * 1000}"))
            yield
    except DBAPIError as exc:
        if "interrupt" in str(exc.orig) or "statement timeout" in str(exc.orig):
            raise StoreError(f"the search took more than {SECONDS} seconds; name more words") from exc
        raise
