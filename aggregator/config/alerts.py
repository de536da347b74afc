"""``[[receiver]]`` and ``[[rule]]`` of the main file."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from aggregator.config.outputs import template_problems
from aggregator.config.report import Location, explain
from aggregator.config.words import read_new_query
from aggregator.errors import Problem
from aggregator.settings import Mail, Output, Reader, Receiver, Rule, closest

Named = TypeVar("Named", Reader, Receiver, Rule)


def read_alerts(
    path: Path, main: Mapping[str, Any], mail: Mail | None, facts: Collection[str], problems: list[Problem]
) -> tuple[tuple[Receiver, ...], tuple[Rule, ...]]:
    """Read every ``[[receiver]]`` and ``[[rule]]``, and add faults to ``problems``.

    ``facts`` are the names of facts that queries may ask for.
    """
    receivers = dict(named_tables(path, main, "receiver", Receiver, problems))
    tables = main.get("receiver", [])
    # Of one with a fault the fault is enough; rules that name it are right.
    named = (
        [str(one.get("name")) for one in tables if isinstance(one, dict)] if isinstance(tables, list) else []
    )
    rules = {}
    for name, rule in named_tables(path, main, "rule", Rule, problems):
        location = Location(str(path), f'rule "{name}"')
        try:
            if rule.query.strip():
                rule = rule.model_copy(update={"query": read_new_query(rule.query, path.parent, facts)})
        except ValueError as exc:
            problems.append(location.problem("query", str(exc)))
        problems += [
            location.problem("tell", f'there is no receiver "{one}"{closest(one, named)}')
            for one in rule.tell
            if one not in named
        ]
        rules[name] = rule
    for name, receiver in receivers.items():
        location = Location(str(path), f'receiver "{name}"')
        if (
            mail is None
            and "mail" not in main
            and isinstance(receiver.url, str)
            and receiver.url.startswith("mailto:")
        ):
            problems.append(location.problem("url", "needs [mail], with the server that sends it"))
        if receiver.template:
            problems += template_problems(location, "template", Path(receiver.template))
    return tuple(receivers.values()), tuple(rules.values())


def purge_problems(path: Path, main: Mapping[str, Any], output: Output | None) -> Iterator[Problem]:
    """Check that ``[output] purge`` names a receiver with a webhook; one that has faults is named by them."""
    tables = main.get("receiver", [])
    if output is None or not output.purge or not isinstance(tables, list):
        return
    location = Location(str(path), "[output]")
    urls = {str(one.get("name")): one.get("url") for one in tables if isinstance(one, dict)}
    if output.purge not in urls:
        message = f'there is no receiver "{output.purge}"{closest(output.purge, list(urls))}'
        yield location.problem("purge", message)
    elif isinstance(url := urls[output.purge], str) and not url.startswith(("http:", "https:")):
        yield location.problem("purge", f'receiver "{output.purge}" is no webhook: an http(s) address')


def named_tables(
    path: Path, main: Mapping[str, Any], key: str, model: type[Named], problems: list[Problem]
) -> Iterator[tuple[str, Named]]:
    """Read every table ``[[key]]``, and yield it with its name; add faults to ``problems``."""
    tables = main.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        problems.append(Location(str(path)).problem(key, f"write [[{key}]] with two brackets"))
        return
    seen: set[str] = set()
    for number, table in enumerate(tables, 1):
        name = table.get("name")
        location = Location(
            str(path), f'{key} "{name}"' if isinstance(name, str) else f"{key} number {number}"
        )
        try:
            read = model.model_validate(table)
        except ValidationError as exc:
            problems += explain(exc, location, model)
            continue
        if read.name in seen:
            problems.append(location.problem("name", "stands twice; names are unique"))
        seen.add(read.name)
        yield read.name, read
