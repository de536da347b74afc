"""Faults of a configuration in plain words: file, table, key, and a suggestion for a misspelt one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from aggregator.errors import Problem
from aggregator.settings import Table


@dataclass(frozen=True, slots=True)
class Place:
    """Where faults are being looked for: a file, and a table in it."""

    file: str
    table: str = ""

    def problem(self, key: str, message: str) -> Problem:
        """Name one fault at a dotted key of this place."""
        return Problem(self.file, self.table, key, message)


# Below these keys no value is shown: it may be a secret.
SECRET = frozenset({"headers", "cookies", "auth", "proxy"})
USERINFO = re.compile(r"(?<=//)[^/?#\s]*@")


def closest(word: str, known: Iterable[str]) -> str:
    """Suggest the known word that is spelt most like this one, else list them all."""
    known = list(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else f"; there are {', '.join(known)}"


def explain(error: ValidationError, place: Place, model: type[Table]) -> list[Problem]:
    """Put pydantic's findings about one table into words."""
    return [place.problem(".".join(map(str, item["loc"])), _words(item, model)) for item in error.errors()]


def _words(item: ErrorDetails, model: type[Table]) -> str:
    match item["type"]:
        case "extra_forbidden" if len(item["loc"]) > 1 and item["loc"][-1] in model.model_fields:
            return f"is a key of [[source]] itself; move it above [source.{item['loc'][0]}]"
        case "extra_forbidden":
            return f"unknown key{closest(str(item['loc'][-1]), _keys(model, item['loc'][:-1]))}"
        case "missing":
            return "is missing"
        case "model_type":
            return "should be a table"
        case "string_pattern_mismatch" if item["loc"] == ("name",):
            return f'"{item["input"]}" may hold letters, digits, - and _ only'
        case "string_pattern_mismatch":
            return f'"{item["input"]}" is not of the right form'
        case "tuple_type":
            return f'should be a list: ["{item["input"]}"]'
        case "string_too_short":
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
        inner = model.model_fields[str(part)].annotation
        tables = [
            kind
            for kind in (inner, *get_args(inner))
            if isinstance(kind, type) and issubclass(kind, BaseModel)
        ]
        if not tables:
            return []
        model = tables[0]
    return list(model.model_fields)
