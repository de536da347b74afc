"""What a query says, as a tree, and what it means for one article."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal

WHOLE = frozenset({"category", "source", "tag"})
"""Fields of which a value is meant whole; of the others a part is enough."""


Then = Literal["after", "before", "changed", "withdrawn"]
Fault = Literal["lengthy", "empty", "crowded", "syntax"]
FIELDS = {
    "title": "title", "标题": "title",
    "text": "text", "正文": "text",
    "category": "category", "分类": "category",
    "source": "source", "来源": "source",
    "tag": "tag", "标签": "tag",
    "author": "author", "作者": "author",
    "file": "file", "附件": "file",
}  # fmt: skip
"""The fields that a query may name, in English and Chinese."""
MOMENTS: dict[str, Then] = {
    "after": "after", "before": "before", "changed": "changed", "withdrawn": "withdrawn",
}  # fmt: skip


class QueryError(ValueError):
    """A query is none: ``fault`` says why, ``limit`` what it may have; the message is for a terminal.

    ``place`` is the part that cannot be read.
    """

    def __init__(self, fault: Fault, limit: int, message: str, place: str = "") -> None:
        super().__init__(message)
        self.fault = fault
        self.limit = limit
        self.place = place


@dataclass(frozen=True, slots=True)
class Searchable:
    """Of an article, all that queries look at; texts are folded by ``fold_case``."""

    title: str = ""
    text: str = ""
    values: Mapping[str, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))
    """By field: categories and tags with slug and label, source, authors, names of files, facts."""
    published: datetime | None = None
    changed: datetime | None = None
    withdrawn: datetime | None = None
    known: frozenset[str] | None = None
    """The fields that are known whole, where an article is not made yet; None for all."""

    def places(self, name: str) -> Sequence[str]:
        """Return the texts in which a field's value may stand; without a name, title and text."""
        return {"": (self.title, self.text), "title": (self.title,), "text": (self.text,)}.get(
            name
        ) or self.values.get(name, ())


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase, folded, in a field; in title or text where none is named."""

    text: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A part of a named fact's value, such as ``agency:市场监管``; or what was written, in title or text."""

    value: str
    field: str
    written: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression that is found in a field, whatever the case."""

    pattern: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time: published from ``after`` on, or ``before`` it; changed or withdrawn from then on, if ever."""

    of: Then
    when: datetime | None = None


@dataclass(frozen=True, slots=True)
class Not:
    """What must not hold."""

    node: "Node"


@dataclass(frozen=True, slots=True)
class All:
    """What must hold together."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Of what one must hold."""

    nodes: tuple["Node", ...]


Leaf = Term | Fact | Pattern | Moment
Node = Leaf | Not | All | Any


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was read."""

    root: Node

    def matches(self, article: Searchable) -> bool:
        """Tell whether an article is meant. Raises ReadError for a pattern that takes too long."""
        return holds(self.root, article) is True

    def excludes(self, article: Searchable) -> bool:
        """Tell whether an article is not meant, whatever is not known of it yet. Raises ReadError, too."""
        return holds(self.root, article) is False

    @property
    def words(self) -> tuple[str, ...]:
        """The words that are looked for in titles and texts, for marks and snippets."""
        return tuple(dict.fromkeys(_words(self.root)))


ANYTHING = Query(All(()))
"""What asks for nothing, and so matches everything."""


def either(queries: Sequence[Query]) -> Query:
    """Return the query that asks for what any of some queries asks for; for anything where there is none."""
    return Query(Any(tuple(query.root for query in queries))) if queries else ANYTHING


def leaves(node: Node) -> Iterator[Leaf]:
    """Yield the parts of a query that have no parts, those that must not hold included."""
    match node:
        case All() | Any():
            for one in node.nodes:
                yield from leaves(one)
        case Not():
            yield from leaves(node.node)
        case _:
            yield node


def holds(node: Node, article: Searchable) -> bool | None:
    """Tell whether a part of a query holds for an article; None where something decides that is not known."""
    match node:
        case All():
            return _all(holds(one, article) for one in node.nodes)
        case Any():
            return _opposite(_all(_opposite(holds(one, article)) for one in node.nodes))
        case Not():
            return _opposite(holds(node.node, article))
    found, asked = _look(node, article)
    return True if found else None if article.known is not None and asked - article.known else False


def _look(node: Leaf, article: Searchable) -> tuple[bool, set[str]]:
    """Tell whether a part without parts is found in an article, and in what fields it was looked for."""
    match node:
        case Moment():
            return _is_then(node, article), {"published"}
        case Fact():
            said = any(node.value in place for place in article.places(node.field))
            written = said or any(node.written in place for place in article.places(""))
            return written, {node.field, "title", "text"}
    return _is_in(node, article), {node.field} if node.field else {"title", "text"}


def _all(parts: Iterable[bool | None]) -> bool | None:
    result: bool | None = True
    for part in parts:
        if part is False:
            return False
        result = result and part
    return result


def _opposite(value: bool | None) -> bool | None:
    return value if value is None else not value


def _is_in(node: Pattern | Term, article: Searchable) -> bool:
    places = article.places(node.field)
    if isinstance(node, Pattern):
        from aggregator.text.patterns import is_found  # loads the regex library

        return any(is_found(f"(?i){node.pattern}", place) for place in places)
    return node.text in places if node.field in WHOLE else any(node.text in place for place in places)


def _is_then(moment: Moment, article: Searchable) -> bool:
    match moment.of:
        case "after":
            return bool(article.published and moment.when and article.published >= moment.when)
        case "before":
            return bool(article.published and moment.when and article.published < moment.when)
    then = article.changed if moment.of == "changed" else article.withdrawn
    return then is not None and (moment.when is None or then >= moment.when)


def _words(node: Node) -> Iterator[str]:
    match node:
        case All() | Any():
            for one in node.nodes:
                yield from _words(one)
        case Term() if node.field in ("", "title", "text"):
            yield node.text
