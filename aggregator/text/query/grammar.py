"""The grammar of queries, and nodes made of its trees; to load lark takes as long as a short command."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo

import regex
from lark import Lark, Token, Transformer, Tree, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError

from aggregator.text.query.syntax import (
    FIELDS,
    MOMENTS,
    All,
    Any,
    Fact,
    Moment,
    Node,
    Not,
    Pattern,
    QueryError,
    Term,
    Then,
)
from aggregator.text.query.words import fold_case
from aggregator.text.references import parse_reference

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


def read_nodes(plain: str, zone: ZoneInfo) -> Node | None:
    """Read the text of a query; None where it names nothing. Raises QueryError."""
    try:
        root: Node | None = _Reader(zone).transform(_tree_of(plain))
    except VisitError as exc:
        raise exc.orig_exc from None
    return root


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
