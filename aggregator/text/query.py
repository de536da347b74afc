"""Search queries: terms that stand in the title or the text, whatever their case and width."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from aggregator.model import Article, FileText
from aggregator.text.text import fold, scrub, text_of

MAX_QUERY = 200
"""Characters of a query."""
MAX_TERMS = 16

_QUOTES = {ord(mark): '"' for mark in "“”„"}
_TERM = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')


class QueryError(ValueError):
    """A query is none: ``fault`` says why, ``limit`` what it may have; the message is for a terminal."""

    def __init__(self, fault: Literal["lengthy", "empty", "crowded"], limit: int, message: str) -> None:
        super().__init__(message)
        self.fault = fault
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Query:
    """Terms that must all be found, and terms of which none may be; folded by ``fold_case``."""

    wanted: tuple[str, ...]
    unwanted: tuple[str, ...] = ()

    def matches(self, title: str, text: str) -> bool:
        """Tell whether a title and a text, folded, hold what is wanted: a term as a part of either."""
        return all(term in title or term in text for term in self.wanted) and not any(
            term in title or term in text for term in self.unwanted
        )


def parse_query(text: str) -> Query:
    """Read a query: blanks part terms, quotes hold one together, ``-term`` excludes.

    Raises QueryError where there is nothing to look for, or too much.
    """
    if len(text) > MAX_QUERY:
        raise QueryError("lengthy", MAX_QUERY, f"has more than {MAX_QUERY} characters")
    wanted: dict[str, None] = {}
    unwanted: dict[str, None] = {}
    # Full-width marks and curly quotes mean what plain ones mean.
    plain = unicodedata.normalize("NFKC", scrub(text)).translate(_QUOTES)
    for minus, quoted, bare in _TERM.findall(plain):
        if term := fold_case(quoted or bare):
            (unwanted if minus else wanted)[term] = None
    if not wanted:
        raise QueryError("empty", 1, "names no word to look for")
    if len(wanted) + len(unwanted) > MAX_TERMS:
        raise QueryError("crowded", MAX_TERMS, f"has more than {MAX_TERMS} words")
    return Query(tuple(wanted), tuple(unwanted))


def fold_case(text: str) -> str:
    """Fold case, width and blanks, so that what reads the same is the same."""
    return fold(scrub(unicodedata.normalize("NFKC", text).casefold()))


def searched(article: Article, files: Sequence[FileText] = ()) -> tuple[str, str]:
    """Return the title and the text of an article and its files, folded for a search."""
    content = text_of(article.content)
    more = [text for file in files if (text := text_of(file.content)) not in content]
    return fold_case(article.title), fold_case(" ".join([content, article.summary, *more]))


def mark(query: Query, text: str) -> list[tuple[str, bool]]:
    """Part a text into pieces, each with whether a query wants it; together they are the text."""
    folded, places = "", []
    for place, letter in enumerate(text):
        kin = unicodedata.normalize("NFKC", letter).casefold()
        folded += " " if kin.isspace() else kin
        places += [place] * len(kin)
    wanted = [False] * len(text)
    for term in query.wanted:
        start = folded.find(term)
        while start >= 0:
            for place in places[start : start + len(term)]:
                wanted[place] = True
            start = folded.find(term, start + len(term))
    pieces = groupby(zip(text, wanted, strict=True), lambda pair: pair[1])
    return [("".join(letter for letter, _ in piece), flag) for flag, piece in pieces]


def snippet(query: Query, text: str, length: int = 160) -> str:
    """Return the part of a plain text around the first term found in it, else its opening."""
    # Folding seldom changes lengths, so the position is near enough for a snippet.
    folded = text.casefold()
    places = [place for term in query.wanted if (place := folded.find(term)) >= 0]
    start = max(0, min(places, default=0) - length // 3)
    end = min(len(text), start + length)
    return ("…" if start else "") + text[start:end].strip() + ("…" if end < len(text) else "")
