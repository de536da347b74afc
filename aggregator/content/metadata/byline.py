"""The byline: date, author and origin that stand around an article's title, with or without labels."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Tag

from aggregator.content.clean import DROPPED
from aggregator.content.metadata.labels import CHINESE, JOINT, LATIN, find_date, one_line, read_labels
from aggregator.content.metadata.value import NOTHING, Finding, is_date, letters
from aggregator.content.surroundings import path_of, stands_aside, walk
from aggregator.text.elements import BLOCKS, TABLES
from aggregator.text.html import attribute, is_text, short_text

_LEFT_OUT = (DROPPED | {"button", "iframe", "form"}) - {"title"}
_BREAKING = (BLOCKS | TABLES) - {"td", "th"} | {"br", "body"}
_MAX_BEFORE, _MAX_AFTER, _MAX_PROSE = 4, 40, 3
"""Lines before and after a title that are searched, and how many of them may be paragraphs of the text."""

_PROSE = 100
"""Characters from which on a line is a paragraph of the text."""

# Dates beside such words are the page's, not the article's.
_TODAY = re.compile(
    r"星期|今天是|today is|农历|天气|copyright|©|版权|all rights|电话|备案|有效期", re.IGNORECASE
)
# Any other label, such as 会议时间：2026-03-05, makes a date that of an event; our labels were read before.
_LABELLED = re.compile(r"(?:时间|日期|時間|于|至|日)\s*[:：]\s*\d")
_DATED = "[class*=date i], [class*=time i], [class*=publish i], [class*=posted i]"


@dataclass(slots=True)
class _Line:
    """A line of the page: the texts of its elements, the ``<time>`` in it, whether it is the title."""

    pieces: list[str] = field(default_factory=list)
    times: list[Tag] = field(default_factory=list)
    heads: bool = False

    @property
    def text(self) -> str:
        return JOINT.join(self.pieces)


def read_byline(soup: BeautifulSoup, title: str, headline: Tag | None) -> Mapping[str, Finding]:
    """Return "title", "published", "updated", "author", "editor", "origin" as far as the page shows them.

    Labels are looked for near the title first, then on the whole page, there only the Chinese ones and
    "Author: …" if one name alone stands so; a date without one near the title, then in an element called so
    (``class="date"``) if the page has just one.
    Navigation, sidebars, comments and teasers are not read.
    """
    lines = list(_lines(soup, headline))
    near = _near(lines, _find_title(lines, title))
    found: dict[str, Finding] = {}
    for label in (CHINESE, LATIN):
        for at in near:
            if label is CHINESE or not lines[at].heads:
                found = _read(lines, at, label) | found
    if "published" not in found:
        nearby = [lines[at] for at in near]
        if date := _time(nearby) or _unlabelled(nearby) or _classed(soup, headline):
            found["published"] = date
    for at, line in enumerate(lines):
        if len(line.text) <= 4 * _PROSE:
            found = _read(lines, at, CHINESE) | found
    if "author" not in found and (author := _only_author(lines)):
        found["author"] = author
    return found


def _only_author(lines: list[_Line]) -> Finding | None:
    """Return the name behind "Author: …", wherever that stands on the page, if it is always the same."""
    signed: dict[str, Finding] = {}
    for at, line in enumerate(lines):
        if "aut" in line.text[:40].lower() and len(line.text) <= _PROSE:
            author = _read(lines, at, LATIN).get("author", NOTHING)
            signed |= {author.value: author} if "aut" in author.rule.lower() else {}
    return next(iter(signed.values())) if len(signed) == 1 else None


def _read(lines: list[_Line], at: int, label: re.Pattern[str]) -> dict[str, Finding]:
    following = lines[at + 1].text if at + 1 < len(lines) else ""
    return dict(read_labels(lines[at].text, label, following))


def _find_title(lines: list[_Line], title: str) -> int | None:
    """Return the number of the line that is the headline, or has its words."""
    at = next((at for at, line in enumerate(lines) if line.heads), None)
    if at is None and title:
        wanted = letters(title)
        at = next((at for at, line in enumerate(lines) if letters(line.text) == wanted), None)
    return at


def _lines(soup: BeautifulSoup, headline: Tag | None) -> Iterator[_Line]:
    line = _Line()
    for node, ends in walk(soup.body or soup, _LEFT_OUT, path_of(headline)):
        if isinstance(node, Tag):
            if node.name in _BREAKING:
                if line.pieces or line.times or line.heads:
                    yield line
                line = _Line()
            if node is headline and not ends:
                line.heads = True
            if node.name == "time" and not ends:
                line.times.append(node)
        elif is_text(node) and node.strip():
            # Runs of blanks part the fields of a byline; line ends in the markup do not.
            line.pieces.append(node.strip().replace("\n", " "))
    if line.pieces:
        yield line


def _near(lines: list[_Line], title: int | None) -> list[int]:
    """Return the numbers of the lines after a title and then of those before it."""
    if title is None:
        return []
    near = [title]
    prose = 0
    for at in range(title + 1, min(title + _MAX_AFTER, len(lines))):
        prose += len(lines[at].text) > _PROSE
        if prose > _MAX_PROSE:
            break
        near.append(at)
    return [*near, *range(title - 1, max(title - _MAX_BEFORE, 0) - 1, -1)]


def _time(near: list[_Line]) -> Finding | None:
    """Return the first ``<time>`` near the title that is not marked as an update."""
    for element in (element for line in near for element in line.times):
        named = f"{attribute(element, 'class')} {attribute(element, 'itemprop')}".lower()
        if re.search(r"updated|modified", named) and "published" not in named:
            continue
        for value in (attribute(element, "datetime"), one_line(short_text(element, _PROSE))):
            if is_date(value):
                kind = attribute(element, "class").split()
                return Finding(value, f"time.{kind[0]}" if kind else "time")
    return None


def _unlabelled(near: list[_Line]) -> Finding | None:
    """Return the first date without a label that stands near the title in a line of its own or a byline."""
    for line in near:
        text = one_line(line.text)
        if line.heads or len(text) >= _PROSE or _TODAY.search(text) or _LABELLED.search(text):
            continue
        if date := find_date(text):
            return Finding(date, "text near the title")
    return None


def _classed(soup: BeautifulSoup, headline: Tag | None) -> Finding | None:
    """Return the date in the only element whose class says date; two such elements belong to a list."""
    path = path_of(headline)
    found: dict[str, Finding] = {}
    for element in soup.select(_DATED, limit=100):
        text = one_line(short_text(element, _PROSE))
        date = "" if _TODAY.search(text) else find_date(text)
        if date and not stands_aside(element, path):
            kind = next(iter(attribute(element, "class").split()), "")
            found.setdefault(date, Finding(date, f"{element.name}.{kind}"))
    return next(iter(found.values())) if len(found) == 1 else None
