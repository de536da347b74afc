"""The words of queries and of articles: folded alike, marked where they were found."""

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import groupby
from posixpath import basename
from urllib.parse import unquote

from aggregator.model import Article, FileText, KeptArticle
from aggregator.text.query.syntax import Query, Searchable
from aggregator.text.text import fold, scrub, text_of


def fold_case(text: str) -> str:
    """Fold case, width and blanks, so that what reads the same is the same."""
    return fold(scrub(unicodedata.normalize("NFKC", text).casefold()))


def searched(article: Article, files: Sequence[FileText] = ()) -> tuple[str, str]:
    """Return the title and the text of an article and its files, folded for a search."""
    content = text_of(article.content)
    more = [text for file in files if (text := text_of(file.content)) not in content]
    return fold_case(article.title), fold_case(" ".join([content, article.summary, *more]))


def names_of(article: Article) -> tuple[tuple[str, str], ...]:
    """Return authors, names of files and named facts of an article, as pairs of field and folded value.

    A fact is a field by its name and by its label.
    """
    found = [("author", name) for name in article.authors]
    for one in article.fields:
        found += [(fold_case(name), one.value) for name in (one.name, one.label)]
    for file in article.attachments:
        found += [("file", file.title), ("file", unquote(basename(file.address)))]
    return tuple(dict.fromkeys((name, folded) for name, value in found if (folded := fold_case(value))))


def searchable(kept: KeptArticle, title: str, text: str, facts: Iterable[tuple[str, str]]) -> Searchable:
    """Put together what queries look at, from an article and the folded texts that are kept of it."""
    filed = [category for one in kept.filings for category in (one.category, *one.former)]
    values = {
        "category": _folded(name for one in filed for name in (one.slug, one.label)),
        "tag": _folded(one.tag for one in kept.filings),
        "source": _folded([kept.article.source]),
    }
    for name, value in facts:
        values[name] = (*values.get(name, ()), value)
    return Searchable(title, text, values, kept.article.published, kept.changed, kept.withdrawn)


def _folded(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(fold_case, names)))


def mark(query: Query, text: str) -> list[tuple[str, bool]]:
    """Part a text into pieces, each with whether a query wants it; together they are the text."""
    folded, places = "", []
    for place, letter in enumerate(text):
        kin = unicodedata.normalize("NFKC", letter).casefold()
        folded += " " if kin.isspace() else kin
        places += [place] * len(kin)
    wanted = [False] * len(text)
    for term in query.words:
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
    folded = unicodedata.normalize("NFKC", text).casefold()
    places = [place for term in query.words if (place := folded.find(term)) >= 0]
    start = max(0, min(places, default=0) - length // 3)
    end = min(len(text), start + length)
    return ("…" if start else "") + text[start:end].strip() + ("…" if end < len(text) else "")
