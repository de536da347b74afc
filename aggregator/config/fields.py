"""Checks of ``[source.fields]`` that need to know selectors and JMESPath."""

from collections.abc import Iterator

from aggregator.config.report import Location
from aggregator.errors import Problem
from aggregator.settings import Source
from aggregator.sources import selectors


def field_problems(location: Location, source: Source) -> Iterator[Problem]:
    """Find the selectors and paths of named facts that are none."""
    for name, rule in source.fields.items():
        for key, message in selectors.check(f"fields.{name}", rule, "select"):
            yield location.problem(key, message)
        if rule.path and (fault := _path_fault(rule.path, source.kind)):
            yield location.problem(f"fields.{name}.path", fault)


def _path_fault(path: str, kind: str) -> str:
    if kind != "api":
        return 'is for the kind "api": the JMESPath in an item of its list'
    from aggregator.sources.json_answer import check_path  # loads JMESPath, which few tables need

    return check_path(path)
