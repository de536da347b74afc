"""Listings: HTML pages that list articles, read by CSS selectors."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from bs4 import Tag

from aggregator.content.addresses import canonical, resolve
from aggregator.content.text import fold
from aggregator.errors import ReadError
from aggregator.model import Entry, Fetched, Listing, Unreadable
from aggregator.settings import ListRules, Source
from aggregator.sources import page
from aggregator.sources.families import expand_datastore
from aggregator.sources.templates import check_templates

FIELDS = frozenset({"title", "link", "id", "author", "date"})
OWN_TEXT = ":scope"
"""As ``list.date``: the entry's own text, outside every element in it (``<li><a>…</a> 2026-03-05</li>``)."""


def check(source: Source) -> Iterator[tuple[str, str]]:
    """Find fault with what only a listing's table can have wrong; see :class:`aggregator.sources.Kind`."""
    if not source.list.entry:
        yield "list.entry", 'is missing: the CSS selector of one entry, such as "ul.news > li"'
    if not source.article.body:
        yield "article.body", "is missing: the CSS selector of the text on the article's page"
    yield from page.check_selectors("list", source.list)
    yield from page.check_selectors("article", source.article)
    yield from check_templates(source, FIELDS)


def read_list(source: Source, fetched: Fetched) -> Listing:
    """Read a list page. Raises ReadError where no entry matches."""
    soup = expand_datastore(page.parse(fetched))
    base = page.base_of(soup, fetched)
    found = soup.select(source.list.entry)
    if not found:
        raise ReadError(f"list.entry {source.list.entry!r} matches nothing on the page")
    entries: dict[str, Entry] = {}
    unreadable = []
    for element in found:
        entry = read_entry(source.list, element, base)
        if entry:
            entries.setdefault(entry.key, entry)
        elif text := page.text_of(element):
            key = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
            unreadable.append(Unreadable(key, f"has no link: {text[:60]!r}"))
    return Listing(tuple(entries.values()), tuple(unreadable))


def read_article(source: Source, entry: Entry, fetched: Fetched) -> Entry:
    """Take the body from the entry's page. Raises ReadError where it has none."""
    return page.read_article(source, entry, fetched)


def read_entry(rules: ListRules, element: Tag, base: str) -> Entry | None:
    """Read one entry of a list page; None where it has neither link nor id."""
    link = find_link(rules.link, element)
    address = resolve(base, page.value_of(link, "href")) if link else ""
    own_id = page.select_text(element, rules.id)
    if not address and not own_id:
        return None
    title_from = rules.title or rules.link
    title = page.select_text(element, title_from) if title_from else page.text_of(link or element)
    found = {
        "title": (title, f"list.title {rules.title!r}" if rules.title else "the link's text"),
        "address": (address, f"list.link {rules.link!r}" if rules.link else "first link of the entry"),
        "published": (select_date(rules.date, element), f"list.date {rules.date!r}"),
        "author": (page.select_text(element, rules.author), f"list.author {rules.author!r}"),
        "summary": (page.select_text(element, rules.summary), f"list.summary {rules.summary!r}"),
        "key": (
            own_id or canonical(address),
            f"list.id {rules.id!r}" if own_id else "canonical address",
        ),
    }
    values: dict[str, Any] = {name: value for name, (value, _) in found.items()}
    return Entry(
        **values,
        base=base,
        fields={
            "title": title,
            "link": address,
            "id": values["key"],
            "author": values["author"],
            "date": values["published"],
        },
        rules={name: rule for name, (value, rule) in found.items() if value},
    )


def find_link(selector: str, element: Tag) -> Tag | None:
    """Find the link of an entry: the selected one, else the entry itself or the first link in it."""
    if selector:
        return element.select_one(selector)
    return element if element.name == "a" and element.get("href") else element.select_one("a[href]")


def select_date(selector: str, element: Tag) -> str:
    """Read the date of an entry, as its source writes it."""
    if selector == OWN_TEXT:
        return fold(" ".join(element.find_all(string=True, recursive=False)))
    return page.select_text(element, selector)
