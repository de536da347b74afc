"""Faults of a configuration in plain words: file, table, key, and a suggestion for a misspelt one."""

import re
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from aggregator.errors import Problem
from aggregator.settings import Table, closest

SECRET = frozenset({"headers", "cookies", "auth", "login", "proxy", "token"})
"""Keys below which no value is shown, since it may be a secret."""
NOTHING = "literal['']"
"""What pydantic calls the other type of a key that may be empty, and reports besides."""
USERINFO = re.compile(r"(?<=//)[^/?#\s]*@")


@dataclass(frozen=True, slots=True)
class Location:
    """The file and the table in it that are being checked."""

    file: str
    table: str = ""

    def problem(self, key: str, message: str) -> Problem:
        """Give a fault of a dotted key in this table; an empty key means the table itself."""
        return Problem(self.file, self.table, key, message)


def explain(error: ValidationError, location: Location, model: type[Table]) -> list[Problem]:
    """Put pydantic's errors about one table into words."""
    items = error.errors()
    optional = {item["loc"][:-1] for item in items if item["loc"][-1:] == (NOTHING,)}
    for item in items:
        if item["loc"][:-1] in optional and item["loc"][-1] != NOTHING:
            item["loc"] = item["loc"][:-1]  # without the type that was tried
    return [
        location.problem(_dotted(item["loc"]), _words(item, model))
        for item in items
        if item["loc"][-1:] != (NOTHING,)
    ]


def _dotted(path: tuple[int | str, ...]) -> str:
    """Write a path as ``article.replace[0].pattern``; a faulty value in a list is named by the list alone."""
    named = path[:-1] if path and isinstance(path[-1], int) else path
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in named).lstrip(".")


def _words(item: ErrorDetails, model: type[Table]) -> str:
    match item["type"]:
        case "extra_forbidden" if len(item["loc"]) > 1 and item["loc"][-1] in model.model_fields:
            return f"is a key of [[source]] itself; move it above [source.{item['loc'][0]}]"
        case "extra_forbidden":
            return f"unknown key{closest(str(item['loc'][-1]), _keys(model, item['loc'][:-1]))}"
        case "missing":
            return "is missing"
        case "model_type" | "dict_type":
            return "should be a table"
        case "string_pattern_mismatch" if item["loc"] == ("name",):
            return f'"{item["input"]}" may hold letters, digits, - and _ only'
        case "string_pattern_mismatch":
            return f'"{item["input"]}" is not of the right form'
        case "tuple_type" if isinstance(item["input"], dict):
            return "should be a list, not a table; each table of a list has two brackets: [[…]]"
        case "tuple_type" if isinstance(item["input"], bool):
            return f"should be a list, not {str(item['input']).lower()}"
        case "tuple_type":
            return f'should be a list: ["{item["input"]}"]'
        case "string_too_short" | "too_short":
            return "is empty"
    message = item["msg"].removeprefix("Value error, ").replace("Input should be", "should be")
    shown = item["input"]
    if SECRET.intersection(item["loc"]) or not isinstance(shown, str | int | float):
        return message
    if isinstance(shown, str):
        shown = USERINFO.sub("", shown)
    return f"{shown!r}: {message}"


def _keys(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """List the keys of the table at ``path`` below a model."""
    for part in path:
        if field := model.model_fields.get(str(part)):
            model = _table_of(field.annotation) or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _table_of(annotation: Any) -> type[BaseModel] | None:
    """Find the table in an annotation such as ``Filter``, ``Auth | None``, ``tuple[Replacement, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _table_of(part))), None)
