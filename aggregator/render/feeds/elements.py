"""Elements of an entry, written as text.

An entry is written for every article, and feedgen takes eight times as long. What is written has neither
characters that XML forbids nor lone surrogates (``item``).
"""

from collections.abc import Callable, Iterable
from html import escape

from aggregator.render import paths
from aggregator.render.feeds.item import Item
from aggregator.settings import Site

MEDIA_RSS = "http://search.yahoo.com/mrss/"
DC, DCTERMS = "http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/"
TERMS = {
    "number": "dc:identifier",
    "agency": "dc:publisher",
    "subject": "dc:subject",
    "written": "dcterms:created",
    "issued": "dcterms:issued",
    "effective": "dcterms:valid",
    "access": "dcterms:accessRights",
}
"""The terms of the DCMI Metadata Terms that say what these named facts are."""
# What a parser would take for a blank (XML 1.0, 2.11 and 3.3.3).
_BREAKS = str.maketrans({"\t": "&#9;", "\n": "&#10;", "\r": "&#13;"})


WriteCategory = Callable[[str, str], str]
"""Writes a category of an entry: its name, and the URI that tells it from others of that name, or nothing."""


def element(name: str, text: str = "", /, **attributes: str) -> str:
    """Write an element with a text, or with attributes alone."""
    given = "".join([f' {key}="{_quoted(value)}"' for key, value in attributes.items()])
    return f"<{name}{given}>{_escaped(text)}</{name}>" if text else f"<{name}{given}/>"


def markup(name: str, html: str, /, **attributes: str) -> str:
    """Write an element whose text is HTML, as it is: with its marks escaped, it would be a fifth longer."""
    if not html or "\r" in html:  # which a parser would take for a line feed
        return element(name, html, **attributes) if html else ""
    given = "".join([f' {key}="{escape(value)}"' for key, value in attributes.items()])
    text = html.replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}{given}><![CDATA[{text}]]></{name}>"


def categories(site: Site, item: Item, write: WriteCategory) -> Iterable[str]:
    """Write the categories, tags and named facts of an item."""
    for category in item.categories:
        yield write(category.label, paths.absolute(site, paths.category_path(category)))
    for tag in item.tags:
        yield write(tag, "")
    for one in item.fields:
        for value in one.values:
            yield write(value, paths.field_scheme(site, one))


def terms(item: Item) -> Iterable[str]:
    """Write the named facts of an item for which Dublin Core has a term, one element for each value."""
    return (
        element(TERMS[one.name], value) for one in item.fields if one.name in TERMS for value in one.values
    )


def mirror(name: str, item: Item) -> str:
    """Write the link to our share page, where the article has another address."""
    return element(name, rel="related", href=item.share) if item.share != item.original else ""


def thumbnail(item: Item) -> str:
    """Write the picture of an item, where there is one."""
    return element("media:thumbnail", url=item.picture) if item.picture else ""


def _escaped(text: str) -> str:
    return escape(text, quote=False).replace("\r", "&#13;")


def _quoted(value: str) -> str:
    escaped = escape(value)
    return escaped if escaped.isprintable() else escaped.translate(_BREAKS)
