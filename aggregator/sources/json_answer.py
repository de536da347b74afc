"""JSON as sites answer it: bare or wrapped for scripts, with JSON and HTML inside of its strings.

It is searched by JMESPath with two more functions: ``parse_json(string)`` gives the JSON in a string, and
``text(html)`` the plain text of HTML. Both give null for null.
"""

import json
import math
import re
import sys
from collections.abc import Iterator
from typing import Any

import jmespath
from jmespath import functions
from jmespath.exceptions import JMESPathError

from aggregator.errors import ReadError
from aggregator.model import Fetched
from aggregator.sources.describe import is_html, refuse
from aggregator.text.charset import decode
from aggregator.text.elements import INLINE
from aggregator.text.text import fold, plain

# An answer made for a script has comments, guards against being run elsewhere, a variable or the name of a
# callback before its JSON.
_BEFORE = re.compile(
    r"(?:\s++|//[^\n]*+\n|/\*.*?\*/|\)\]\}'?,?|(?:while|for)\s*\([1;]*\)\s*;|throw\s+1;|try\s*\{"
    r"|(?:var|let|const)\s+|typeof\s+[\w$.]++\s*={2,3}\s*['\"]function['\"]\s*&&\s*|[\w$.]++\s*[(=])*+",
    re.DOTALL,
)
_INLINE = re.compile(rf"</?(?:{'|'.join(sorted(INLINE - {'br'}))}|font)(?:\s[^<>]*)?>", re.IGNORECASE)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_AFTER = re.compile(r"[\s);}]*+(?:catch\s*\(\w*\)\s*\{.{0,200})?+(?:(?://|/\*|<!--).*)?", re.DOTALL)


class _Functions(functions.Functions):
    @functions.signature({"types": ["string", "null"]})
    def _func_parse_json(self, value: str | None) -> Any:
        try:
            return None if value is None else _read(value)
        except (ValueError, RecursionError):
            return None

    @functions.signature({"types": ["string", "number", "null"]})
    def _func_text(self, value: str | float | None) -> str | None:
        # Search engines mark hits in the middle of words: inline tags must not part them.
        return None if value is None else plain(_INLINE.sub("", str(value)))


_OPTIONS = jmespath.Options(custom_functions=_Functions())


def check_path(path: str) -> str:
    """Say what is wrong with a JMESPath expression; empty where nothing is."""
    try:
        parsed = jmespath.compile(path).parsed
    except JMESPathError as exc:
        return f"{path!r} is not JMESPath: {str(exc).splitlines()[0]}"
    unknown = sorted(set(_called(parsed)) - _Functions.FUNCTION_TABLE.keys())
    return f"{path!r} calls {unknown[0]}(), which JMESPath does not have" if unknown else ""


def parse(fetched: Fetched) -> Any:
    """Read an answer as JSON or JSONP, NaN and Infinity as null. Raises ReadError where it is neither."""
    if is_html(fetched) or not fetched.body.strip():
        raise refuse(fetched, "JSON")
    text = decode(fetched.body, fetched.content_type, html=False)
    try:
        return _read(text)
    except RecursionError as exc:
        raise ReadError("is JSON of too many levels") from exc
    except json.JSONDecodeError as exc:
        if exc.msg.startswith("Unterminated string") or exc.pos >= len(exc.doc.rstrip()):
            raise ReadError(f"is JSON that was cut off: {exc}", fault="cut-off") from exc
        raise ReadError(f"is not JSON: {exc}; it begins {fold(text[:60])!r}", fault="wrong-type") from exc
    except ValueError as exc:
        raise ReadError(f"is not JSON: {exc}") from exc


def search(path: str, data: Any) -> Any:
    """Apply a JMESPath expression; None without one. Raises ReadError where it cannot be applied."""
    try:
        return jmespath.search(path, data, options=_OPTIONS) if path else None
    except (JMESPathError, ValueError, TypeError, RecursionError) as exc:
        raise ReadError(f"{path!r} cannot be applied: {exc}") from exc


def value_text(value: Any, *, folded: bool = True) -> str:
    """Read a value as text; null, objects and lists are empty."""
    if value is None or isinstance(value, dict | list):
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return fold(text) if folded else text


def _read(text: str) -> Any:
    """Read JSON or JSONP; half an emoji in a string becomes U+FFFD. Raises ValueError or RecursionError."""
    value = _decode(text)
    return _mended(value) if _SURROGATE.search(text) else value


def _decode(text: str) -> Any:
    decoder = json.JSONDecoder(
        parse_int=_whole_number, parse_float=_fraction, parse_constant=lambda _: None, strict=False
    )
    try:
        return decoder.decode(text)
    except json.JSONDecodeError:
        before = _BEFORE.match(text)
        start = before.end() if before else 0
        if not start or not text[:start].strip():
            raise
    value, end = decoder.raw_decode(text, start)
    if not _AFTER.fullmatch(text, end):
        raise json.JSONDecodeError("Extra data", text, end)
    return value


def _mended(value: Any) -> Any:
    """Give a value whose strings can be encoded: what stands for half a character is replaced."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {_mended(name): _mended(item) for name, item in value.items()}
    return value


def _whole_number(digits: str) -> int | str:
    """Read a number; one of more digits than Python converts by default stays a text."""
    return int(digits) if len(digits) <= sys.int_info.default_max_str_digits else digits


def _fraction(digits: str) -> float | str:
    """Read a number; one beyond the range of a float stays a text."""
    number = float(digits)
    return number if math.isfinite(number) else digits


def _called(node: Any) -> Iterator[str]:
    """Name the functions that an expression calls."""
    nodes = [node]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if node.get("type") == "function_expression":
                yield str(node["value"])
            nodes.extend(node.get("children", ()))
