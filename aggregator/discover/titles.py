"""What a feed or a page calls itself: the label of the source that it becomes."""

import json

from lxml import etree

from aggregator.discover.page import parse_beginning
from aggregator.model import Fetched
from aggregator.sources.page import element_text
from aggregator.text.charset import decode
from aggregator.text.excerpt import shorten
from aggregator.text.text import fold, plain, scrub

MAX_LABEL_LENGTH = 80


def title_of(answer: Fetched) -> str:
    """Give the title of a feed or a page, as one line of text; empty where it has none."""
    start = answer.body.lstrip()[:1]
    if start in (b"{", b"["):
        return _label(_json_title(answer.body))
    return _label(_feed_title(answer.body) or _page_title(answer))


def _json_title(body: bytes) -> str:
    try:
        content = json.loads(body)
    except ValueError:
        return ""
    title = content.get("title") if isinstance(content, dict) else ""
    return title if isinstance(title, str) else ""


def _feed_title(body: bytes) -> str:
    """Give the first title below a channel or a feed; titles of entries and pictures lie deeper."""
    text = scrub(decode(body, html=False)).lstrip()
    parser = etree.XMLParser(
        encoding="utf-8", recover=True, resolve_entities=False, load_dtd=False, no_network=True
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        return ""
    for element in root.iter("{*}title") if root is not None else ():
        above = element.getparent()
        if above is not None and etree.QName(above).localname in ("channel", "feed"):
            # A title of RSS, or one of the type "html", may hold markup.
            return plain("".join(map(str, element.itertext())))
    return ""


def _page_title(answer: Fetched) -> str:
    title = parse_beginning(answer).find("title")
    return element_text(title) if title else ""


def _label(title: str) -> str:
    return shorten(fold(scrub(title)), MAX_LABEL_LENGTH)
