"""HTML: a tree that stays shallow, and what its elements say."""

from collections.abc import Collection, Iterator
from typing import Any, TypeGuard

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString

from aggregator.text.elements import UNSPACED

DEPTH = 256
"""Levels of nesting: libxml2's own limit for ordinary trees. Chromium has 512, real pages stay under 60."""


def parse_html(markup: str, *, verbatim: Collection[str] | None = None) -> BeautifulSoup:
    """Parse HTML, a page or a piece of one, no deeper than ``DEPTH`` elements.

    What is opened deeper stands beside what is open there, as in browsers: walks up, down and through the
    tree, and the sanitiser that reads it once more, would otherwise take the square of the depth.
    ``verbatim`` names the elements in which white space is kept; without it that is as in browsers.
    """
    if verbatim is None:
        return _Shallow(markup, "lxml")
    return _Shallow(markup, "lxml", preserve_whitespace_tags=set(verbatim))


def attribute(element: Tag, name: str) -> str:
    """Return an attribute as one text, "" where there is none."""
    value = element.get(name)
    return value if isinstance(value, str) else " ".join(value or ())


def short_text(element: Tag, longest: int) -> str:
    """Return the text of an element, "" where it has more than ``longest`` characters; no more are read."""
    text = ""
    for piece in element.strings:
        text += piece + " "
        if len(text) > longest:
            return ""
    return text.strip()


def spaced_text(element: Tag, *, numbers: bool = False) -> str:
    """Return the text of an element, with a blank wherever a block or a line ends.

    With ``numbers`` one also parts digits of two elements, such as a day and the month beside it.
    """
    text, ended = "", False
    for piece in _pieces(element):
        if piece and numbers and ended and text[-1:].isnumeric() and piece[0].isnumeric():
            text += " "
        text += piece
        ended = not piece
    return text


def _pieces(element: Tag) -> Iterator[str]:
    """Yield the texts of an element, blanks where words end, and "" where an element within a line does."""
    # Without recursion, since a hostile tree is as deep as Python's stack.
    open_elements: list[tuple[Iterator[Any], str | None]] = [(iter(element.contents), None)]
    while open_elements:
        children, mark = open_elements[-1]
        for child in children:
            if is_text(child):
                yield str(child)
            elif isinstance(child, Tag) and child.name not in ("script", "style", "template"):
                mark = " " if child.name not in UNSPACED else "" if child.name not in ("sub", "sup") else None
                open_elements.append((iter(child.contents), mark))
                break
        else:
            open_elements.pop()
        if mark is not None:
            yield mark


def is_text(node: object) -> TypeGuard[NavigableString]:
    """Tell whether a node is text, and neither an element nor a comment or declaration."""
    return isinstance(node, NavigableString) and not isinstance(node, PreformattedString)


class _Shallow(BeautifulSoup):
    def handle_starttag(self, *args: Any, **kwargs: Any) -> Tag | None:
        if len(self.tagStack) > DEPTH:
            self.endData()
            self.popTag()
        return super().handle_starttag(*args, **kwargs)
