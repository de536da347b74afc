"""The page as an lxml tree of limited size and depth."""

import itertools
import re
from typing import cast

from lxml import etree, html

from aggregator.content.media import is_formula
from aggregator.text.text import scrub

MAX_MARKUP = 3_000_000
"""Characters of markup that are read; the rest is ignored."""
MAX_DEPTH = 100
"""Levels of nesting that are kept: both libraries take time by the level."""
MAX_ELEMENTS = 20_000
"""Elements that are kept, in document order."""

MIN_NOSCRIPT = 500
"""Characters from which on a ``<noscript>`` holds an article and no excuse."""

MARK = "data-aggregator-mark"
"""The attribute of the element that we put around an article which jcms frames by comments."""

_NEVER_READ = ("script", "style", "template", "textarea", "select")
_UNREAD = ("noscript", *"button datalist dialog form head input link meta nav".split())
# The parser takes quadratic time on a tag of thousands of attributes, so such a tag loses them.
_LONG_TAG = re.compile(r"<([a-zA-Z][\w-]*)\s([^<>]{4000,})")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_MAX_ATTRIBUTES = 300
_TOO_DEEP = "*/" * MAX_DEPTH + "*"
_JCMS = re.compile(r"<!--\s{0,9}ZJEG_RSS\.content\.(begin|end)\s{0,9}-->", re.IGNORECASE)
_LENGTH = etree.XPath("string-length(normalize-space())")
_HIDDEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)


def read_tree(markup: str, address: str) -> html.HtmlElement | None:
    """Parse a page and return its ``body``; None where there is nothing to parse.

    Links to the page itself, at ``address``, become links to a place on it.
    """
    text = _JCMS.sub(r"<mark-\1></mark-\1>", _LONG_TAG.sub(_shorten, scrub(markup[:MAX_MARKUP])))
    # A parser without huge_tree throws away what is nested deeper than 256 levels.
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        body = html.document_fromstring(text.encode("utf-8"), parser=parser).find("body")
    except (etree.LxmlError, ValueError):
        return None
    if body is None:
        return None
    _limit(body)
    _frame(body)
    for link in body.iter("a"):
        page, mark, place = (link.get("href") or "").partition("#")
        if mark and page == address:
            link.set("href", mark + place)
    _free(body)
    return body


def tidy(body: html.HtmlElement) -> None:
    """Take out what no reader sees; what a script would have shown stays for the sanitiser to show.

    What holds most of the page's text stays: a menu that was never closed, a page hidden until a script ran.
    """
    for element in list(body.iterdescendants("noscript")):
        if _length(element) >= MIN_NOSCRIPT and not _shows_later(element):
            element.drop_tag()
    for element in list(body.iterdescendants(*_NEVER_READ)):
        if not _shows_later(element) and element.getparent() is not None:
            element.drop_tree()
    most = _length(body) / 2
    hidden = (one for one in body.xpath(".//*[@style or @hidden]") if _is_hidden(one))
    for element in (*body.iterdescendants(*_UNREAD), *hidden):
        if element.getparent() is not None and not _shows_later(element) and _length(element) <= most:
            element.drop_tree()


def _length(element: html.HtmlElement) -> float:
    return cast("float", _LENGTH(element))


def _is_hidden(element: html.HtmlElement) -> bool:
    return element.get("hidden") is not None or bool(_HIDDEN.search(element.get("style") or ""))


def title_of(body: html.HtmlElement) -> str:
    """Return what the page around a body is called."""
    return body.getroottree().findtext(".//title") or ""


def _shows_later(element: html.HtmlElement) -> bool:
    """Tell whether ``content.media`` makes something to see of an element that browsers with scripts hide."""
    if element.tag == "script":
        return is_formula(element.get("type") or "")
    return (
        element.tag == "noscript" and next(element.iter("img", "iframe", "video", "audio"), None) is not None
    )


def _frame(body: html.HtmlElement) -> None:
    """Put what stands between the first two marks of jcms into a ``div`` of its own."""
    marks = list(body.iter("mark-begin", "mark-end"))
    if marks and marks[0].tag == "mark-begin":
        after = list(marks[0].itersiblings())
        between = list(itertools.takewhile(lambda sibling: sibling.tag != "mark-end", after))
        if len(between) < len(after):
            frame = html.Element("div", {MARK: "jcms"})
            frame.text, marks[0].tail = marks[0].tail, None
            frame.extend(between)
            marks[0].addnext(frame)
    for mark in marks:
        mark.drop_tree()


def _free(body: html.HtmlElement) -> None:
    """Unwrap a form around most of a page, as ASP.NET writes it, because both libraries drop forms."""
    whole = len(body.text_content())
    for form in list(body.iter("form")):
        if 2 * len(form.text_content()) > whole:
            form.drop_tag()


def _shorten(tag: re.Match[str]) -> str:
    return f"<{tag[1]} " if len(_QUOTED.sub("", tag[2]).split()) > _MAX_ATTRIBUTES else tag[0]


def _limit(body: html.HtmlElement) -> None:
    """Drop surplus elements, and hang those that lie too deep under their last ancestor allowed."""
    elements = list(body.iterdescendants(etree.Element))
    for element in reversed(elements[MAX_ELEMENTS:]):
        element.getparent().remove(element)
    if not body.xpath(_TOO_DEEP):
        return
    depth = {body: 0}
    for element in elements[:MAX_ELEMENTS]:
        depth[element] = depth[element.getparent()] + 1
    # One by one they would take the square of their number.
    for element in elements[:MAX_ELEMENTS]:
        if depth[element] > MAX_DEPTH:
            element.tag = "deep"
    etree.strip_tags(body, "deep")
