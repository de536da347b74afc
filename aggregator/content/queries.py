"""The queries by which a source keeps articles or leaves them out, for what is known when one is made."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from aggregator.content.normalise import labels_of
from aggregator.model import Article, Entry
from aggregator.settings import Source
from aggregator.text.excerpt import shorten
from aggregator.text.query import (
    MAX_CONFIGURED,
    Query,
    Searchable,
    fold_case,
    names_of,
    parse_query,
    searched,
)

BEFORE_FILES = frozenset({"title", "category", "tag", "source", "author", "published"})
"""What the texts of files cannot change in an article."""
SHOWN_LENGTH = 80
"""Characters of a query that are shown; one with a list of words may be long."""


def refuse_unread(source: Source, entry: Entry, title: str, categories: Sequence[str]) -> str:
    """Return the query that leaves out an entry whatever its page says, or ""; an empty title is not known.

    Raises ReadError for a slow pattern.
    """
    known = {"source", *(("title",) if title else ()), *(("category", "tag") if categories else ())}
    values = _filing(source, entry, categories)
    return _refusal(source, Searchable(fold_case(title), values=values, known=frozenset(known)))


def refuse_made(source: Source, entry: Entry, article: Article, categories: Sequence[str]) -> str:
    """Return the query that leaves out an article, or "". Raises ReadError for a slow pattern.

    Where its files were not read, and could undo a block, it says so.
    """
    values = _filing(source, entry, categories)
    for name, named in groupby(sorted(names_of(article)), lambda pair: pair[0]):
        values[name] = [*values.get(name, ()), *(value for _, value in named)]
    title, text = searched(article, list(entry.files.values()))
    words = Searchable(title, text, values, article.published)
    refusal = _refusal(source, words)
    if refusal and any(file.address not in entry.files for file in article.attachments):
        sure = _refusal(source, replace(words, known=BEFORE_FILES))
        return sure or f"as far as it is read, {refusal}"
    return refusal


def _filing(source: Source, entry: Entry, categories: Sequence[str]) -> dict[str, Sequence[str]]:
    labels = labels_of(entry, source)
    return {
        "category": [fold_case(name) for name in (*categories, *(label.category for label in labels))],
        "tag": [fold_case(label.tag or label.category) for label in labels],
        "source": [fold_case(source.name)],
    }


def _refusal(source: Source, words: Searchable) -> str:
    if source.block.query and _query(source, source.block.query).matches(words):
        return f"block {shorten(source.block.query, SHOWN_LENGTH)!r} matches"
    if source.keep.query and _query(source, source.keep.query).excludes(words):
        return f"keep {shorten(source.keep.query, SHOWN_LENGTH)!r} does not match"
    return ""


def _query(source: Source, query: str) -> Query:
    return parse_query(query, source.timezone, longest=MAX_CONFIGURED)
