"""The values of a page of search results."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aggregator.model import Category, KeptArticle

Order = Literal["newest", "best"]
Pieces = Sequence[tuple[str, bool]]
"""A text in pieces, each with whether it is what was looked for."""
MAX_COUNT = 1000
"""The results that are counted; more are said to be more."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A query with its filters, and one page of its results."""

    query: str
    category: str = ""
    since: str = ""
    """A day (YYYY-MM-DD), or empty; ``until`` too."""
    until: str = ""
    order: Order = "newest"
    categories: tuple[Category, ...] = ()
    results: tuple[tuple[KeptArticle, Pieces, Pieces], ...] = ()
    """Articles with their titles and a snippet each."""
    count: int = 0
    """How many there are on all pages, ``MAX_COUNT`` at most."""
    newer: str = ""
    """The address of the page with newer results; empty where there is none, ``older`` too."""
    older: str = ""
    feeds: tuple[tuple[str, str, str], ...] = ()
    """Name, media type and address of the same results as feeds."""
    filters: tuple[str, ...] = ()
    """The filters that are set, for people."""
    problem: str = ""
    """The key of the text that says why there are no results."""
    limit: int = 0
    """The number in that text."""
    place: str = ""
    """The part of the query that cannot be read."""
