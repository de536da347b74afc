"""``[[reader]]`` of the main file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aggregator.config.alerts import named_tables
from aggregator.config.report import Location
from aggregator.errors import Problem
from aggregator.settings import Reader


def read_readers(path: Path, main: Mapping[str, Any], problems: list[Problem]) -> tuple[Reader, ...]:
    """Read every ``[[reader]]``, and add faults to ``problems``."""
    readers: list[Reader] = []
    for name, reader in named_tables(path, main, "reader", Reader, problems):
        location = Location(str(path), f'reader "{name}"')
        if "server" not in main:
            problems.append(location.problem("", "needs [server], which answers readers"))
        if other := next((one.name for one in readers if one.token == reader.token), None):
            problems.append(location.problem("token", f'is that of "{other}"; each reader has another one'))
        readers.append(reader)
    return tuple(readers)
