"""Reads a query: words, "phrases", OR, -not, (groups), field:value, days, /patterns/."""

import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time
from functools import cache, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import regex
from lark import Lark, Token, Transformer, Tree, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError

from aggregator.text.query.syntax import All, Any, Fact, Moment, Node, Not, Pattern, Query, Term, Then, leaves
from aggregator.text.query.words import fold_case
from aggregator.text.references import parse_reference
from aggregator.text.text import scrub

MAX_QUERY = 200
"""Characters of a query that a visitor writes."""
MAX_TERMS = 16
"""Words of such a query."""
MAX_GROUPS = 50
"""Brackets of any query; reading one takes several levels of Python's stack."""
MAX_CONFIGURED = 100_000
"""Characters of a query in the configuration, where a list of words may stand in it."""
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

Fault = Literal["lengthy", "empty", "crowded", "syntax"]

_QUOTES = {ord(mark): '"' for mark in "“”„"}
_TO_SIGNS, _TO_BRACKETS = str.maketrans("()", "\ue000\ue001"), str.maketrans("\ue000\ue001", "()")
"""What stands for brackets that open or close no group, as in ``f(x``."""
_GROUP = re.compile(rf"(?:^|\s)OR(?=[\s(])|(?:^|[\s(]|(?:^|\s)(?i:{'|'.join(FIELDS)}):)\(")
_GRAMMAR = rf"""
    start: either
    either: together (_OR together)*
    together: part+
    ?part: _MINUS atom -> without
         | atom
    ?atom: group
         | MOMENT WORD -> moment
         | FIELD (value | group) -> within
         | FACT (WORD | PHRASE) -> fact
         | value
    ?group: "(" either ")"
    value: PHRASE | PATTERN | WORD

    _OR.9: /OR(?=[\s(])/
    _MINUS.8: /-(?=[^\s])/
    MOMENT.7: /({"|".join(MOMENTS)}):(?=[^\s"()])/i
    FIELD.6: /({"|".join(FIELDS)}):(?=[^\s)])/i
    FACT.5: /[^\W\d]\w*:(?=[^\s()\/])/
    PHRASE.5: /"[^"]*"?/
    PATTERN.4: /\/(?:[^\/\\\s]|\\.)(?:[^\/\\]|\\.)*\/(?=[\s)]|$)/
    WORD: /[^\s"()](?:[^\s"()]|\([^\s"()]*\))*/
    %ignore /\s+/
"""


@cache
def _parser() -> Lark:
    """Make the parser where a query is read; that takes as long as a short command."""
    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)


class QueryError(ValueError):
    """A query is none: ``fault`` says why, ``limit`` what it may have; the message is for a terminal.

    ``place`` is the part that cannot be read.
    """

    def __init__(self, fault: Fault, limit: int, message: str, place: str = "") -> None:
        super().__init__(message)
        self.fault = fault
        self.limit = limit
        self.place = place


@lru_cache(512)
def parse_query(text: str, zone: str = "UTC", *, longest: int = MAX_QUERY) -> Query:
    """Read a query; days begin in ``zone``. Case, width and curly quotes do not count.

    Raises QueryError where there is nothing to look for, too much, or an error, whose place it names.
    """
    if len(text) > longest:
        raise QueryError("lengthy", longest, f"has more than {longest} characters")
    plain = unicodedata.normalize("NFKC", scrub(text)).translate(_QUOTES).strip()
    if plain.count("(") > MAX_GROUPS:
        raise QueryError("crowded", MAX_GROUPS, f"has more than {MAX_GROUPS} brackets")
    try:
        root = _Reader(ZoneInfo(zone)).transform(_tree_of(plain)) if plain else None
    except VisitError as exc:
        raise exc.orig_exc from None
    if root is None:
        raise QueryError("empty", 1, "names no word to look for")
    if not _asks(root):
        raise QueryError("empty", 1, "names only what is left out; add a word to look for")
    if longest == MAX_QUERY and sum(1 for _ in leaves(root)) > MAX_TERMS:
        raise QueryError("crowded", MAX_TERMS, f"has more than {MAX_TERMS} words")
    return Query(root)


def _tree_of(plain: str) -> Tree[Token]:
    try:
        tree = _parser().parse(plain)
    except UnexpectedInput as exc:
        tree = _parse_literally(plain, exc)
    if plain != "OR" and (alone := next(tree.scan_values(_is_or), None)):
        mend = "OR stands between two words; put it in quotes to look for it"
        raise _unread(plain, alone.start_pos or 0, mend)
    return tree


def _parse_literally(plain: str, error: UnexpectedInput) -> Tree[Token]:
    """Read brackets as marks, as queries did that knew no groups; raise QueryError if that is not meant."""
    if not _GROUP.search(plain):
        with suppress(UnexpectedInput):
            return _parser().parse(plain.translate(_TO_SIGNS))
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        raise _unread(plain, len(plain), "a ( before it has no )")
    place = error.pos_in_stream or 0
    if plain[place] == ")" and plain[:place].rstrip().endswith("("):
        raise _unread(plain, place, "write something between the brackets")
    raise _unread(plain, place, "no ( opens it" if plain[place] == ")" else "put marks in quotes")


def _is_or(word: object) -> bool:
    return word == "OR"


def _unread(plain: str, place: int, mend: str) -> QueryError:
    found = plain[place : place + 20]
    where = f"at {found!r} (character {place + 1})" if found else "at its end"
    return QueryError("syntax", 0, f"cannot be read {where}: {mend}", found or plain[-20:])


def _asks(node: Node) -> bool:
    """Tell whether a query names anything to look for, and not only what is left out."""
    match node:
        case All():
            return any(map(_asks, node.nodes))
        case Any():
            return all(map(_asks, node.nodes))
    return not isinstance(node, Not)


@v_args(inline=True)
class _Reader(Transformer[Token, Node | None]):
    """Makes the nodes of a query of the parser's tree; what is empty, such as "", is None and left out."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone

    def start(self, node: Node | None) -> Node | None:
        return node

    def either(self, *nodes: Node | None) -> Node | None:
        return _joined(Any, nodes)

    def together(self, *nodes: Node | None) -> Node | None:
        return _joined(All, nodes)

    def without(self, node: Node | None) -> Node | None:
        return Not(node) if node else None

    def value(self, token: Token) -> Node | None:
        if token.type == "PATTERN":
            return Pattern(_checked(str(token)[1:-1]))
        return Term(words) if (words := fold_case(str(token).strip('"').translate(_TO_BRACKETS))) else None

    def within(self, name: Token, node: Node | None) -> Node | None:
        return _within(FIELDS[name[:-1].lower()], node) if node else None

    def fact(self, name: Token, value: Token) -> Node | None:
        words = fold_case(str(value).strip('"').translate(_TO_BRACKETS))
        # A document's number is looked for in its one spelling.
        said = fold_case(str(parse_reference(words) or words))
        return Fact(said, fold_case(name[:-1]), f"{name}{words}".lower()) if words else None

    def moment(self, name: Token, value: Token) -> Node:
        of: Then = MOMENTS[name[:-1].lower()]
        if of in ("changed", "withdrawn") and value.lower() == "yes":
            return Moment(of)
        try:
            day = datetime.combine(date.fromisoformat(value), time(), self._zone)
        except ValueError:
            known = f"{of}:yes or {of}:2026-03-01" if of in ("changed", "withdrawn") else f"{of}:2026-03-01"
            said = f"{name}{value}"
            raise QueryError("syntax", 0, f"{said} names no day; write {known}", said) from None
        return Moment(of, day)


def _joined(kind: type[All] | type[Any], nodes: Iterable[Node | None]) -> Node | None:
    said = tuple(node for node in nodes if node)
    return said[0] if len(said) == 1 else kind(said) if said else None


def _within(name: str, node: Node) -> Node:
    match node:
        case All() | Any():
            return type(node)(tuple(_within(name, one) for one in node.nodes))
        case Not():
            return Not(_within(name, node.node))
        case Term() | Pattern() if not node.field:
            return replace(node, field=name)
    return node


def _checked(pattern: str) -> str:
    try:
        regex.compile(pattern)
    except regex.error as exc:
        raise QueryError("syntax", 0, f"/{pattern}/ is no pattern: {exc}", f"/{pattern}/") from exc
    return pattern
