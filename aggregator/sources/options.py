"""Options of a source (``[source.options]``), whose keys each kind declares in a table of its own."""

from collections.abc import Iterator
from typing import TypeVar

from pydantic import ValidationError

from aggregator.settings import Source, Table
from aggregator.settings.values import closest

T = TypeVar("T", bound=Table)


def check(source: Source, model: type[Table]) -> Iterator[tuple[str, str]]:
    """Find what is wrong with a source's options, as (dotted key, message)."""
    try:
        model.model_validate(source.options)
    except ValidationError as exc:
        for error in exc.errors():
            key = ".".join(map(str, ("options", *error["loc"])))
            if error["type"] == "extra_forbidden":
                yield key, f"unknown key{closest(str(error['loc'][-1]), model.model_fields)}"
            else:
                message = error["msg"].removeprefix("Value error, ").replace("Input should be", "should be")
                yield key, f"{error['input']!r}: {message}"


def check_none(source: Source) -> Iterator[tuple[str, str]]:
    """Find options of a source whose kind has none."""
    for key in source.options:
        yield f"options.{key}", f'is unknown: a source of the kind "{source.kind}" has no options'


def read(source: Source, model: type[T]) -> T:
    """Read a source's options, which passed :func:`check`, as the kind's table."""
    return model.model_validate(source.options)
