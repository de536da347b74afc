"""Plain text: cleaned of control characters, folded, read from HTML and written as HTML."""

from __future__ import annotations

import html
import re

from aggregator.text.html import UNSPACED, parse_html

# Control characters (XML 1.0, section 2.2, and the C1 of ECMA-48, which it discourages) and lone surrogates,
# which UTF-8 cannot carry.
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Characters that a terminal acts upon (ECMA-48: C0 but tab and line feed, C1), and those that turn the order
# of what follows (Unicode, bidirectional overrides and isolates).
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
TAG = re.compile(r'</?([a-zA-Z][a-zA-Z0-9]*)(?:"[^"]*"|[^">])*>')
MARKUP = re.compile(r"<[a-zA-Z/!][^>]{0,2000}>|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,10});")


def scrub(text: str) -> str:
    """Return a text without control characters and lone surrogates."""
    return ILLEGAL.sub("", text)


def tame(text: str) -> str:
    """Return a text that a terminal only shows, with U+FFFD for characters that it would act upon."""
    return STEERING.sub("\ufffd", text)


def fold(text: str) -> str:
    """Return a text in one line: every run of white space is one blank, and none stands at the ends."""
    return " ".join(text.split())


def plain(markup: str) -> str:
    """Return the text of any HTML in one line."""
    if not MARKUP.search(markup):
        return fold(markup)
    soup = parse_html(markup)
    for element in soup(["script", "style", "template"]):
        element.decompose()
    return fold(soup.get_text(" "))


def text_of(markup: str) -> str:
    """Return the text of HTML that ``clean`` made, in one line; this is many times faster than ``plain``."""
    return fold(html.unescape(TAG.sub(lambda tag: "" if tag[1].lower() in UNSPACED else " ", markup)))


def paragraphs(text: str) -> str:
    """Return plain text as HTML, a paragraph for each line that is not blank."""
    return "".join(f"<p>{html.escape(line)}</p>" for line in map(str.strip, text.splitlines()) if line)


def as_html(text: str) -> str:
    """Return HTML as it is, and text without markup as paragraphs."""
    return text if MARKUP.search(text) else paragraphs(text)
