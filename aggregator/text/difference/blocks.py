"""The blocks of a text in HTML: paragraphs, headings, items, and rows of tables with their cells."""

import re
from dataclasses import dataclass
from typing import Any

from lxml import etree
from lxml.html import HTMLParser, fragment_fromstring

from aggregator.text.difference.words import as_word, is_solid, tokens_of
from aggregator.text.elements import BLOCKS, HEADINGS, TABLES

_ITEMS = frozenset({"li", "dt", "dd", "pre", "blockquote", "figcaption", *HEADINGS})


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A block of one state: its words, in several cells where it is a row of a table."""

    tag: str
    cells: tuple[tuple[str, ...], ...]

    @property
    def tokens(self) -> tuple[str, ...]:
        """The words of all cells."""
        return tuple(token for cell in self.cells for token in cell)


def read_blocks(markup: str) -> list[TextBlock]:
    """Return the blocks of a fragment that hold anything, in their order."""
    if not markup.strip():
        return []
    root = fragment_fromstring(markup, create_parent="div", parser=HTMLParser(huge_tree=True))
    reader = _Reader()
    for event, element in etree.iterwalk(root, events=("start", "end")):
        reader.start(element) if event == "start" else reader.end(element)
    reader.flush()
    return reader.blocks


class _Reader:
    """Collects the blocks of a tree during one walk."""

    def __init__(self) -> None:
        self.blocks: list[TextBlock] = []
        self._open: list[str] = []
        self._tokens: list[str] = []
        self._row: list[tuple[str, ...]] | None = None

    def start(self, element: Any) -> None:
        tag = element.tag
        if not isinstance(tag, str):
            return
        if tag == "tr" and self._row is None:
            self.flush()
            self._row = []
        elif tag in BLOCKS or tag in TABLES:
            self.flush()
        self._open.append(tag)
        if tag == "br":
            self._tokens.append("\n")
        elif tag == "img":
            self._tokens.append(as_word(element.get("src")))
        self._add(element.text)

    def end(self, element: Any) -> None:
        tag = element.tag
        if isinstance(tag, str):
            if tag == "a":
                self._tokens.append(as_word(element.get("href")))
            if tag in ("td", "th") and self._row is not None and "tr" in self._open:
                self._row.append(self._taken())
            elif tag == "tr" and self._open.count("tr") == 1:
                self._end_row()
            elif tag in BLOCKS or tag in TABLES:
                self.flush()
            self._open.pop()
        self._add(element.tail)

    def flush(self) -> None:
        """End the block that is being read; within a row it goes on, as a cell is one block."""
        if self._row is not None:
            self._add(" ")
            return
        tag = next((tag for tag in reversed(self._open) if tag in _ITEMS), "p")
        if any(map(is_solid, tokens := self._taken())):
            self.blocks.append(TextBlock(tag, (tokens,)))

    def _end_row(self) -> None:
        row, self._row = self._row or [], None
        self._tokens.clear()
        if any(is_solid(token) for cell in row for token in cell):
            self.blocks.append(TextBlock("tr", tuple(row)))

    def _add(self, text: str | None) -> None:
        if text:
            kept = text if "pre" in self._open else re.sub(r"\s+", " ", text)
            self._tokens.extend(tokens_of(kept))

    def _taken(self) -> tuple[str, ...]:
        tokens, self._tokens = self._tokens, []
        # Blanks at the ends and twice in a row come from the markup.
        kept = [one for at, one in enumerate(tokens) if one != " " or (at and tokens[at - 1] != " ")]
        while kept and not kept[-1].strip():
            kept.pop()
        while kept and not kept[0].strip():
            kept.pop(0)
        return tuple(kept)
