"""Excerpts: the first words of a text, for lists and summaries."""

import re
from html.parser import HTMLParser

from aggregator.text.html import BLOCKS, TABLES

# A word ends at these tags, even without a blank.
BREAKS = BLOCKS | TABLES | {"br"}
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
    """Return the first ``length`` characters of the text of HTML."""
    reader = _Opening()
    start, size = 0, 512
    # Pieces double in size, because the parser starts again at a tag that was cut (a data: address, say).
    while start < len(markup) and len(reader.text) <= length + 1:
        reader.feed(markup[start : start + size])
        start, size = start + size, size * 2
    reader.close()
    return shorten(reader.text.rstrip(), length)


class _Opening(HTMLParser):
    """Collects the text of HTML, every run of white space as one blank; blocks are set apart by one."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def parse_html_declaration(self, i: int) -> int:
        """Read what begins with ``<!`` at an offset; what is no declaration is a comment (HTML, 13.2.5)."""
        try:
            return super().parse_html_declaration(i)
        except AssertionError:  # Python 3.11 takes ``<![0`` for a fault of the program
            return self.parse_bogus_comment(i)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in BREAKS:
            self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        piece = BLANKS.sub(" ", data)
        self.text += piece if self.text and not self.text.endswith(" ") else piece.lstrip()
