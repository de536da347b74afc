"""Known containers: the elements into which publishing systems put their articles."""

import itertools
from collections.abc import Sequence
from operator import itemgetter

from lxml import etree, html

from aggregator.content.body.names import holds_file
from aggregator.content.body.tree import MARK
from aggregator.content.body.units import Unit, linked, total, units_within

# Each is an attribute and its value; the comment names the system.
CONTAINERS = (
    ("id", "UCAP-CONTENT"),  # gov.cn and who uses its system
    ("class", "pages_content"),  # the same, before
    ("class", "TRS_Editor"),  # TRS WCM
    ("class", "TRS_UEDITOR"),
    ("class", "Three_xilan_07"),  # market regulators
    ("class", "zt_xilan_07"),
    ("class", "v_news_content"),  # VSB, universities and hospitals
    ("class", "wp_articlecontent"),  # WebPlus, universities
    ("id", "js_content"),  # accounts of WeChat
    ("id", "ContentBody"),  # Eastmoney
    ("id", "con_con"),
    ("id", "zoom"),  # many; the text that a reader may enlarge
)
MIN_SIZE = 40
"""The size of text from which on a container counts; a smaller one needs an image or a file."""
MIN_DECLARED = 400
"""The size from which on a declared body is more than a teaser."""
MAX_LINKED = 0.3
"""The share of links from which on a declared body is a list."""


def find_known(body: html.HtmlElement, units: Sequence[Unit]) -> tuple[str, html.HtmlElement] | None:
    """Return the name and the element of the known container that carries something, if one does."""
    found: dict[tuple[str, str], list[html.HtmlElement]] = {}
    for element in body.iterdescendants(etree.Element):
        for attribute in ("id", "class"):
            for value in (element.get(attribute) or "").split():
                found.setdefault((attribute, value), []).append(element)
    framed = [("jcms marks", element) for element in body.iter("div") if element.get(MARK)]
    named = [
        (("#" if key[0] == "id" else ".") + key[1], element)
        for key in CONTAINERS
        for element in found.get(key, ())
    ]
    for name, alternatives in itertools.groupby((*framed, *named), key=itemgetter(0)):
        element = max((choice for _, choice in itertools.islice(alternatives, 20)), key=_length)
        inner = units_within(element, units)
        if total(inner) - linked(inner) >= MIN_SIZE or _shows(element):
            return name, element
    return None


def find_declared(body: html.HtmlElement, units: Sequence[Unit]) -> list[Unit]:
    """Return the units of the largest ``articleBody`` of schema.org, where there is one of some length.

    The libraries come first, since on many pages leads, pictures and notes stand beside it.
    """
    choices = (
        units_within(element, units)
        for element in body.iterdescendants(etree.Element)
        if "articleBody" in (element.get("itemprop") or "").split()
    )
    largest = max(choices, key=total, default=[])
    return largest if total(largest) >= MIN_DECLARED and linked(largest) < MAX_LINKED * total(largest) else []


def _length(element: html.HtmlElement) -> int:
    return len("".join(element.itertext()).strip())


def _shows(element: html.HtmlElement) -> bool:
    return next(element.iter("img"), None) is not None or holds_file(element)
