"""Queries as conditions of SQL, which hold for all that is meant, and for more where SQL cannot tell."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any as Anything

from sqlalchemy import ColumnElement, Connection, and_, case, false, func, not_, or_, select, true

from aggregator.model import Shown
from aggregator.store.columns import holds, is_among
from aggregator.store.schema import articles, categories, filings, sources, texts
from aggregator.text.query import fold_case
from aggregator.text.query.syntax import All, Any, Fact, Moment, Node, Not, Pattern, Term

TRIGRAM = 3
"""Characters that a term must have to be found by the index."""

MAX_OR = 100
"""Alternatives that are joined by OR, which SQLite takes 1,000 levels deep; lists of words have more."""

MAX_OPENING = 600
"""Folded characters in which the opening of a text is that is published in place of it."""

Condition = tuple[ColumnElement[bool], bool]
"""A condition, and whether it holds for nothing else than what is meant."""


class Conditions:
    """Makes conditions for the database of a connection.

    ``modes`` says of which sources only a part of the texts may be looked at.
    """

    def __init__(self, connection: Connection, modes: Mapping[str, Shown]) -> None:
        self._connection = connection
        self._links, self._summaries = (
            [name for name, mode in modes.items() if mode == part] for part in ("link", "summary")
        )

    def of(self, node: Node) -> Condition:
        """Return the condition of a part of a query."""
        match node:
            case All():
                return _joined(and_, true(), [self.of(one) for one in node.nodes])
            case Any():
                return _joined(_either, false(), [self.of(one) for one in node.nodes])
            case Not():
                condition, exact = self.of(node.node)
                return (not_(condition), True) if exact else (true(), False)
            case Moment():
                return _is_then(node), True
            case Pattern():
                return true(), False
            case Fact():
                written = self.of(Term(node.written))[0]
                return or_(written, self._named(node.value)), False
        return self._term(node)

    def _term(self, term: Term) -> Condition:
        match term.field:
            case "":
                held, exact = self._text_holds(term)
                return or_(holds(texts.c.title, term.text), held), exact
            case "title":
                return holds(texts.c.title, term.text), True
            case "text":
                return self._text_holds(term)
            case "source":
                return articles.c.source.in_(self._called(term, select(sources.c.name))), True
            case "category":
                return self._filed(filings.c.category.in_(self._categories(term))), True
            case "tag":
                tagged = filings.c.tag.in_(self._called(term, select(filings.c.tag).distinct()))
                # A filing without a tag of its own stands under its category's label.
                labels = select(categories.c.label, categories.c.number)
                untagged = (filings.c.tag == "") & filings.c.category.in_(self._numbers(term, labels))
                return self._filed(or_(tagged, untagged)), True
        return self._named(term.text), False

    def _named(self, words: str) -> ColumnElement[bool]:
        # Names of older articles are noted when they change; until then the article itself is asked.
        return or_(texts.c.names.is_(None), holds(texts.c.names, words))

    def _text_holds(self, term: Term) -> Condition:
        held = holds(texts.c.text, term.text)
        if not (self._links or self._summaries):
            return held, True
        # Where a source gave no summary, it is the opening of the text.
        opening = holds(func.substr(texts.c.text, 1, MAX_OPENING), term.text)
        summarised = is_among(articles.c.source, self._summaries) & (articles.c.summary == "")
        linked = is_among(articles.c.source, self._links)
        return case((linked, false()), (summarised, opening), else_=held), not self._summaries

    def _filed(self, how: ColumnElement[bool]) -> ColumnElement[bool]:
        return articles.c.number.in_(select(filings.c.article).where(how))

    def _categories(self, term: Term) -> list[int]:
        lead = func.coalesce(categories.c.leads_to, categories.c.number)
        return self._numbers(term, select(categories.c.slug, lead), select(categories.c.label, lead))

    def _numbers(self, term: Term, *named: Anything) -> list[int]:
        rows = (row for query in named for row in self._connection.execute(query))
        return sorted({number for name, number in rows if fold_case(name) == term.text})

    def _called(self, term: Term, names: Anything) -> list[str]:
        return [name for name in self._connection.scalars(names) if name and fold_case(name) == term.text]


def _joined(
    how: Callable[..., ColumnElement[bool]], first: ColumnElement[bool], parts: Sequence[Condition]
) -> Condition:
    return how(first, *(part for part, _ in parts)), all(exact for _, exact in parts)


def _either(*parts: ColumnElement[bool]) -> ColumnElement[bool]:
    if len(parts) > MAX_OR:
        return case(*((part, true()) for part in parts), else_=false())
    return or_(*parts)


def _is_then(moment: Moment) -> ColumnElement[bool]:
    match moment.of:
        case "after":
            return articles.c.published >= moment.when
        case "before":
            return articles.c.published < moment.when
    column = articles.c.changed if moment.of == "changed" else articles.c.withdrawn
    there = column.is_not(None)
    return there if moment.when is None else and_(there, column >= moment.when)


def trigrams(node: Node) -> str:
    """Return an expression of FTS5 for texts that may be meant; "" where it may be any.

    The index knows in which texts trigrams are, but not where, and nothing of shorter words.
    """
    match node:
        case All():
            return " AND ".join(filter(None, map(trigrams, node.nodes)))
        case Any():
            parts = [trigrams(one) for one in node.nodes]
            return f"({' OR '.join(f'({part})' for part in parts)})" if all(parts) else ""
        case Term() if node.field in ("", "title", "text"):
            return " AND ".join(_quoted(_parts(node.text)))
    return ""


def grams(node: Node) -> ColumnElement[bool] | None:
    """Return a condition on PostgreSQL's index for texts that may be meant; None where it may be any.

    The index knows in which texts two characters stand side by side, or three where they are ASCII.
    """
    match node:
        case All():
            parts = [part for one in node.nodes if (part := grams(one)) is not None]
            return and_(*parts) if parts else None
        case Any():
            parts = [part for one in node.nodes if (part := grams(one)) is not None]
            return or_(*parts) if len(parts) == len(node.nodes) else None
        case Term() if node.field in ("", "title", "text"):
            if len(node.text) >= TRIGRAM or (len(node.text) > 1 and not node.text.isascii()):
                return _grams_of(texts.c.title + texts.c.text).op("@>")(_grams_of(node.text))
    return None


_grams_of = func.texts_grams


def _parts(term: str) -> Iterator[str]:
    yield from dict.fromkeys(term[at : at + TRIGRAM] for at in range(len(term) - TRIGRAM + 1))


def _quoted(parts: Iterable[str]) -> Iterator[str]:
    return ('"{}"'.format(part.replace('"', '""')) for part in parts)
