"""Where each value of a configuration is from: a file, a preset, ``[defaults]``, or the program itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from aggregator.config.load import SECTIONS, files_of, load, read_file
from aggregator.config.sources import read_preset
from aggregator.config.written import hide, plain
from aggregator.settings import Config, NamedFeed, Reader, Receiver, Rule

DEFAULT = "default"
Layer = tuple[str, Mapping[str, Any]]
"""Where some keys of a table stand, and the keys."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value as it holds."""

    table: str
    """As it is written: ``[site]``, or ``[[source]]`` with its name behind."""
    key: str
    """Dotted."""
    value: Any
    """In TOML's types; ``written.HIDDEN`` for a secret."""
    origin: str
    """A file (with ``[defaults]`` or ``[site]`` where it stands there), a preset, or ``DEFAULT``."""


def settings_of(path: Path) -> Iterator[Setting]:
    """Yield every value of the configuration at ``path``, table by table. Raises ConfigError."""
    config = load(path)
    main = read_file(path)
    for name in SECTIONS:
        if (section := getattr(config, name)) is not None:
            yield from _of_table(f"[{name}]", section, [(str(path), main.get(name, {}))])
    named: dict[str, Sequence[NamedFeed | Receiver | Rule | Reader]] = {
        "feed": config.feeds,
        "receiver": config.receivers,
        "rule": config.rules,
        "reader": config.readers,
    }
    for key, tables in named.items():
        written = {one["name"]: one for one in main.get(key, [])}
        for table in tables:
            yield from _of_table(f'[[{key}]] "{table.name}"', table, [(str(path), written[table.name])])
    yield from _of_sources(config, path, main)


def _of_sources(config: Config, path: Path, main: Mapping[str, Any]) -> Iterator[Setting]:
    defaults = main.get("defaults", {})
    site = {key: one for key, one in main["site"].items() if key in ("timezone", "language")}
    for file in files_of(path):
        for table in read_file(file).get("source", []):
            source = config.source(table["name"])
            preset = table.get("preset", defaults.get("preset"))
            layers = [
                (str(file), table),
                (f"preset {preset}", read_preset(preset) if preset else {}),
                (f"{path} [defaults]", defaults),
                (f"{path} [site]", site),
            ]
            if source:
                yield from _of_table(f'[[source]] "{source.name}"', source, layers)


def _of_table(table: str, values: BaseModel, layers: Sequence[Layer], above: str = "") -> Iterator[Setting]:
    """Yield the values of a table and of the tables in it."""
    for name, field in type(values).model_fields.items():
        key, value = field.alias or name, getattr(values, name)
        found = [(origin, keys[key]) for origin, keys in layers if key in keys]
        inner = [(origin, one) for origin, one in found if isinstance(one, Mapping)]
        if isinstance(value, BaseModel) and field.repr and len(inner) == len(found):
            yield from _of_table(table, value, inner, f"{above}{key}.")
        elif value is not None or found:
            shown = plain(value) if field.repr else hide(value)
            yield Setting(table, f"{above}{key}", shown, found[0][0] if found else DEFAULT)
