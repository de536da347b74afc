"""Every key of the configuration with what it means, from the code: for editors and the reference."""

import ast
import inspect
import itertools
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

from aggregator.settings import Config, Table


def headings(model: type[Table]) -> list[str]:
    """Give what a table is called in a file, such as ``[source.list]``; its docstring begins with it."""
    return re.findall(r"``(.+?)``", (inspect.getdoc(model) or "").partition(":")[0])


@cache
def meanings(model: type[Table]) -> dict[str, str]:
    """Give the docstring under each key of a table, by the key's name in a file; a key without one has none.

    It reads the source, for which the program has no time when it starts.
    """
    tree = ast.parse(textwrap.dedent(inspect.getsource(model)))
    lines = [line for table in tree.body if isinstance(table, ast.ClassDef) for line in table.body]
    found = {}
    for key, after in itertools.pairwise(lines):
        match key, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(meaning))),
            ):
                found[model.model_fields[name].alias or name] = inspect.cleandoc(meaning)
    return found


def tables(model: type[Table] = Config) -> Iterator[type[Table]]:
    """Walk the tables inside of a table, each once, in the order of their keys."""
    seen: dict[type[Table], None] = {}

    def walk(annotation: Any) -> None:
        if isinstance(annotation, type) and issubclass(annotation, Table) and annotation not in seen:
            seen[annotation] = None
            for field in annotation.model_fields.values():
                walk(field.annotation)
        for inner in get_args(annotation):
            walk(inner)

    for field in model.model_fields.values():
        walk(field.annotation)
    return iter(seen)
