"""The values of a page of search results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from aggregator.model import Category, KeptArticle

Order = Literal["newest", "best"]


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
    results: tuple[tuple[KeptArticle, str], ...] = ()
    """Articles with a snippet each."""
    newer: str = ""
    """The address of the page with newer results; empty where there is none, ``older`` too."""
    older: str = ""
    feeds: tuple[tuple[str, str, str], ...] = ()
    """Name, media type and address of the same results as feeds."""
    problem: str = ""
    """Why there are no results."""
