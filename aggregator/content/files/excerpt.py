"""How much of its files' texts an article shows."""

import html
from collections.abc import Mapping, Sequence

from lxml.html import HtmlElement, HTMLParser, fragment_fromstring, tostring

from aggregator.model import Attachment, FileText
from aggregator.text.text import text_of

MAX_ARTICLE = 200_000
"""Characters of a file that is an article; its whole text is kept and searched."""
MAX_BEGINNING = 2_000
"""Characters of a file below the few lines of its article's page."""
FEW_LINES = 200
"""Characters of a text that only introduces its file."""


def beginnings_of(
    content: str, attachments: Sequence[Attachment], files: Mapping[str, FileText], own: str
) -> str:
    """Return how the files of an article begin, if it has only a few lines itself, else "".

    ``own`` is the address of the file that is the article, if it is one.
    """
    read = [(item, files[item.address]) for item in attachments if item.address in files]
    shown = [(item, file) for item, file in read if file.content and item.address != own]
    if not shown or len(text_of(content)) > FEW_LINES:
        return ""
    return "".join(
        f'<h2><a href="{html.escape(item.address)}">{html.escape(item.title, quote=False) or "…"}</a></h2>'
        + beginning(file.content, MAX_BEGINNING)
        for item, file in shown
    )


def beginning(content: str, limit: int) -> str:
    """Return the first blocks of clean HTML, up to a number of characters and whole rows of tables."""
    if len(text_of(content)) <= limit:
        return content
    root = fragment_fromstring(
        content, create_parent="div", parser=HTMLParser(encoding="utf-8", huge_tree=True)
    )
    _cut(root, limit)
    return "".join(tostring(child, encoding="unicode") for child in root) + "<p>…</p>"


def _cut(element: HtmlElement, room: int) -> int:
    """Take out of an element what lies behind so many characters; return how many are left."""
    for child in list(element):
        if room <= 0:
            element.remove(child)
        elif len(child) and len(child.text_content()) > room:
            room = _cut(child, room)
        else:
            room -= len(child.text_content())
    return room
