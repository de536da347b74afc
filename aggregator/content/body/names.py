"""Tests for elements of an lxml tree: furniture, links to files."""

from __future__ import annotations

import re

from lxml import etree, html

from aggregator.text.filetypes import DOCUMENTS
from aggregator.text.furniture import is_furniture_within
from aggregator.text.html import LANDMARKS

_FILE = re.compile(rf"\.(?:{'|'.join(sorted(DOCUMENTS))})(?:$|[?#])", re.IGNORECASE)


def is_furniture(element: html.HtmlElement) -> bool:
    """Tell whether an element's class or id names what surrounds articles."""
    return is_furniture_within(f"{element.get('class', '')} {element.get('id', '')}"[:500])


def holds_file(element: html.HtmlElement) -> bool:
    """Tell whether an element links to a file, by the ending of its address."""
    return any(_FILE.search(link.get("href") or "") for link in element.iter("a"))


def stands_aside(element: html.HtmlElement) -> bool:
    """Tell whether an element or one around it is furniture, by name or by tag."""
    return any(
        around.tag in LANDMARKS or (around.tag != "body" and is_furniture(around))
        for around in (element, *element.iterancestors(etree.Element))
    )
