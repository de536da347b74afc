"""Feeds. What reads them is loaded where one is read: `check` looks at a thousand tables without it."""

from collections.abc import Iterator

from aggregator.model import Entry, Fetched, Listing, Request
from aggregator.settings import Source
from aggregator.sources import options, paging, selectors
from aggregator.sources.templates import check_templates

FIELDS = frozenset({"title", "link", "id", "author", "category"})
"""Fields of a feed's entry that templates may name."""


def check(source: Source) -> Iterator[tuple[str, str]]:
    """Find fault with what only a feed's table can have wrong; see :class:`aggregator.sources.Kind`."""
    yield from selectors.check_page(source)
    yield from check_templates(source, FIELDS)
    yield from paging.check(source)
    yield from paging.unused(source, "next", "cursor")
    yield from options.check_none(source)


def ask(source: Source, number: int, before: Fetched | None) -> Request | None:
    """Ask for the page that the one before names, or count ``{page}``."""
    if before is None or paging.counts(source):
        return paging.ask(source, number, before)
    from aggregator.sources.feed_list import next_page

    return paging.follow(source, number, next_page(before), before.address)


def read_list(source: Source, fetched: Fetched) -> Listing:
    """Read a feed. Raises ReadError where the answer is none."""
    from aggregator.sources.feed_list import read_list as read

    return read(source, fetched)


def read_article(source: Source, entry: Entry, fetched: Fetched) -> Entry:
    """Take the body from the entry's page. Raises ReadError where it has none."""
    from aggregator.sources import page

    return page.read_article(source, entry, fetched)
