"""One Config out of a TOML file, the ``sources.d`` beside it, presets and defaults."""

import io
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from aggregator.config.alerts import read_alerts
from aggregator.config.feeds import read_feeds
from aggregator.config.fields import field_problems
from aggregator.config.names import find_duplicates
from aggregator.config.outputs import language_problems, output_problems
from aggregator.config.report import Location, explain
from aggregator.errors import ConfigError, Problem
from aggregator.settings import (
    Config,
    Evidence,
    Mail,
    Network,
    Output,
    Server,
    Site,
    Source,
    Storage,
    Table,
    Websub,
    check_address,
    closest,
)
from aggregator.sources import find_kind, kind_names

SECTIONS: dict[str, type[Table]] = {
    "site": Site,
    "storage": Storage,
    "output": Output,
    "server": Server,
    "network": Network,
    "websub": Websub,
    "evidence": Evidence,
    "mail": Mail,
}
STAND_INS = {"name": "_", "kind": "feed", "url": "http://example.invalid/"}
"""Values in place of required keys that are wrong or missing, so that the rest of their table is checked."""
COMMENT_COLUMN = 43
"""Where comments begin in what ``aggregator init`` writes."""
NOTHING_PENDING: Mapping[Path, bytes] = MappingProxyType({})


def starting_config(timezone: str = "UTC") -> str:
    """Give the commented configuration that ``aggregator init`` writes, with a time zone."""
    text = resources.files("aggregator.config").joinpath("starting.toml").read_text("utf-8")
    filled = f'timezone = "{timezone}"'.ljust(COMMENT_COLUMN - 1)
    return text.replace('timezone = "UTC"'.ljust(COMMENT_COLUMN - 1), filled, 1)


def preset_names() -> list[str]:
    """Name the presets that the program ships."""
    folder = resources.files("aggregator.config").joinpath("presets")
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def load(path: Path, pending: Mapping[Path, bytes] = NOTHING_PENDING) -> Config:
    """Read ``path`` and ``sources.d/*.toml`` beside it. Raises ConfigError naming every fault at once.

    ``pending`` are files that are about to be written, with their content: it is read in their place.
    """
    problems: list[Problem] = []
    main = _read(path, problems, pending)
    sections = _sections(path, main, problems)
    defaults = _defaults(path, main.get("defaults", {}), sections.get("site"), problems)
    tables = [(path, number, table) for number, table in _source_tables(path, main, problems)]
    for file in sorted({*path.parent.glob("sources.d/*.toml"), *pending} - {path}):
        content = _read(file, problems, pending)
        problems += [
            Location(str(file)).problem(key, "only [[source]] tables belong in sources.d")
            for key in sorted(content.keys() - {"source"})
        ]
        tables += [(file, number, table) for number, table in _source_tables(file, content, problems)]
    sources = [_source(file, number, table, defaults, problems) for file, number, table in tables]
    problems += find_duplicates(tables)
    names = [table["name"] for _, _, table in tables if isinstance(table.get("name"), str)]
    feeds = read_feeds(path, main, names, problems)
    receivers, rules = read_alerts(path, main, sections.get("mail"), problems)
    if problems:
        raise ConfigError(problems)
    found = tuple(source for source in sources if source)
    return Config(**sections, feeds=feeds, receivers=receivers, rules=rules, sources=found)


def source_reader(path: Path) -> Callable[[Mapping[str, Any]], Source]:
    """Give what builds a source from a table as if it stood in the configuration at ``path``.

    Presets and defaults are applied. It raises ConfigError naming every fault.
    """
    faults: list[Problem] = []
    main = _read(path, faults) if path.exists() else {}
    site = _sections(path, main, []).get("site", Site(url="http://127.0.0.1:8080"))
    defaults = _defaults(path, main.get("defaults", {}), site, faults)

    def read_source(table: Mapping[str, Any]) -> Source:
        problems = list(faults)
        source = _source(path, 1, {"name": "new", **table}, defaults, problems)
        if problems or source is None:
            raise ConfigError(problems)
        return source

    return read_source


def parse(body: bytes) -> dict[str, Any]:
    """Parse TOML with line ends of any system. Raises UnicodeDecodeError, tomllib.TOMLDecodeError."""
    return tomllib.loads(io.StringIO(body.decode("utf-8-sig"), newline=None).read())


def _read(
    path: Path, problems: list[Problem], pending: Mapping[Path, bytes] = NOTHING_PENDING
) -> dict[str, Any]:
    try:
        return parse(pending[path] if path in pending else path.read_bytes())
    except FileNotFoundError:
        hint = "there is no such file; `aggregator init` writes one to start from"
        problems.append(Problem(str(path), "", "", hint))
    except OSError as exc:
        problems.append(Problem(str(path), "", "", f"cannot be read: {exc.strerror}"))
    except UnicodeDecodeError as exc:
        problems.append(Problem(str(path), "", "", f"is not UTF-8 at byte {exc.start}; save it as UTF-8"))
    except tomllib.TOMLDecodeError as exc:
        problems.append(Problem(str(path), "", "", f"is not TOML: {exc}"))
    return {}


def _sections(path: Path, main: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    known = [*SECTIONS, "defaults", "feed", "receiver", "rule", "source"]
    problems += [
        Location(str(path)).problem(key, f"unknown table{closest(key, known)}")
        for key in sorted(main.keys() - set(known))
    ]
    built: dict[str, Any] = {}
    for name, model in SECTIONS.items():
        if name not in main and name != "site":
            continue
        location = Location(str(path), f"[{name}]")
        if name not in main:
            # Of a file that cannot be read only that is reported.
            if main or not problems:
                problems.append(location.problem("", 'is missing; it needs at least url = "https://…"'))
            continue
        try:
            built[name] = model.model_validate(main[name])
        except ValidationError as exc:
            problems += explain(exc, location, model)
    output = built.get("output")
    if "site" in built and ("output" not in main or output):
        location = Location(str(path), "[site]")
        problems += language_problems(location, built["site"].language, output or Output())
    if isinstance(output, Output):
        private = [Path(), path, Path(built.get("storage", Storage()).file)]
        problems += output_problems(Location(str(path), "[output]"), output, private)
    return built


def _defaults(path: Path, table: Any, site: Any, problems: list[Problem]) -> dict[str, Any]:
    """Check ``[defaults]`` and give its valid keys, so that no source reports its faults again.

    Time zone and language default to those of the site.
    """
    location = Location(str(path), "[defaults]")
    if not isinstance(table, dict):
        problems.append(location.problem("", "should be a table: [defaults]"))
        return {}
    if "name" in table:
        problems.append(location.problem("name", "is each source's own and cannot be defaulted"))
    table = {key: value for key, value in table.items() if key != "name"}
    valid, faults, _ = _valid_part(table, location)
    problems += faults
    if isinstance(site, Site):
        return {"timezone": site.timezone, "language": site.language, **valid}
    return valid


def _source_tables(
    path: Path, content: Mapping[str, Any], problems: list[Problem]
) -> Iterator[tuple[int, dict[str, Any]]]:
    tables = content.get("source", [])
    if not isinstance(tables, list):
        problems.append(Location(str(path)).problem("source", "write [[source]] with two brackets"))
        return
    for number, table in enumerate(tables, 1):
        if isinstance(table, dict):
            yield number, table
        else:
            problems.append(Location(str(path)).problem("source", "every source is a [[source]] table"))


def _source(
    file: Path, number: int, table: dict[str, Any], defaults: dict[str, Any], problems: list[Problem]
) -> Source | None:
    name = table.get("name")
    location = Location(str(file), f'source "{name}"' if isinstance(name, str) else f"source number {number}")
    found: list[Problem] = []
    preset = _preset(table.get("preset", defaults.get("preset")), location, found)
    merged, faults, source = _valid_part(_merge(_merge(defaults, preset), table), location)
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
    wrong = {problem.key for problem in found}
    problems += [location.problem(key, message) for key, message in kind.check(source) if key not in wrong]
    problems += _template_problems(location, source)
    problems += field_problems(location, source)
    if source.browser and source.proxy:
        problems.append(location.problem("browser", "and proxy do not go together"))
    return source


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


def _valid_part(table: dict[str, Any], location: Location) -> tuple[dict[str, Any], list[Problem], Source]:
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
