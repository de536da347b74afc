"""What a search found, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from aggregator.model import Category, KeptArticle

Order = Literal["newest", "best"]


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A query with its filters, and one page of its results with a snippet each.

    ``since`` and ``until`` are days (YYYY-MM-DD) or empty. ``newer`` and ``older`` are the addresses of the
    pages beside this one, empty where there are none; ``feeds`` are (name, media type, address) of the same
    results as feeds. ``problem`` says why there are no results.
    """

    query: str
    category: str = ""
    since: str = ""
    until: str = ""
    order: Order = "newest"
    categories: tuple[Category, ...] = ()
    results: tuple[tuple[KeptArticle, str], ...] = ()
    newer: str = ""
    older: str = ""
    feeds: tuple[tuple[str, str, str], ...] = ()
    problem: str = ""
