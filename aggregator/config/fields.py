"""Checks of ``[source.fields]`` that need to know selectors and JMESPath."""

from collections.abc import Iterator

from aggregator.config.report import Location
from aggregator.errors import Problem
from aggregator.settings import Source
from aggregator.sources import selectors
from aggregator.sources.json_answer import check_path


def field_problems(location: Location, source: Source) -> Iterator[Problem]:
    """Find the selectors and paths of named facts that are none."""
    for name, rule in source.fields.items():
        for key, message in selectors.check(f"fields.{name}", rule, "select"):
            yield location.problem(key, message)
        fault = check_path(rule.path) if rule.path else ""
        if rule.path and source.kind != "api":
            fault = 'is for the kind "api": the JMESPath in an item of its list'
        if fault:
            yield location.problem(f"fields.{name}.path", fault)
