"""The tables of two databases beside each other, as lines and as JSON."""

from collections.abc import Iterator, Sequence

from aggregator.cli.context import counted
from aggregator.cli.tables.terminal import dump
from aggregator.store.upkeep.transfer import Compared, Planned


def planned_json(tables: Sequence[Planned]) -> str:
    """Write what a move would copy as JSON: an object a table."""
    return dump([{"table": one.table, "rows": one.rows, "moved": one.moved} for one in tables])


def planned_lines(tables: Sequence[Planned]) -> Iterator[str]:
    """Say what a move would copy, a line a table that has rows."""
    for one in tables:
        if one.rows:
            yield f"{one.table}: {counted(one.rows, 'row')}{f', {one.moved} moved' if one.moved else ''}"


def compared_json(tables: Sequence[Compared]) -> str:
    """Write the rows and hashes of both databases as JSON: an object a table."""
    names = ("table", "rows", "digest", "moved_rows", "moved_digest", "is_equal")
    return dump([{name.removeprefix("is_"): getattr(one, name) for name in names} for one in tables])


def compared_lines(tables: Sequence[Compared]) -> Iterator[str]:
    """Write the rows and hashes, a line a table that has rows, and a second one where TO has others."""
    for one in tables:
        if one.rows or one.moved_rows:
            yield f"{one.table}: {counted(one.rows, 'row')}, sha256 {one.digest}"
        if not one.is_equal:
            yield f"{one.table} in TO: {counted(one.moved_rows, 'row')}, sha256 {one.moved_digest}"
