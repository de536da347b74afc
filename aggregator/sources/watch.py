"""Pages that are watched: the page is its source's one article, every change of it a state of that."""

from collections.abc import Iterator
from dataclasses import replace

from bs4 import Tag

from aggregator.content.metadata.value import Finding
from aggregator.errors import ReadError
from aggregator.model import Entry, Fetched, Listing, Request
from aggregator.settings import ListRules, Paging, Source
from aggregator.sources import options, page, paging, selectors
from aggregator.sources.describe import page_title
from aggregator.sources.provenance import rules_of, values_of
from aggregator.sources.templates import check_templates
from aggregator.text.addresses import canonical

FIELDS = frozenset({"title", "link"})
"""Fields of a watched page that templates may name."""


def check(source: Source) -> Iterator[tuple[str, str]]:
    """Find fault with what only a watched page can have wrong; see :class:`aggregator.sources.Kind`."""
    if source.list != ListRules():
        yield "list", "is for lists; what is watched of the page is said by [source.article]"
    if source.paging != Paging():
        yield "paging", "is for lists: a page that is watched has no further ones"
    yield from selectors.check_page(source)
    yield from check_templates(source, FIELDS)
    yield from options.check_none(source)


def ask(source: Source, number: int, before: Fetched | None) -> Request | None:
    """Ask for the page."""
    return paging.request(source, number) if before is None else None


def read_list(source: Source, fetched: Fetched) -> Listing:
    """Read the page as its own list. Raises ReadError where nothing on it is to be watched."""
    entry = Entry(canonical(source.url), address=source.url, rules={"key": "the source's address"})
    return Listing((read_article(source, entry, fetched),))


def read_article(source: Source, entry: Entry, fetched: Fetched) -> Entry:
    """Take what is watched: every element that ``article.body`` matches, else the whole body of the page."""
    soup = page.parse(fetched)
    rule = source.article.body or "body"
    elements = soup.select(rule)
    matched = {id(element) for element in elements}
    outer = [one for one in elements if not any(id(parent) in matched for parent in one.parents)]
    if not outer:
        raise ReadError(f"article.body {rule!r} matches nothing on its page", fault="no-body")
    found = {
        "title": Finding(
            page.select_text(soup, source.article.title), f"article.title {source.article.title!r}"
        )
        or Finding(source.label, "label")
        or Finding(page_title(fetched), "the page's title")
        or Finding(source.name, "name"),
        "published": Finding(page.select_text(soup, source.article.date, numbers=True), "article.date"),
        "content": Finding("\n".join(map(_markup, outer)), f"article.body {rule!r}"),
    }
    return replace(
        entry,
        **values_of(found),
        base=page.base_of(soup, fetched),
        fields={"title": found["title"].value, "link": source.url},
        rules={**entry.rules, **rules_of(found)},
    )


def _markup(element: Tag) -> str:
    """Give an element as a block; a cell or an item without its table or list would be lost."""
    whole = element.name in ("table", "ul", "ol", "dl", "pre", "p", "img")
    return str(element) if whole else f"<div>{element.decode_contents()}</div>"
