"""Excerpts: the first words of a text, for lists and summaries."""

import html
import re

from aggregator.text.elements import BLOCKS, TABLES

# A word ends at these tags, even without a blank.
BREAKS = BLOCKS | TABLES | {"br"}
# A tag with its name, or what begins like a declaration, which is a comment where it is none (HTML, 13.2.5).
TAG = re.compile(r"""</?([a-zA-Z][^\s/>]*)(?:"[^"]*"|'[^']*'|[^"'>])*>|<!--.*?-->|<[!?][^>]*>""", re.DOTALL)
BLANKS = re.compile(r"\s+")


def shorten(text: str, length: int) -> str:
    """Cut a text after at most ``length`` characters, between words where there are any."""
    if len(text) <= length:
        return text
    cut = text[:length]
    head, _, tail = cut.rpartition(" ")
    # Chinese has no blanks between words, so only a Latin word is cut off as a whole.
    return (head if head and tail.isascii() and len(tail) < length // 4 else cut).rstrip() + "…"


def opening(markup: str, length: int) -> str:
    """Return the first ``length`` characters of the text of well-formed HTML.

    Every run of white space is one blank, and blocks are set apart by one.
    """
    text, end = "", 0
    for tag in TAG.finditer(markup):
        text = _append(text, markup[end : tag.start()])
        if (tag[1] or "").lower() in BREAKS:
            text = _append(text, " ")
        end = tag.end()
        if len(text) > length + 1:
            break
    else:
        text = _append(text, markup[end:])
    return shorten(text.rstrip(), length)


def _append(text: str, markup: str) -> str:
    piece = BLANKS.sub(" ", html.unescape(markup))
    return text + (piece.lstrip() if not text or text.endswith(" ") else piece)
