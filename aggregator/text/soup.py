"""HTML as a tree that stays shallow, however deep strangers nest it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bs4 import BeautifulSoup, Tag

# libxml2's own limit where it is not told to read huge trees. Chromium's is 512; real pages stay under 60.
DEPTH = 256


def parse_html(markup: str, *, verbatim: Collection[str] | None = None) -> BeautifulSoup:
    """Parse HTML, a page or a piece of one, no deeper than ``DEPTH`` elements.

    What is opened deeper stands beside what is open there, as in browsers: walks up, down and through the
    tree, and the sanitiser that reads it once more, would otherwise take the square of the depth.
    ``verbatim`` names the elements in which white space is kept; without it that is as in browsers.
    """
    if verbatim is None:
        return _Shallow(markup, "lxml")
    return _Shallow(markup, "lxml", preserve_whitespace_tags=set(verbatim))


class _Shallow(BeautifulSoup):
    def handle_starttag(self, *args: Any, **kwargs: Any) -> Tag | None:
        if len(self.tagStack) > DEPTH:
            self.endData()
            self.popTag()
        return super().handle_starttag(*args, **kwargs)
