"""Writes of many rows: a table, rows as mappings of columns, and what becomes of those that are there."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Table
from sqlalchemy.dialects.sqlite import insert

MAX_STATEMENTS = 256
"""Statements that are remembered as text."""

Row = Mapping[str, Any]


def insert_rows(connection: Connection, target: Table, rows: Sequence[Row]) -> None:
    """Insert rows, each with the same columns."""
    if rows:
        _execute(connection, _insertion(target), rows)


def upsert(connection: Connection, target: Table, rows: Sequence[Row], keys: Iterable[Column[Any]]) -> None:
    """Insert rows; a row whose keys exist already gets the other columns set instead."""
    if rows:
        names = tuple(key.name for key in keys)
        _execute(connection, _upsertion(connection.dialect.name, target, tuple(rows[0]), names), rows)


def insert_missing(
    connection: Connection, target: Table, rows: Sequence[Row], keys: Iterable[Column[Any]]
) -> None:
    """Insert rows; a row whose keys exist already stays as it is."""
    if rows:
        names = tuple(key.name for key in keys)
        _execute(connection, _upsertion(connection.dialect.name, target, (), names), rows)


@cache
def _insertion(target: Table) -> Any:
    return insert(target)


@cache
def _upsertion(dialect: str, target: Table, columns: tuple[str, ...], keys: tuple[str, ...]) -> Any:
    statement: Any = insert(target)
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # loaded only where it is the database

        statement = postgresql.insert(target)
    if changed := {name: statement.excluded[name] for name in columns if name not in keys}:
        return statement.on_conflict_do_update(index_elements=keys, set_=changed)
    return statement.on_conflict_do_nothing(index_elements=keys)


@dataclass(frozen=True, slots=True)
class _Written:
    """A statement as the driver takes it."""

    text: str
    columns: tuple[tuple[str, Callable[[Any], Any] | None], ...]
    """The names of its parameters, and what makes values of them that the driver takes; None for nothing."""
    positional: bool
    """Whether the driver takes parameters by their place, else by name."""

    def parameters(self, rows: Sequence[Row]) -> list[Any]:
        """Return the parameters of each row."""
        columns = (
            map(process, [row[name] for row in rows]) if process else [row[name] for row in rows]
            for name, process in self.columns
        )
        values = zip(*columns, strict=True)
        if self.positional:
            return list(values)
        names = [name for name, _ in self.columns]
        return [dict(zip(names, one, strict=True)) for one in values]


def _execute(connection: Connection, statement: Any, rows: Sequence[Row]) -> None:
    """Execute a statement for each row, column by column: SQLAlchemy's way takes longer than the database."""
    written = _written(connection.dialect, statement, tuple(rows[0]))
    connection.exec_driver_sql(written.text, written.parameters(rows))


@lru_cache(MAX_STATEMENTS)
def _written(dialect: Dialect, statement: Any, columns: tuple[str, ...]) -> _Written:
    compiled = statement.compile(dialect=dialect, column_keys=columns)
    names = compiled.positiontup if compiled.positional else tuple(compiled.binds)
    kinds = (compiled.binds[name].type.dialect_impl(dialect) for name in names)
    processes = (kind.bind_processor(dialect) for kind in kinds)
    return _Written(str(compiled), tuple(zip(names, processes, strict=True)), compiled.positional)
