"""Tests for elements of an lxml tree: furniture, links to files."""

import re

from lxml import etree, html

from aggregator.text.elements import LANDMARKS
from aggregator.text.filetypes import DOCUMENTS
from aggregator.text.furniture import is_furniture_within

_FILE = re.compile(rf"\.(?:{'|'.join(sorted(DOCUMENTS))})(?:$|[?#])", re.IGNORECASE)
_PICTURE = re.compile(r"\.(?:avif|bmp|gif|jpe?g|png|svg|tiff?|webp)(?:$|[?#])", re.IGNORECASE)
_DECORATION = re.compile(r"logo|icon|avatar|qr_?code|banner|button|sprite|pixel|spacer|emoji", re.IGNORECASE)
MIN_PICTURE = 100
"""Pixels of the sides of a picture that can be an article."""


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


def shows_article(element: html.HtmlElement) -> bool:
    """Tell whether a picture, player or link can be all that an article consists of.

    That is a file, or a picture that is neither small, nor called a logo or icon, nor a link to another page.
    In navigation nothing is.
    """
    address = element.get("href") or element.get("src") or element.get("data") or ""
    if element.tag in ("a", "iframe", "embed", "object"):
        found = _FILE.search(address) is not None
    elif element.tag == "img":
        found = _is_main_picture(element, address)
    else:
        found = element.tag in ("video", "audio")
    return found and not stands_aside(element) and not _is_in_page_header(element)


def _is_main_picture(image: html.HtmlElement, address: str) -> bool:
    """Tell whether an image is large, no decoration, and no link to another page."""
    sizes = (image.get(name, "").strip().removesuffix("px") for name in ("width", "height"))
    if any(size.isdecimal() and int(size) < MIN_PICTURE for size in sizes):
        return False
    link = next(image.iterancestors("a"), None)
    if link is not None:
        address = link.get("href") or address
        if not _PICTURE.search(address) and not _FILE.search(address):
            return False
    return not _DECORATION.search(f"{address[-200:]} {image.get('class', '')[:200]}")


def _is_in_page_header(element: html.HtmlElement) -> bool:
    tags = [around.tag for around in element.iterancestors(etree.Element)]
    return "header" in tags and "article" not in tags
