"""Front matter of posts, of all kinds, with quotes that YAML does not take."""

import re
from dataclasses import dataclass

import yaml

from aggregator.discover.unfolding import MAX_VALUES, unfolds_too_far
from aggregator.errors import ReadError

MAX_SIZE = 64 * 1024
"""Characters of front matter."""
MAX_DEPTH = 20
_BLOCK = re.compile(r"\s*---[ \t]*\r?\n(.*?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_LINE = re.compile(r"([\w-]+)[ \t]*:[ \t]*(.*?)[ \t]*\Z")

Value = str | list["Value"] | dict[str, "Value"]


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stands above the text of a post."""

    values: dict[str, Value]
    """Texts as they stand, lists and tables of these."""
    plain: frozenset[str] = frozenset()
    """The keys whose text stands without quotes."""
    mended: int | None = None
    """The line on which YAML broke off, so that it was read line by line; counted in the file, from 1."""
    lists: frozenset[str] = frozenset()
    """The keys that are lists."""

    def text(self, *keys: str) -> str:
        """Give the first of these keys that is a text and not empty."""
        found = (self.values.get(key) for key in keys)
        return next((one.strip() for one in found if isinstance(one, str) and one.strip()), "")

    def texts(self, key: str) -> list[str]:
        """Give a list's texts; a single text is split at commas only where Jekyll would not split it."""
        value = self.values.get(key)
        found = value if isinstance(value, list) else [value]
        return [one.strip() for one in found if isinstance(one, str) and one.strip()]


def split(text: str) -> tuple[FrontMatter, str]:
    """Part front matter from the text behind it. Raises ReadError, naming the line, where there is none."""
    block = _BLOCK.match(text.removeprefix("\ufeff"))
    if not block:
        raise ReadError("line 1: has no front matter between two lines of ---")
    if len(block[1]) > MAX_SIZE:
        raise ReadError(f"line 1: has front matter of more than {MAX_SIZE} characters")
    rest = text.removeprefix("\ufeff")[block.end() :]
    first = text.removeprefix("\ufeff")[: block.start(1)].count("\n") + 1
    try:
        node = yaml.compose(block[1], Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        mark = getattr(exc, "problem_mark", None)
        return _read_lines(block[1], first + (mark.line if mark else 0)), rest
    if node is None:
        return FrontMatter({}), rest
    if not isinstance(node, yaml.MappingNode):
        raise ReadError(f"line {first}: its front matter is no table of keys")
    if unfolds_too_far(node):
        raise ReadError(f"line {first}: its front matter unfolds to more than {MAX_VALUES} values")
    return _read_table(node), rest


def _read_table(table: yaml.MappingNode) -> FrontMatter:
    pairs = [(_encodable(key.value), value) for key, value in table.value if isinstance(key, yaml.ScalarNode)]
    plain = {key for key, value in pairs if isinstance(value, yaml.ScalarNode) and not value.style}
    lists = {key for key, value in pairs if isinstance(value, yaml.SequenceNode)}
    values = {key: _value(value, 0) for key, value in pairs}
    return FrontMatter(values, frozenset(plain), lists=frozenset(lists))


def _value(node: yaml.Node, depth: int) -> Value:
    """Give the texts of a node; nothing of what is nested deeper than anything a post says."""
    if depth > MAX_DEPTH:
        return ""
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, depth + 1) for one in node.value[:1000]] if depth < 3 else []
    if isinstance(node, yaml.MappingNode):
        if depth >= 3:
            return {}
        return {_encodable(str(key.value)): _value(value, depth + 1) for key, value in node.value[:1000]}
    style = node.style if isinstance(node, yaml.ScalarNode) else ""
    return "" if node.value in ("~", "null", "Null", "NULL") and not style else _encodable(str(node.value))


def _encodable(text: str) -> str:
    """Replace halves of characters: YAML names them, no file holds them."""
    return text.encode(errors="replace").decode()


def _read_lines(block: str, line: int) -> FrontMatter:
    """Read ``key: value`` lines whose quotes are not escaped, as scripts write them."""
    values: dict[str, Value] = {}
    plain: set[str] = set()
    key = ""
    for row in block.splitlines():
        if (item := re.match(r"\s*-\s+(.*)", row)) and key and not values[key]:
            values[key] = [_bare(item[1])]
        elif item and key and isinstance(before := values[key], list):
            before.append(_bare(item[1]))
        elif match := _LINE.match(row):
            key, value = match.groups()
            if value[:1] == "[" and value[-1:] == "]":
                values[key] = [_bare(one) for one in value[1:-1].split(",") if one.strip()]
            else:
                values[key] = _bare(value)
                plain |= {key} if value[:1] not in "\"'" else set()
    return FrontMatter(values, frozenset(plain), mended=line)


def _bare(value: str) -> str:
    """Take the outer quotes off; what stands between them is meant as it stands."""
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
