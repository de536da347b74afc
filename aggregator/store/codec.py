"""Dataclasses in rows: their fields as columns, and whole values as JSON in a column, without loss."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields
from datetime import date
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

from aggregator.model import Baseline, Pace, Rhythm

HABITS: dict[str, type[Any]] = {"pace": Pace, "rhythm": Rhythm, "baseline": Baseline}
"""The fields of a PollState that are values of their own."""

Value = TypeVar("Value")

_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)  # building one takes milliseconds


def encode(value: object) -> str:
    """Return a dataclass, or a sequence of them, as JSON: objects of all fields, times in ISO 8601."""
    return _encoder.encode(value) if value != () else "[]"


def encode_habit(value: Pace | Rhythm | Baseline) -> str:
    """Return one of ``HABITS`` as a JSON object of the fields that differ from their defaults."""
    return _adapter(type(value)).dump_json(value, exclude_defaults=True).decode()


def encode_short(value: object) -> str:
    """Return a dataclass as a JSON object of the fields that differ from their defaults."""
    return _encoder.encode({field.name: said for field, said in _said(value)})


def _said(value: Any) -> Iterator[tuple[Field[Any], Any]]:
    for field in fields(value):
        said = getattr(value, field.name)
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if said != default:
            yield field, said


def decode(kind: type[Value], text: str) -> Value:
    """Return the value of this type that was encoded; fields that are not in the text have their defaults."""
    value: Value = _adapter(kind).validate_json(text)
    return value


def read_row(kind: Callable[..., Value], row: Any, **others: Any) -> Value:
    """Return a dataclass with those fields that are columns of a row, and ``others`` beside or instead."""
    return kind(**{name: row[place] for name, place in _places(kind, row._fields)} | others)


@cache
def _places(kind: Any, columns: tuple[str, ...]) -> list[tuple[str, int]]:
    """Return where in rows of these columns the fields of a dataclass are."""
    return [(field.name, columns.index(field.name)) for field in fields(kind) if field.name in columns]


def make_row(value: Any, **others: Any) -> dict[str, Any]:
    """Return the fields of a dataclass as columns, with ``others`` beside them or instead of them."""
    return {name: getattr(value, name) for name in _names(value.__class__)} | others


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _plain(value: Any) -> object:
    """Return what ``json`` can write; pydantic cannot, because sites send lone surrogates."""
    if isinstance(value, date):  # or a datetime, which is one
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return make_row(value)


_encoder = json.JSONEncoder(default=_plain, ensure_ascii=False, separators=(",", ":"))
