"""HTML pages read by CSS selectors: shared by every kind whose articles have pages of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import soupsieve
from bs4 import BeautifulSoup, Tag

from aggregator.content.addresses import resolve
from aggregator.content.charset import decode
from aggregator.content.text import fold
from aggregator.errors import ReadError
from aggregator.model import Entry, Fetched
from aggregator.settings import ArticleRules, ListRules, Source


def check_selectors(table: str, rules: ListRules | ArticleRules) -> Iterator[tuple[str, str]]:
    """Find the values of a table that are not CSS selectors."""
    for key, value in rules.model_dump(exclude={"replace", "format"}).items():
        for selector in value if isinstance(value, tuple) else (value,):
            if selector:
                try:
                    soupsieve.compile(selector)
                except (soupsieve.SelectorSyntaxError, ValueError, NotImplementedError) as exc:
                    yield f"{table}.{key}", f"{selector!r} is not a CSS selector: {str(exc).splitlines()[0]}"


def parse(fetched: Fetched) -> BeautifulSoup:
    """Parse an answer as HTML in its own characters. Raises ReadError for what is plainly not a page."""
    if fetched.body.startswith((b"%PDF", b"\x89PNG", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise ReadError(f"is a file, not a page ({fetched.content_type or 'no content type'})")
    return BeautifulSoup(decode(fetched.body, fetched.content_type), "lxml")


def base_of(soup: BeautifulSoup, fetched: Fetched) -> str:
    """Give the address that relative ones count from (HTML, the base element)."""
    element = soup.select_one("base[href]")
    return (resolve(fetched.address, value_of(element, "href")) if element else "") or fetched.address


def value_of(element: Tag, attribute: str) -> str:
    """Read one attribute as text; empty where it is missing."""
    value = element.get(attribute)
    return value if isinstance(value, str) else " ".join(value or ())


def text_of(element: Tag) -> str:
    """Read what an element says: the content of a meta, the datetime of a time, else its text.

    Lists shorten a long title and keep the whole one in the title attribute.
    """
    if element.name == "meta":
        return fold(value_of(element, "content"))
    if element.name == "time" and element.get("datetime"):
        return fold(value_of(element, "datetime"))
    text = fold(element.get_text())
    whole = fold(value_of(element, "title"))
    return whole if whole and (not text or text.rstrip().endswith(("…", "..."))) else text


def select_text(root: Tag, selector: str) -> str:
    """Read the first matching element that says anything; empty without one."""
    if not selector:
        return ""
    return next((text for element in root.select(selector) if (text := text_of(element))), "")


def read_article(source: Source, entry: Entry, fetched: Fetched) -> Entry:
    """Fill an entry from its own page by the selectors of ``[source.article]``.

    Raises ReadError where ``article.body`` matches nothing.
    """
    rules = source.article
    soup = parse(fetched)
    body = soup.select_one(rules.body)
    if body is None:
        raise ReadError(f"article.body {rules.body!r} matches nothing on its page")
    found = {
        "title": select_text(soup, rules.title),
        "published": select_text(soup, rules.date),
        "author": select_text(soup, rules.author),
        "origin": select_text(soup, rules.origin),
    }
    named: dict[str, Any] = {name: value for name, value in found.items() if value}
    given = {"published": "date"}
    said = {
        name: f"article.{given.get(name, name)} {getattr(rules, given.get(name, name))!r}" for name in named
    }
    return replace(
        entry,
        **named,
        content=body.decode_contents(),
        base=base_of(soup, fetched),
        address=entry.address or fetched.address,
        rules={**entry.rules, **said, "content": f"article.body {rules.body!r}"},
    )
