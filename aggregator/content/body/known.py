"""Known containers: the elements into which publishing systems put their articles."""

import itertools
from collections.abc import Sequence
from operator import itemgetter

from lxml import etree, html

from aggregator.content.body.blocks import leads_away, size_of
from aggregator.content.body.names import holds_file
from aggregator.content.body.tree import MARK

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


def find_known(body: html.HtmlElement, markup: str) -> tuple[str, html.HtmlElement] | None:
    """Return the name and the element of the known container that carries something, if one does.

    ``markup`` is the page's own.
    """
    found = _find_named(body, [key for key in CONTAINERS if key[1] in markup])
    framed = [("jcms marks", element) for element in body.iter("div") if element.get(MARK)]
    choices = [
        (("#" if key[0] == "id" else ".") + key[1], element)
        for key in CONTAINERS
        for element in found.get(key, ())
    ]
    for name, alternatives in itertools.groupby((*framed, *choices), key=itemgetter(0)):
        element = max((choice for _, choice in itertools.islice(alternatives, 20)), key=_length)
        if _says_something(element):
            return name, element
    return None


def _find_named(
    body: html.HtmlElement, names: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[html.HtmlElement]]:
    """Return the elements that have one of these attributes and values."""
    found: dict[tuple[str, str], list[html.HtmlElement]] = {}
    for element in body.iterdescendants(etree.Element) if names else ():
        for attribute, value in names:
            if value in (element.get(attribute) or "").split():
                found.setdefault((attribute, value), []).append(element)
    return found


def _says_something(element: html.HtmlElement) -> bool:
    links = (link for link in element.iter("a") if leads_away(link))
    return size_of(element) - sum(map(size_of, links)) >= MIN_SIZE or _shows(element)


def _length(element: html.HtmlElement) -> int:
    return len("".join(element.itertext()).strip())


def _shows(element: html.HtmlElement) -> bool:
    return next(element.iter("img"), None) is not None or holds_file(element)
