"""``[[source]]``: one source of a table, with presets and defaults."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from aggregator.config.fields import field_problems
from aggregator.config.report import Location, explain
from aggregator.config.sessions import session_problems
from aggregator.config.words import read_filter
from aggregator.errors import Problem
from aggregator.settings import Source, check_address, closest
from aggregator.sources import find_kind, kind_names

STAND_INS = {"name": "_", "kind": "feed", "url": "http://example.invalid/"}
"""Values in place of required keys that are wrong or missing, so that the rest of their table is checked."""


def preset_names() -> list[str]:
    """Name the presets that the program ships."""
    folder = resources.files("aggregator.config").joinpath("presets")
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


@dataclass(frozen=True, slots=True)
class SourceReader:
    """Builds sources of tables; lists of words are looked for in ``folder``."""

    folder: Path
    defaults: Mapping[str, Any]

    def read(
        self, file: Path, number: int, table: Mapping[str, Any], problems: list[Problem]
    ) -> Source | None:
        """Build the source of a table in a file, and add faults to ``problems``."""
        name = table.get("name")
        location = Location(
            str(file), f'source "{name}"' if isinstance(name, str) else f"source number {number}"
        )
        found: list[Problem] = []
        preset = _preset(table.get("preset", self.defaults.get("preset")), location, found)
        merged, faults, source = valid_part(_merge(_merge(self.defaults, preset), table), location)
        found += faults
        problems += found
        for key in STAND_INS:
            # A preset that does not exist would have brought the kind.
            if key not in merged and not any(problem.key in (key, "preset") for problem in found):
                kinds = f"; it is one of {', '.join(kind_names())}" if key == "kind" else ""
                problems.append(location.problem(key, f"is missing{kinds}"))
        kind = find_kind(source.kind)
        if kind is None:
            names = kind_names()
            problems.append(
                location.problem("kind", f'there is no kind "{source.kind}"{closest(source.kind, names)}')
            )
            return None
        source, faults = read_filters(source, self.folder, location)
        problems += faults
        wrong = {problem.key for problem in found}
        problems += [
            location.problem(key, message) for key, message in kind.check(source) if key not in wrong
        ]
        problems += _template_problems(location, source)
        problems += field_problems(location, source)
        problems += session_problems(location, source)
        if source.browser and source.proxy:
            problems.append(location.problem("browser", "and proxy do not go together"))
        return source


def read_filters(source: Source, folder: Path, location: Location) -> tuple[Source, list[Problem]]:
    """Give a source with the words of the lists that its queries name, and what is wrong with those."""
    problems = []
    filters = {key: rules for key in ("keep", "block") if (rules := getattr(source, key)).query}
    for key, rules in filters.items():
        try:
            query = read_filter(rules.query, folder, source)
        except ValueError as exc:
            problems.append(location.problem(key, str(exc)))
        else:
            source = source.model_copy(update={key: rules.model_copy(update={"query": query})})
    return source, problems


def _template_problems(location: Location, source: Source) -> Iterator[Problem]:
    for key in ("category", "tag", "article_url", "share_url"):
        template: str = getattr(source, key)
        bare = re.sub(r"\{\w+\}", "", template)
        if "{" in bare or "}" in bare:
            yield location.problem(
                key, f'"{template}" has a brace without its partner; a field is written {{name}}'
            )
        elif template and key.endswith("_url") and not (key == "article_url" and template.startswith("/")):
            try:
                check_address(bare)
            except ValueError as exc:
                yield location.problem(key, str(exc))


def read_preset(name: str) -> dict[str, Any]:
    """Read a preset that there is, with those on which it stands."""
    return _preset(name, Location(""), [])


def _preset(name: Any, location: Location, problems: list[Problem]) -> dict[str, Any]:
    if name is None:
        return {}
    names = preset_names()
    if name not in names:
        problems.append(location.problem("preset", f'there is no preset "{name}"{closest(str(name), names)}'))
        return {}
    file = resources.files("aggregator.config").joinpath("presets", f"{name}.toml")
    table = tomllib.loads(file.read_text("utf-8"))
    # A preset may stand on another one.
    return _merge(_preset(table.pop("preset", None), location, problems), table)


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one table over another, key by key down to the leaves."""
    merged = dict(below)
    for key, value in above.items():
        lower = merged.get(key)
        merged[key] = _merge(lower, value) if isinstance(lower, dict) and isinstance(value, dict) else value
    return merged


def valid_part(table: dict[str, Any], location: Location) -> tuple[dict[str, Any], list[Problem], Source]:
    """Give the keys of a source's table that are right, and what is wrong with the others.

    With them comes the source that they make, with ``STAND_INS``.
    """
    problems: list[Problem] = []
    while True:
        try:
            source = Source.model_validate({**STAND_INS, **table})
        except ValidationError as exc:
            # Errors of later rounds are only what a table lacks once its faulty keys are taken out.
            problems = problems or explain(exc, location, Source)
            for error in exc.errors():
                table = _without(table, error["loc"])
        else:
            break
    if source.cron:
        from aggregator.decide.cron import check_cron  # loaded only where there is a cron, for `check`

        if message := check_cron(source.cron):
            problems.append(location.problem("cron", message))
            table = _without(table, ("cron",))
            source = Source.model_validate({**STAND_INS, **table})
    return table, problems, source


def _without(table: dict[str, Any], path: tuple[int | str, ...]) -> dict[str, Any]:
    """Give a table without the value at a path of pydantic's, so that its neighbours are still checked.

    Where the path leads into a list, names a missing key or one type of a union, the whole value goes.
    """
    key, *rest = path
    inner = table.get(str(key))
    if rest and isinstance(inner, dict) and rest[0] in inner:
        return {**table, str(key): _without(inner, tuple(rest))}
    return {name: value for name, value in table.items() if name != key}
