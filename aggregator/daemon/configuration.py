"""What a configuration that was loaded or refused means for the program's own news."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import structlog

from aggregator.decide.events import without_addresses
from aggregator.errors import AggregatorError, ConfigError, Problem
from aggregator.model import Occurrence
from aggregator.model.digest import hexdigest
from aggregator.settings import Config, Table

MAX_PROBLEMS = 3
MAX_NAMED = 50
"""Sources that the log names of those that were added, changed or removed at once; the rest is a number."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two configurations, by names of sources and keys; values may be secrets."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]
    """The sources of both, with their keys that differ."""
    keys: tuple[str, ...]
    """Keys of the other tables."""


def difference(before: Config, after: Config) -> Difference:
    """Compare two configurations."""
    old, new = ({source.name: source for source in config.sources} for config in (before, after))
    return Difference(
        tuple(name for name in new if name not in old),
        tuple(name for name in old if name not in new),
        {name: tuple(_keys(old[name], one)) for name, one in new.items() if name in old and old[name] != one},
        tuple(key for key in _keys(before, after) if key != "sources"),
    )


def log_difference(found: Difference, count: int) -> None:
    """Say what a reload changed, of a configuration that has so many sources now."""
    for what, names in (("source added", found.added), ("source removed", found.removed)):
        for name in names[:MAX_NAMED]:
            log.info(what, source=name)
    for name, keys in list(found.changed.items())[:MAX_NAMED]:
        log.info("source changed", source=name, keys=" ".join(keys))
    counts = {"added": len(found.added), "changed": len(found.changed), "removed": len(found.removed)}
    others = {"keys": " ".join(found.keys)} if found.keys else {}
    log.info("configuration reloaded", sources=count, **counts, **others)


def _keys(one: Table, other: Table) -> Iterator[str]:
    """Yield the dotted keys in which two tables of a kind differ."""
    for name, field in type(one).model_fields.items():
        old, new = getattr(one, name), getattr(other, name)
        key = field.alias or name
        if old == new:
            continue
        if isinstance(old, Table) and type(old) is type(new):
            yield from (f"{key}.{inner}" for inner in _keys(old, new))
        else:
            yield key


class Announcer:
    """Logs by which configuration the program works and what is refused, and makes events of both."""

    def __init__(self) -> None:
        self._kept: tuple[Problem, ...] = ()
        self._refused: set[str] = set()

    def loaded(self, config: Config, problems: tuple[Problem, ...]) -> Occurrence:
        """Say that the program works by a configuration; ``problems`` are of files that count as before."""
        for problem in problems:
            if problem not in self._kept:
                log.error("a file of sources.d is refused; what it said before goes on", problem=str(problem))
        if self._kept and not problems:
            log.info("recovered", what="files of sources.d are refused")
        self._kept, self._refused = problems, set()
        if problems:
            return _refusal(ConfigError([*problems]))
        detail = f"sources: {len(config.sources)}"
        mark = hexdigest(config.model_dump_json())
        return Occurrence("configuration", "", "configuration-loaded", detail, mark=mark)

    def refused(self, error: Exception, *, again: bool) -> Occurrence:
        """Say what is wrong with a whole configuration; ``again`` says what was said before, too."""
        unforeseen = None if isinstance(error, AggregatorError) else error
        for problem in map(str, error.problems if isinstance(error, ConfigError) else [error]):
            if again or problem not in self._refused:
                message = "configuration refused; the old one stays"
                log.error(message, problem=problem, exc_info=unforeseen)
            self._refused.add(problem)
        return _refusal(error)


def _refusal(error: Exception) -> Occurrence:
    """Say where a configuration cannot be used; why that is may quote a secret."""
    detail = without_addresses(str(error))
    if isinstance(error, ConfigError):
        places = [f"{one.file}: {one.table} {one.key}".rstrip(": ") for one in error.problems]
        detail = "; ".join([*places[:MAX_PROBLEMS], *(["…"] if len(places) > MAX_PROBLEMS else [])])
    return Occurrence("configuration", "", "configuration-refused", detail)
