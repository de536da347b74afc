"""``[source.list]``, ``[source.article]`` and their like: what in an answer is what."""

import re
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from aggregator.settings.values import Pattern, Patterns, Table, Texts


class ListRules(Table):
    """``[source.list]``: selectors of the entries of a list, and of their fields.

    CSS selectors for HTML, JMESPath for an api.
    """

    entry: str = ""
    """One entry of the list; the other keys count from it."""
    id: str = ""
    """What the entry is known by, where it has no address of its own."""
    link: str = ""
    """The address of the article; without it, a listing takes the entry's first link that leads to a
    page.
    """
    title: str = ""
    """The title; `":scope"` takes the link's own text, without that of elements inside of it."""
    date: str = ""
    """The date; `":scope"` takes the entry's own text."""
    summary: str = ""
    """The summary."""
    author: str = ""
    """The author, or several."""
    body: str = ""
    """The text, where it stands in the list itself."""
    attachments: str = ""
    """The article's files."""
    html: str = ""
    """The JMESPath of the HTML in a JSON answer, for a `listing`."""


class Replacement(Table):
    """``[[source.article.replace]]``: what matches a pattern becomes something else (as in re.sub)."""

    field: Literal["content", "title", "summary", "author", "origin"] = "content"
    """The field in which something is replaced."""
    pattern: Pattern
    """A regular expression of Python's."""
    with_: Annotated[str, Field(alias="with")] = ""
    """What takes the place of what matches; `\\1` is the first group."""

    @field_validator("with_")
    @classmethod
    def _fits(cls, value: str, info: ValidationInfo) -> str:
        if pattern := info.data.get("pattern"):
            try:
                re.sub(pattern, value, "")
            except (re.error, IndexError) as exc:
                raise ValueError(f"does not fit its pattern: {exc}") from exc
        return value


class ArticleRules(Table):
    """``[source.article]``: selectors of the fields on an article's own page.

    CSS selectors for HTML, JMESPath for an api whose articles are JSON.
    """

    body: str = ""
    """Where the text is; without it, the text is [found by itself](extraction.md)."""
    title: str = ""
    """The title; it beats that of the list."""
    date: str = ""
    """The date; it beats that of the list."""
    author: str = ""
    """The author."""
    origin: str = ""
    """Whom the article names as its origin."""
    next: str = ""
    """What leads to the next part of the article; without it, usual links are followed (`下一页`,
    `a_2.html`).
    """
    attachments: str = ""
    """What leads to files beside the text."""
    remove: Texts = ()
    """Selectors of what is taken out with all that it holds."""
    unwrap: Texts = ()
    """Selectors of elements that leave only what they hold."""
    replace: Annotated[tuple[Replacement, ...], Field(strict=False)] = ()
    """Texts that are replaced before anything is cleaned, see
    [`[[source.article.replace]]`](#sourcearticlereplace).
    """
    format: Literal["", "html", "json"] = ""
    """What the page is: `"json"` or `"html"`; without it, JSON where `article_url` names it for an
    `api`, else HTML.
    """


class Paging(Table):
    """``[source.paging]``: how the further pages of a list are found."""

    next: str = ""
    """Where the address of the next page stands: a CSS selector, or JMESPath in JSON."""
    cursor: str = ""
    """The JMESPath of what `{cursor}` becomes; the first page has an empty one."""
    url: str = ""
    """A template of the further pages over `{page}` and `{cursor}`, where the source's own `url` or
    `body` is none.
    """
    first: int = 1
    """The number from which `{page}` counts."""


class Filter(Table):
    """``[source.keep]`` and ``[source.block]``: a query, and regular expressions on an article's fields."""

    query: str = ""
    """A query in the [language of searches](search.md)."""
    title: Patterns = ()
    """Regular expressions on the title, of which one must match."""
    text: Patterns = ()
    """The same on the text."""
    category: Patterns = ()
    """The same on the categories."""
    author: Patterns = ()
    """The same on the authors."""
    address: Patterns = ()
    """The same on the address."""
