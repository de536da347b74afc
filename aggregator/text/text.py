"""Plain text: cleaned of control characters, folded, read from HTML and written as HTML."""

import html
import re
from collections.abc import Mapping

from aggregator.text.elements import BLOCKS, PLAIN_TAGS, TABLES, UNSPACED

# Control characters (XML 1.0, section 2.2, and the C1 of ECMA-48, which it discourages) and lone surrogates,
# which UTF-8 cannot carry.
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Characters that a terminal acts upon (ECMA-48: C0 but tab and line feed, C1), and those that turn the order
# of what follows (Unicode, bidirectional overrides and isolates).
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
TAG = re.compile(r'</?([a-zA-Z][a-zA-Z0-9]*+)(?:[^">]++|"[^"]*")*+>')
# A tag is one that only HTML has, one with an attribute, or an end tag.
# ``List<int>`` and ``<your name>`` are text.
MARKUP = re.compile(
    rf"<(?:{'|'.join(sorted(PLAIN_TAGS))})(?=[\s/>])[^<>]{{0,4000}}>|</[a-z][\w:-]{{0,40}}\s*>"
    r"|<[a-z][\w:-]{0,40}\s[^<>]{0,4000}?=[^<>]{0,4000}>|<!--|<!\[CDATA\[|<!doctype",
    re.IGNORECASE,
)
DECLARATION = re.compile(r"<!--.*?-->|<[!?][^<>]*>", re.DOTALL)
REFERENCE = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,10});")
_TEXT_FOR = dict.fromkeys(UNSPACED, "")
"""What stands in a text for the tags of an element; a blank for all others."""
_LINES_FOR = {**_TEXT_FOR, **dict.fromkeys((BLOCKS | TABLES) - {"td", "th"} | {"br"}, "\x1f")}
"""The same in lines: a unit separator, which no text of ours has, for those of a block."""
WRAPPED = range(50, 101)
"""Lengths of lines in a text that somebody's mail program or editor has broken into lines."""


def scrub(text: str) -> str:
    """Return a text without control characters and lone surrogates."""
    return text if text.isprintable() else ILLEGAL.sub("", text)


def tame(text: str) -> str:
    """Return a text that a terminal only shows, with U+FFFD for characters that it would act upon."""
    return STEERING.sub("\ufffd", text)


def tame_json(text: str) -> str:
    """Return JSON that says the same and steers no terminal: what would do so is written by its number."""
    return STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def fold(text: str) -> str:
    """Return a text in one line: every run of white space is one blank, and none stands at the ends."""
    return " ".join(text.split())


def plain(markup: str) -> str:
    """Return the text of any HTML in one line."""
    if not MARKUP.search(markup):
        return fold(html.unescape(markup) if REFERENCE.search(markup) else markup)
    from aggregator.text.html import parse_html  # loads beautifulsoup4, which `check` need not wait for

    soup = parse_html(markup)
    for element in soup(["script", "style", "template"]):
        element.decompose()
    return text_of(DECLARATION.sub("", str(soup)))


def text_of(markup: str) -> str:
    """Return the text of well-formed HTML in one line; this is many times faster than ``plain``."""
    return fold(html.unescape(_without_tags(markup, _TEXT_FOR)))


def lines_of(markup: str) -> list[str]:
    """Return the text of well-formed HTML with a line for every block."""
    text = html.unescape(_without_tags(markup, _LINES_FOR))
    return list(map(fold, text.split("\x1f")))


def _without_tags(markup: str, instead: Mapping[str, str]) -> str:
    """Return markup with another text for each tag."""
    pieces = TAG.split(markup)  # each second one is a tag's name
    pieces[1::2] = [instead.get(name.lower(), " ") for name in pieces[1::2]]
    return "".join(pieces)


def paragraphs(text: str) -> str:
    """Return plain text as HTML, a paragraph for each line that is not blank.

    Lines that a program has wrapped are joined again, up to the next blank line.
    """
    blocks = [[line.strip() for line in block.splitlines()] for block in re.split(r"\n\s*\n", text)]
    lines = [line for block in blocks for line in ([" ".join(block)] if _is_wrapped(block) else block)]
    return "".join(f"<p>{html.escape(line)}</p>" for line in lines if line)


def _is_wrapped(lines: list[str]) -> bool:
    """Tell whether lines end where their width ends: all but the last are long, and of one width."""
    widths = [len(line) for line in lines[:-1]]
    return bool(widths) and all(width in WRAPPED for width in widths) and max(widths) - min(widths) < 20


def as_html(text: str) -> str:
    """Return HTML as it is, and text without markup as paragraphs; references in it are read."""
    return text if MARKUP.search(text) else paragraphs(html.unescape(text))
