"""XPath 1.0 of other programs, said as CSS selectors (https://www.w3.org/TR/1999/REC-xpath-19991116/).

HTML is read by CSS selectors here. What picks elements by name, attribute, place or what stands in or around
them has a selector that picks the same; what computes (``concat``) or compares whole texts has none.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

MAX_LENGTH = 2000
"""Characters of an expression that is read."""
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_UNSCOPED = re.compile(r"[^\s>~+]+")
"""A selector of one element, which needs no word on where it begins."""


class NoSelectorError(ValueError):
    """No selector picks what an expression does."""


@dataclass(frozen=True, slots=True)
class Picked:
    """What an expression picks."""

    selector: str
    """CSS; empty where it is the context itself."""
    attribute: str = ""
    """The attribute of the elements that it picks, empty for the elements; ``text()`` for their texts."""


@dataclass(frozen=True, slots=True)
class _Path:
    """Steps to an element: those before the last one, how that follows, and the last one itself."""

    before: str = ""
    combinator: str = ""
    last: str = ""
    attribute: str = ""
    rooted: bool = False

    @property
    def css(self) -> str:
        """The selector, which begins with the combinator to the context."""
        return f"{self.before}{self.combinator}{self.last}"

    def add(self, tests: str) -> "_Path":
        """Narrow the last step down."""
        return replace(self, last=("" if self.last == "*" else self.last) + tests)


@lru_cache(1000)  # feeds of one program have much the same
def to_css(expression: str, *, absolute: bool = False) -> Picked:
    """Say an expression as CSS, for entries on a page (``absolute``) or for a field of an entry.

    Expressions joined by ``|`` become one selector with commas. Raises NoSelectorError with the reason.
    """
    try:
        from elementpath import ElementPathError, XPath1Parser
    except ImportError:
        raise NoSelectorError("is XPath, to read which needs `pip install aggregator[import]`") from None
    if len(expression) > MAX_LENGTH:
        raise NoSelectorError(f"is longer than {MAX_LENGTH} characters")
    try:
        token = XPath1Parser(strict=False).parse(expression.strip())
        paths = [_path(one) for one in _parts(token)]
    except ElementPathError as exc:
        raise NoSelectorError(f"is not XPath 1.0: {str(exc).partition('] ')[2] or exc}") from None
    except RecursionError:
        raise NoSelectorError("is nested too deep") from None
    if not absolute and any(path.rooted for path in paths):
        raise NoSelectorError("counts from the page, not from the entry")
    attributes = {path.attribute for path in paths}
    if len(attributes) > 1:
        raise NoSelectorError("picks attributes of different names")
    selectors = [_selector(path, absolute=absolute) for path in paths]
    if "" in selectors and len(selectors) > 1:
        raise NoSelectorError("picks the entry itself or something else")
    return Picked(", ".join(selectors), attributes.pop())


def _selector(path: _Path, *, absolute: bool) -> str:
    css = path.css.lstrip()
    if absolute:
        return css.removeprefix("> ")
    alone = css if css[:1] in (">", "~", "+") else ""
    return css if not css or (not alone and _UNSCOPED.fullmatch(css)) else f":scope {css}"


def _parts(token: Any) -> list[Any]:
    """Give the expressions that ``|`` joins, without what only makes a text of them."""
    if token.symbol == "|":
        return [part for side in token for part in _parts(side)]
    if token.symbol in ("string", "normalize-space", "(") and len(token) == 1:
        return _parts(token[0])
    return [token]


def _path(token: Any) -> _Path:
    match token.symbol:
        case "/" | "//":
            combinator = " > " if token.symbol == "/" else " "
            if len(token) == 1:
                return _step(_Path(rooted=True), " ", token[0])
            return _step(_path(token[0]), combinator, token[1])
        case ".":
            return _Path()
        case "(" if len(token) == 1:
            return _path(token[0])
        case "[" if token[0].symbol == "(" and token[1].value == 1 and not _path(token[0][0]).rooted:
            return _path(token[0])  # the first one of an entry counts anyhow
        case "(string)" | "(integer)" | "(decimal)":
            raise NoSelectorError("is a text of its own, the same for every entry")
        case "concat" | "substring" | "substring-before" | "substring-after" | "translate":
            raise NoSelectorError(f"computes a text: {token.symbol}()")
    return _step(_Path(), " > ", token)


def _step(left: _Path, combinator: str, token: Any) -> _Path:
    """Follow one more step from an element."""
    if left.attribute:
        raise NoSelectorError("goes on behind an attribute")
    match token.symbol:
        case "(name)" | "*":
            return _to(left, combinator, _name(token))
        case "[":
            return _narrow(_step(left, combinator, token[0]), token[1], token[0])
        case "." | "self" if not len(token):
            return left
        case "..":
            return _around(left, "*", "> ")
        case "@" | "attribute":
            inner = left if combinator == " > " else _to(left, combinator, "*")
            return replace(inner, attribute=_name(token[0]))
        case "text":
            return replace(left, attribute="text()")
        case "node":
            return _to(left, combinator, "*")
    return _along(left, combinator, token)


def _along(left: _Path, combinator: str, token: Any) -> _Path:
    """Follow a named axis."""
    if len(token) != 1:
        raise NoSelectorError(f"uses {token.symbol}, which CSS does not know")
    name = _name(token[0])
    match token.symbol:
        case "child":
            return _to(left, combinator, name)
        case "descendant" | "descendant-or-self":
            return _to(left, " ", name)
        case "self":
            return left.add(f":is({name})")
        case "parent":
            return _around(left, name, "> ")
        case "ancestor" | "ancestor-or-self":
            return _around(left, name, "")
        case "following-sibling":
            return _to(left, " ~ ", name)
        case "preceding-sibling":
            return _around(left, name, "~ ")
    raise NoSelectorError(f"uses {token.symbol}, which CSS does not know")


def _to(left: _Path, combinator: str, name: str) -> _Path:
    return _Path(left.css, combinator, name, rooted=left.rooted)


def _around(left: _Path, name: str, combinator: str) -> _Path:
    """Give an element by one that it has: its child, a descendant, or a sibling behind it."""
    if not left.css:
        raise NoSelectorError("leads out of the entry")
    inner = left.css.strip()
    inner = f":is({inner})" if combinator and not _UNSCOPED.fullmatch(inner) else inner.removeprefix("> ")
    return _Path("", " ", f"{name}:has({combinator}{inner})", rooted=left.rooted)


def _name(token: Any) -> str:
    """Give the name of an element or attribute; a prefix counts for nothing in HTML."""
    if token.symbol == "*":
        return "*"
    if token.symbol == "node":
        return "*"
    if token.symbol != "(name)" or not _NAME.fullmatch(str(token.value)):
        raise NoSelectorError(f"names {token.source}, which is no element of HTML")
    return str(token.value).lower()


def _narrow(path: _Path, condition: Any, base: Any) -> _Path:
    """Apply a predicate to the last step."""
    place = _place(condition)
    if not place:
        return path.add(_test(condition))
    if base.symbol in ("descendant", "following-sibling", "preceding-sibling", "(", "parent"):
        raise NoSelectorError("counts elements that are not side by side")
    if base.symbol in ("ancestor", "ancestor-or-self"):
        if place != "1":
            raise NoSelectorError("counts elements that are not side by side")
        return path.add(f":not(:has({path.last}))")
    if place.isdecimal() and _NAME.fullmatch(path.last):
        return path.add(f":nth-of-type({place})")
    count = "nth-last-child(1" if place == "last" else f"nth-child({place}"
    return replace(path, last=f":{count} of {path.last})")


def _place(condition: Any) -> str:
    """Give the place that a predicate asks for, as ``:nth-child`` has it; empty where it asks for none."""
    if condition.symbol == "(integer)":
        return str(condition.value)
    if condition.symbol == "last":
        return "last"
    if len(condition) == 2 and condition[0].symbol == "position":
        if condition[1].symbol == "last" and condition.symbol == "=":
            return "last"
        if condition[1].symbol == "(integer)":
            number = int(condition[1].value)
            places = {
                "=": str(number),
                "<": f"-n+{number - 1}",
                "<=": f"-n+{number}",
                ">": f"n+{number + 1}",
                ">=": f"n+{number}",
            }
            if condition.symbol in places:
                return places[condition.symbol]
        raise NoSelectorError("counts in a way that CSS does not know")
    return ""


def _test(token: Any) -> str:
    """Say a condition on an element as what is put behind its name."""
    match token.symbol:
        case "(" if len(token) == 1:
            return _test(token[0])
        case "and":
            return _test(token[0]) + _test(token[1])
        case "or":
            return f":is({_test(token[0])}, {_test(token[1])})"
        case "not":
            return f":not({_test(token[0])})"
        case "contains":
            return _words(token) or _compared(token[0], "*=", token[1])
        case "starts-with":
            return _compared(token[0], "^=", token[1])
        case "=":
            return _compared(token[0], "=", token[1])
        case "!=":
            return f"{_exists(token[0])}:not({_compared(token[0], '=', token[1])})"
        case ">" | ">=" if token[0].symbol in ("count", "string-length") and token[1].symbol == "(integer)":
            if int(token[1].value) == (token.symbol == ">="):
                return _exists(token[0][0])
    return _exists(token)


def _words(token: Any) -> str:
    """Say the idiom for one word of an attribute: ``contains(concat(" ", @class, " "), " word ")``."""
    around, word = token[0], token[1]
    if around.symbol != "concat" or len(around) != 3 or word.symbol != "(string)":
        return ""
    blanks = [around[0].value, around[2].value, str(word.value)[:1], str(word.value)[-1:]]
    return _compared(around[1], "~=", word, str.strip) if blanks == [" "] * 4 else ""


def _compared(place: Any, sign: str, literal: Any, mend: Callable[[str], str] = str) -> str:
    if literal.symbol not in ("(string)", "(integer)"):
        raise NoSelectorError("compares with something that is no text")
    value = mend(str(literal.value))
    path = _path(_parts(place)[0])
    if path.attribute and path.attribute != "text()":
        return _has(path, f"[{path.attribute}{sign}{_quoted(value)}]")
    if sign != "*=":
        raise NoSelectorError("compares the whole text of an element")
    own = "-own" if path.attribute else ""
    return _has(path, f":-soup-contains{own}({_quoted(value)})")


def _exists(token: Any) -> str:
    path = _path(token)
    test = f"[{path.attribute}]" if path.attribute not in ("", "text()") else ""
    return _has(path, test)


def _has(path: _Path, test: str) -> str:
    """Say a condition on what a path leads to."""
    if path.rooted:
        raise NoSelectorError("asks for something elsewhere on the page")
    return f":has({path.add(test).css.strip()})" if path.css else test


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\a ")
    return f'"{escaped}"'
