"""The page of every key: type, default, meaning, from the code; an example from the blocks of the docs."""

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import time, timedelta
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from aggregator.config.keys import headings, meanings, tables
from aggregator.settings import Table
from aggregator.settings.values import SIZES, UNITS, parse_size
from docs.site.blocks import Block, blocks

INTRODUCTION = """\
# Every key

Made from the code of this version. [Configuration](configuration.md) says how the tables work together;
`aggregator check` names every fault of a file.

A **duration** is a text such as `"30s"`, `"15m"`, `"1h30m"` or `"1d"` (units `s`, `m`, `h`, `d`, `w`);
a **size** is a text such as `"500KB"` or `"10MB"` (1 KB is 1,024 bytes), or a number of bytes. Every
key of a `[[source]]` but `name` may stand in `[defaults]`, too.
"""
WORDS = {
    str: "text",
    bool: "`true` or `false`",
    int: "number",
    timedelta: "duration",
    time: "time of the day",
    Any: "anything",
}
AS_READ = {"parse_size": "size", "_between": "hours of the day", "_no_waits": "list: duration, or `false`"}
"""What a value looks like, by the function that reads it before its type does."""
SECRET = re.compile(r"\{ (env|file|credential) = [^}]*\}")


def page() -> str:
    """Write the page as Markdown."""
    examples = dict(reversed(list(_examples())))
    parts = [INTRODUCTION]
    for table in tables():
        for heading in headings(table):
            parts.append(f"\n## `{heading}`\n\n{_about(table)}\n")
            for name, field in table.model_fields.items():
                key = field.alias or name
                parts.append(_key(heading, key, field, meanings(table)[key]))
                parts.append(examples.get((heading, key)) or _example_of_default(key, field))
    return "".join(parts)


def _about(table: type[Table]) -> str:
    text = (table.__doc__ or "").partition(":")[2].replace("``", "`")
    return re.sub(r"\s*\n\s*", " ", text).strip().capitalize()


def _key(heading: str, key: str, field: FieldInfo, meaning: str) -> str:
    place = f"{heading.strip('[]')}.{key}" if heading.startswith("[") else f"secret.{key}"
    default = _default(field)
    told = default if default in ("required", "optional") else f"default `{default}`"
    kind = _type(field.annotation, field.metadata)
    return f"\n### `{key}` {{#{place}}}\n\n*{kind}; {told}*\n\n{' '.join(meaning.split())}\n\n"


def _example_of_default(key: str, field: FieldInfo) -> str:
    default = _default(field)
    return "" if default in ("required", "optional") else f"Example: `{key} = {default}`\n"


def _type(annotation: Any, metadata: Any = ()) -> str:
    """Say in words what a value may be."""
    inner = get_args(annotation)
    readers = {getattr(getattr(one, "func", None), "__name__", "") for one in metadata}
    if found := [AS_READ[name] for name in readers & AS_READ.keys()]:
        return found[0]
    if "_listed" in readers:
        return f"one or a list: {_type(inner[0])}"
    if hasattr(annotation, "__metadata__"):
        return _type(inner[0], annotation.__metadata__)
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{json.dumps(one)}`" for one in inner if one != "")
    if annotation in WORDS:
        return WORDS[annotation]
    if get_origin(annotation) is tuple:
        several = inner[-1] is Ellipsis
        return f"list: {_type(inner[0])}" if several else "two: " + _type(inner[0])
    if get_origin(annotation) is dict:
        return f"table: {_type(inner[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        [heading, *_] = headings(annotation)
        return f"{'table' if heading.startswith('[') else 'secret'}: `{heading}`"
    named = [_type(one) for one in inner if one is not NoneType]
    return " or ".join(dict.fromkeys(one for one in named if one))


def _default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    if default is PydanticUndefined:
        return "required"
    if default is None or default in ("", (), {}) or isinstance(default, BaseModel):
        return "optional"
    is_size = any(getattr(one, "func", None) is parse_size for one in field.metadata)
    return _toml(default, is_size=is_size)


def _toml(value: Any, *, is_size: bool = False) -> str:
    if isinstance(value, timedelta):
        return f'"{_counted(int(value.total_seconds()), UNITS)}"'
    if is_size:
        return f'"{_counted(value, SIZES)}"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _counted(number: int, units: dict[str, int]) -> str:
    unit = max((unit for unit in units if number % units[unit] == 0), key=units.__getitem__)
    return f"{number // units[unit]}{unit}"


def _examples() -> Iterator[tuple[tuple[str, str], str]]:
    """Give each key that a block of the documentation sets, with that line and where it stands."""
    for one in blocks():
        if one.language == "toml" and one.is_run:
            yield from _examples_of(one)


def _examples_of(one: Block) -> Iterator[tuple[tuple[str, str], str]]:
    heading = ""
    file = one.file.removeprefix("docs/").replace("README.md", "index.md")
    for line in one.text.splitlines():
        line = re.sub(r"\s+#(?!\w).*$", "", line)
        if re.match(r"\[+[\w.]+\]+$", line):
            heading = re.sub(r"fields\.\w+", "fields.NAME", line).replace("[defaults]", "[[source]]")
        elif key := re.match(r"(\w+) = .", line):
            try:
                tomllib.loads(line)
            except tomllib.TOMLDecodeError:
                continue
            yield from (
                (('{ env = "NAME" }', one[1]), f"Example: `{one[0]}`\n") for one in SECRET.finditer(line)
            )
            yield (heading, key[1]), f"Example, from [{file.removesuffix('.md')}]({file}): `{line}`\n"
