"""One Config out of a TOML file, the ``sources.d`` beside it, presets and defaults."""

import errno
import io
import os
import stat
import tomllib
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from aggregator.config.alerts import purge_problems, read_alerts
from aggregator.config.feeds import read_feeds
from aggregator.config.names import find_duplicates
from aggregator.config.outputs import evidence_problems, language_problems, output_problems
from aggregator.config.readers import read_readers
from aggregator.config.report import Location, explain
from aggregator.config.sessions import shared_problems
from aggregator.config.sources import SourceReader, read_filters, valid_part
from aggregator.config.words import facts_of
from aggregator.errors import ConfigError, Problem
from aggregator.settings import (
    Backup,
    Cluster,
    Config,
    Daemon,
    Evidence,
    Mail,
    Network,
    Operator,
    Output,
    Server,
    Site,
    Source,
    Storage,
    Table,
    Websub,
    closest,
)

SECTIONS: dict[str, type[Table]] = {
    "site": Site,
    "storage": Storage,
    "output": Output,
    "server": Server,
    "operator": Operator,
    "daemon": Daemon,
    "network": Network,
    "websub": Websub,
    "evidence": Evidence,
    "backup": Backup,
    "cluster": Cluster,
    "mail": Mail,
}
COMMENT_COLUMN = 43
"""Where comments begin in what ``aggregator init`` writes."""
NOTHING_PENDING: Mapping[Path, bytes] = MappingProxyType({})


def starting_config(timezone: str = "UTC") -> str:
    """Give the commented configuration that ``aggregator init`` writes, with a time zone."""
    text = resources.files("aggregator.config").joinpath("starting.toml").read_text("utf-8")
    filled = f'timezone = "{timezone}"'.ljust(COMMENT_COLUMN - 1)
    return text.replace('timezone = "UTC"'.ljust(COMMENT_COLUMN - 1), filled, 1)


def load(path: Path, pending: Mapping[Path, bytes] = NOTHING_PENDING) -> Config:
    """Read ``path`` and ``sources.d/*.toml`` beside it. Raises ConfigError naming every fault at once.

    ``pending`` are files that are about to be written, with their content: it is read in their place.
    """
    problems: list[Problem] = []
    main = _read(path, problems, pending)
    sections = _sections(path, main, problems)
    defaults = _defaults(path, main.get("defaults", {}), sections.get("site"), problems)
    tables = [(path, number, table) for number, table in _source_tables(path, main, problems)]
    for file in files_of(path, pending)[1:]:
        content = _read(file, problems, pending, read_regular)
        problems += [
            Location(str(file)).problem(key, "only [[source]] tables belong in sources.d")
            for key in sorted(content.keys() - {"source"})
        ]
        tables += [(file, number, table) for number, table in _source_tables(file, content, problems)]
    reader = SourceReader(path.parent, defaults)
    sources = [reader.read(file, number, table, problems) for file, number, table in tables]
    problems += find_duplicates(tables)
    names = [table["name"] for _, _, table in tables if isinstance(table.get("name"), str)]
    feeds = read_feeds(path, main, names, problems)
    found = tuple(source for source in sources if source)
    problems += shared_problems([(file, one) for (file, *_), one in zip(tables, sources, strict=True) if one])
    facts = facts_of(found) if "rule" in main else set()
    receivers, rules = read_alerts(path, main, sections.get("mail"), facts, problems)
    problems += purge_problems(path, main, sections.get("output"))
    readers = read_readers(path, main, problems)
    if problems:
        raise ConfigError(problems)
    return Config(**sections, feeds=feeds, receivers=receivers, rules=rules, readers=readers, sources=found)


def read_regular(file: Path) -> bytes:
    """Read a file that somebody put into a folder.

    Raises OSError, also for a pipe or a device: it may keep whoever reads it for ever.
    """
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)  # to open a pipe would wait for its writer
    with open(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a file")
        return opened.read()


def files_of(path: Path, pending: Mapping[Path, bytes] = NOTHING_PENDING) -> list[Path]:
    """Name the files of a configuration, the main one first, with those that are about to be written."""
    return [path, *sorted({*path.parent.glob("sources.d/*.toml"), *pending} - {path})]


def read_file(path: Path) -> dict[str, Any]:
    """Read one file of a configuration. Raises ConfigError."""
    problems: list[Problem] = []
    content = _read(path, problems)
    if problems:
        raise ConfigError(problems)
    return content


def source_reader(path: Path) -> Callable[[Mapping[str, Any]], Source]:
    """Give what builds a source from a table as if it stood in the configuration at ``path``.

    Presets and defaults are applied. It raises ConfigError naming every fault.
    """
    faults: list[Problem] = []
    main = _read(path, faults) if path.exists() else {}
    site = _sections(path, main, []).get("site", Site(url="http://127.0.0.1:8080"))
    defaults = _defaults(path, main.get("defaults", {}), site, faults)

    reader = SourceReader(path.parent, defaults)

    def read_source(table: Mapping[str, Any]) -> Source:
        problems = list(faults)
        source = reader.read(path, 1, {"name": "new", **table}, problems)
        if problems or source is None:
            raise ConfigError(problems)
        return source

    return read_source


def parse(body: bytes) -> dict[str, Any]:
    """Parse TOML with line ends of any system. Raises UnicodeDecodeError, tomllib.TOMLDecodeError."""
    return tomllib.loads(io.StringIO(body.decode("utf-8-sig"), newline=None).read())


def _read(
    path: Path,
    problems: list[Problem],
    pending: Mapping[Path, bytes] = NOTHING_PENDING,
    read: Callable[[Path], bytes] = Path.read_bytes,
) -> dict[str, Any]:
    try:
        return parse(pending[path] if path in pending else read(path))
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
    known = [*SECTIONS, "defaults", "feed", "reader", "receiver", "rule", "source"]
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
    problems += _section_problems(path, built, Output() if "output" not in main else built.get("output"))
    return built


def _section_problems(path: Path, built: Mapping[str, Any], output: Output | None) -> Iterator[Problem]:
    """Check what tables that are valid mean together; ``output`` is None where it is not valid itself."""
    backup = built.get("backup")
    if backup and backup.cron:
        from aggregator.decide.cron import check_cron  # loaded only where there is a cron, for `check`

        if message := check_cron(backup.cron):
            yield Location(str(path), "[backup]").problem("cron", message)
    if "cluster" in built and built.get("storage", Storage()).file:
        needed = 'needs [storage] database = "postgresql://…", which all of its machines share'
        yield Location(str(path), "[cluster]").problem("engine", needed)
    if output is None:
        return
    if "site" in built:
        yield from language_problems(Location(str(path), "[site]"), built["site"].language, output)
    private = [Path(), path, Path(built.get("storage", Storage()).file)]
    private += [output.folders["private"]] if "private" in output.folders else []
    private += [Path(backup.folder)] if backup else []
    yield from output_problems(Location(str(path), "[output]"), output, private)
    if "evidence" in built:
        yield from evidence_problems(Location(str(path), "[evidence]"), built["evidence"], output)


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
    valid, faults, source = valid_part(table, location)
    faults += read_filters(source, path.parent, location)[1]
    problems += faults
    valid = {key: value for key, value in valid.items() if key not in {problem.key for problem in faults}}
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
