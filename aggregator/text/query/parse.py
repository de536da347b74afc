"""Reads a query: words, "phrases", OR, -not, (groups), field:value, days, /patterns/."""

import unicodedata
from functools import lru_cache
from zoneinfo import ZoneInfo

from aggregator.text.query.syntax import All, Any, Node, Not, Query, QueryError, leaves
from aggregator.text.text import scrub

MAX_QUERY = 200
"""Characters of a query that a visitor writes."""
MAX_TERMS = 16
"""Words of such a query."""
MAX_GROUPS = 50
"""Brackets of any query; reading one takes several levels of Python's stack."""
MAX_CONFIGURED = 100_000
"""Characters of a query in the configuration, where a list of words may stand in it."""

_QUOTES = {ord(mark): '"' for mark in "“”„"}


@lru_cache(512)
def parse_query(text: str, zone: str = "UTC", *, longest: int = MAX_QUERY) -> Query:
    """Read a query; days begin in ``zone``. Case, width and curly quotes do not count.

    Raises QueryError where there is nothing to look for, too much, or an error, whose place it names.
    """
    if len(text) > longest:
        raise QueryError("lengthy", longest, f"has more than {longest} characters")
    plain = unicodedata.normalize("NFKC", scrub(text)).translate(_QUOTES).strip()
    if plain.count("(") > MAX_GROUPS:
        raise QueryError("crowded", MAX_GROUPS, f"has more than {MAX_GROUPS} brackets")
    from aggregator.text.query.grammar import read_nodes  # loaded where there is a query to read

    root = read_nodes(plain, ZoneInfo(zone)) if plain else None
    if root is None:
        raise QueryError("empty", 1, "names no word to look for")
    if not _asks(root):
        raise QueryError("empty", 1, "names only what is left out; add a word to look for")
    if longest == MAX_QUERY and sum(1 for _ in leaves(root)) > MAX_TERMS:
        raise QueryError("crowded", MAX_TERMS, f"has more than {MAX_TERMS} words")
    return Query(root)


def _asks(node: Node) -> bool:
    """Tell whether a query names anything to look for, and not only what is left out."""
    match node:
        case All():
            return any(map(_asks, node.nodes))
        case Any():
            return all(map(_asks, node.nodes))
    return not isinstance(node, Not)
