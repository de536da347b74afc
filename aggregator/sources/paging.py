"""How a list goes on: the request for each of its pages, by ``[source.paging]``."""

from __future__ import annotations

from collections.abc import Iterator

from aggregator.content.addresses import fill, placeholders
from aggregator.model import Fetched, Request
from aggregator.settings import Source

FIELDS = frozenset({"page", "cursor"})


def check(source: Source) -> Iterator[tuple[str, str]]:
    """Find templates that name what no page of a list has."""
    for key, template in (("url", source.url), ("paging.url", source.paging.url)):
        for name in sorted(placeholders(template) - FIELDS):
            yield key, f"{{{name}}} is not known here; there are {{page}} and {{cursor}}"


def ask(source: Source, number: int, before: Fetched | None) -> Request | None:
    """Ask for the first page of a list, or for one that ``{page}`` in a template counts to.

    Kinds that find the next address or a cursor in the answer before give it to :func:`request`.
    """
    if before is not None and "page" not in _named(source):
        return None
    return request(source, number)


def request(source: Source, number: int, *, address: str = "", cursor: str = "") -> Request:
    """Make the request for page ``number``: at an address that was found, else by the templates."""
    fields = {"page": str(source.paging.first + number - 1), "cursor": cursor}
    template = source.paging.url if number > 1 and source.paging.url else source.url
    return Request(
        address or fill(template, fields, quote=True),
        method=source.method,
        body=fill(source.body, fields, quote=False),
    )


def _named(source: Source) -> set[str]:
    return placeholders(source.url) | placeholders(source.paging.url) | placeholders(source.body)
