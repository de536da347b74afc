"""The JSON Schema of configuration files, from the settings themselves, and the file that editors read."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from aggregator.config.keys import meanings, tables
from aggregator.config.load import SECTIONS
from aggregator.config.written import plain
from aggregator.settings import NamedFeed, Reader, Receiver, Rule, Source, Table

FILE = "aggregator.schema.json"
"""Beside the main file of a configuration."""
DIALECT = "http://json-schema.org/draft-07/schema#"
"""The one that editors of TOML know."""
SECRET = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("env", "file", "credential")},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}
TEXT = {"type": "string"}
CLOCK = r"([01]?\d|2[0-3]):[0-5]\d"
ALSO: Mapping[str, Any] = {
    "parse_size": {"type": "string", "pattern": r"^\d+(\.\d+)?\s*([KMGkmg]?[Bb])$"},
    "_listed": TEXT,
    "_no_waits": {"const": False},
    "_is_filter": TEXT,
}
"""What else a value may be, by the function that reads it before its type does."""
INSTEAD: Mapping[str, Any] = {
    "parse_duration": {"type": "string", "pattern": r"^(\d+(\.\d+)?[smhdw])+$"},
    "_clock_time": {"type": "string", "pattern": f"^{CLOCK}$"},
    "_between": {"type": "string", "pattern": f"^{CLOCK}-{CLOCK}$"},
    "_is_elsewhere": SECRET,
    "_check_hidden": {"anyOf": [TEXT, SECRET]},
}
"""What a value has to be in the place of what its type says, by the function that reads it."""
TABLES: Mapping[str, type[Table]] = {
    "feed": NamedFeed,
    "reader": Reader,
    "receiver": Receiver,
    "rule": Rule,
    "source": Source,
}
LINK = re.compile(r"(?<!`)\[(`[^`]+`|[^\]]+)\]\([^)]+\)")
"""A link of the documentation, to a place that an editor does not know."""


class _Written(GenerateJsonSchema):
    """Describes values as they are written in TOML, not as the program holds them."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        """Describe what a function turns into a value of its type."""
        inner, name = super().function_before_schema(schema), _name(schema)
        if name in ALSO:
            return {"anyOf": [deepcopy(ALSO[name]), inner]}
        return deepcopy(INSTEAD.get(name, inner))

    def function_plain_schema(self, schema: core_schema.PlainValidatorFunctionSchema) -> JsonSchemaValue:
        """Describe what a function alone reads."""
        return deepcopy(INSTEAD[_name(schema)])


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema["function"]["function"].__name__)


def write_schema() -> str:
    """Write the schema of a configuration's main file and of those in ``sources.d``, as JSON."""
    models = [*SECTIONS.values(), *TABLES.values()]
    asked: list[tuple[type[BaseModel], Literal["validation"]]] = [(model, "validation") for model in models]
    _, found = models_json_schema(asked, schema_generator=_Written, ref_template="#/definitions/{model}")
    named = {model.__name__: model for top in models for model in (top, *tables(top))}
    definitions = {name: _described(named[name], one) for name, one in found["$defs"].items()}
    # What a source lacks, its preset or [defaults] may have.
    definitions["Source"]["required"] = ["name"]
    definitions["Defaults"] = {key: one for key, one in definitions["Source"].items() if key != "required"}
    properties: dict[str, Any] = {name: _reference(model.__name__) for name, model in SECTIONS.items()}
    properties["defaults"] = _reference("Defaults")
    for name, model in TABLES.items():
        properties[name] = {"type": "array", "items": _reference(model.__name__)}
    schema: dict[str, Any] = {
        "$schema": DIALECT,
        "title": "The configuration of aggregator",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "definitions": definitions,
    }
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def header(config: Path, file: Path) -> str:
    """Write the line by which editors find the schema of a file of the configuration at ``config``."""
    return f"#:schema {os.path.relpath(schema_of(config), file.parent)}\n"


def schema_of(config: Path) -> Path:
    """Say where the schema of a configuration lies."""
    return config.parent / FILE


def place_schema(config: Path) -> None:
    """Write the schema beside a configuration, unless it is there as it should be. Raises OSError."""
    place, text = schema_of(config), write_schema()
    if not place.exists() or place.read_text("utf-8") != text:
        place.write_text(text, "utf-8")


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/definitions/{name}"}


def _described(model: type[BaseModel], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Give a table's schema the meaning of each key and the defaults as they are written."""
    said = meanings(model) if issubclass(model, Table) else {}
    properties = {}
    for name, field in model.model_fields.items():
        key = field.alias or name
        told = {"description": LINK.sub(r"\1", said[key])} if key in said else {}
        default = {} if field.is_required() else _default(plain(field.get_default(call_default_factory=True)))
        kept = {one: value for one, value in _untitled(schema["properties"][key]) if one != "default"}
        properties[key] = {**kept, **told, **default}
    rest = {one: value for one, value in _untitled(schema) if one not in ("properties", "description")}
    return {**rest, "properties": properties}


def _untitled(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in schema.items() if name != "title")


def _default(value: Any) -> dict[str, Any]:
    return {} if value is None or value == {} else {"default": value}
