"""Kinds of sources, one file each: they turn the bytes of an answer into entries.

A kind is found by its name, among these files or in the entry point group ``aggregator.sources``.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Protocol, cast

from aggregator.model import Entry, Fetched, Listing, Request
from aggregator.settings import Source

BUILT_IN = ("feed", "listing", "api", "sitemap", "jpaas", "watch")
"""Names of the kinds that come with the program; each is a module of this package."""


class Kind(Protocol):
    """How one kind of source is checked and read. No function of it does I/O or reads a clock."""

    def check(self, source: Source) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with a source's table, as (dotted key, message)."""
        ...

    def ask(self, source: Source, number: int, before: Fetched | None) -> Request | None:
        """Give the request for page ``number`` of the list, from 1, or None where the list ends.

        ``before`` is the answer that gave the previous page. Most kinds take
        :func:`aggregator.sources.paging.ask`. Raises ReadError where ``before`` cannot be read.
        """
        ...

    def read_list(self, source: Source, fetched: Fetched) -> Listing:
        """Read an answer to a request of ``ask`` or ``Listing.more``.

        An entry with ``content=None`` asks for its page. Raises ReadError where the answer as a whole is not
        what this kind reads.
        """
        ...

    def read_article(self, source: Source, entry: Entry, fetched: Fetched) -> Entry:
        """Return the entry with what its own page adds. Raises ReadError where it has no body."""
        ...


@cache
def find_kind(name: str) -> Kind | None:
    """Give the kind of that name, or None."""
    if name in BUILT_IN:
        return cast("Kind", import_module(f"aggregator.sources.{name}"))
    for point in entry_points(group="aggregator.sources", name=name):
        return cast("Kind", point.load())
    return None


def kind_names() -> list[str]:
    """Name every kind that can be used, the built-in ones first."""
    return [*BUILT_IN, *sorted(point.name for point in entry_points(group="aggregator.sources"))]
