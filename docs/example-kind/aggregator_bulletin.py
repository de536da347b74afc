"""Bulletins: plain text, a line for each notice with its date, title and address, set apart by tabs."""

from __future__ import annotations

from collections.abc import Iterator

from aggregator.errors import ReadError
from aggregator.model import Entry, Fetched, Listing, Request, Unreadable
from aggregator.settings import Source
from aggregator.sources import options, page, paging, selectors
from aggregator.sources.describe import refuse
from aggregator.text.addresses import canonical, resolve
from aggregator.text.charset import decode
from aggregator.text.text import fold


def check(source: Source) -> Iterator[tuple[str, str]]:
    """Find fault with a bulletin's table, as (dotted key, message)."""
    if source.list.entry:
        yield "list.entry", "means nothing here: every line of a bulletin is an entry"
    yield from selectors.check_page(source)
    yield from paging.check(source)
    yield from options.check_none(source)


def ask(source: Source, number: int, before: Fetched | None) -> Request | None:
    """Ask for the bulletin, or for its pages where ``{page}`` in its address counts them."""
    return paging.ask(source, number, before)


def read_list(source: Source, fetched: Fetched) -> Listing:
    """Read a bulletin. Raises ReadError where the answer has no line of one."""
    entries: dict[str, Entry] = {}
    unreadable: list[Unreadable] = []
    for line in decode(fetched.body, fetched.content_type, html=False).splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        date, title, address = (fold(part) for part in (*line.split("\t", 2), "", "")[:3])
        address = resolve(fetched.address, address)
        if not address:
            unreadable.append(Unreadable(fold(line)[:60], f"has no address: {fold(line)[:60]!r}"))
            continue
        # Without content, the entry's own page is asked for, and given to read_article.
        entry = Entry(canonical(address), title=title, address=address, published=date, base=fetched.address)
        entries.setdefault(entry.key, entry)
    if not entries:
        raise refuse(fetched, "a bulletin") if unreadable else ReadError("has no notices", fault="empty")
    return Listing(tuple(entries.values()), tuple(unreadable))


def read_article(source: Source, entry: Entry, fetched: Fetched) -> Entry:
    """Complete an entry from its page, an HTML one, by ``[source.article]``."""
    return page.read_article(source, entry, fetched)
