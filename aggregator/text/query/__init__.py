"""The language of queries: one for searches, feeds and rules, with one meaning in memory and in databases."""

from aggregator.text.query.parse import MAX_CONFIGURED, parse_query
from aggregator.text.query.strays import find_stray
from aggregator.text.query.syntax import ANYTHING, Query, QueryError, Searchable, either
from aggregator.text.query.words import fold_case, mark, names_of, searchable, searched, snippet

__all__ = [
    "ANYTHING",
    "MAX_CONFIGURED",
    "Query",
    "QueryError",
    "Searchable",
    "either",
    "find_stray",
    "fold_case",
    "mark",
    "names_of",
    "parse_query",
    "searchable",
    "searched",
    "snippet",
]
