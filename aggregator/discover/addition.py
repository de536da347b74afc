"""Addition of a found source to the user's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aggregator.config import source_reader
from aggregator.config.edit import SourceText, add_sources, render
from aggregator.config.names import existing_addresses, free_name
from aggregator.discover.probe import Found
from aggregator.errors import ConfigError, Problem
from aggregator.settings import Config, Source
from aggregator.text.addresses import canonical

COMMENTS = {
    "name": "unique: letters, digits, - and _",
    "label": "what people see of it",
    "preset": "a packaged table; every key of it can be overridden here",
    "category": "without it: the source's label",
    "list": "CSS selectors on the list page; try them with `aggregator preview`",
    "list.entry": "what is one entry; the others count from here",
}
"""The comments behind the keys that ``aggregator add`` writes."""


@dataclass(frozen=True, slots=True)
class Addition:
    """A source as it would be written to a file of a configuration: its table with comments."""

    config: Path
    file: Path
    text: SourceText
    source: Source

    @property
    def toml(self) -> str:
        """The table as it would stand in the file."""
        return render(self.text)

    def write(self) -> None:
        """Append it to the file. Raises ConfigError."""
        add_sources(self.config, self.file, [self.text])


def plan_addition(
    path: Path, config: Config, found: Found, address: str, *, name: str, category: str
) -> Addition:
    """Give a found source a name, a category and comments, for the file of its host in ``sources.d``.

    Raises ConfigError where its address or its name is that of a source already.
    """
    file = path.parent / "sources.d" / f"{free_name(_host(found.source.url), ())}.toml"
    if known := existing_addresses(config).get(canonical(found.source.url)):
        raise ConfigError([Problem(str(file), "", "", f'{found.source.url} is source "{known}" already')])
    taken = {source.name for source in config.sources}
    if name in taken:
        raise ConfigError([Problem(str(file), f'source "{name}"', "name", "is taken")])
    keys = {"name": name or free_name(_host(found.source.url), taken), "label": found.title, **found.table}
    if not found.title:
        del keys["label"]
    if category:
        keys["category"] = category
    plain = {key: value for key, value in keys.items() if not isinstance(value, Mapping)}
    tables = {key: value for key, value in keys.items() if isinstance(value, Mapping)}
    comment = f"Found by `aggregator add {address}`:\n{found.explanation}"
    text = SourceText({**plain, **tables}, {key: COMMENTS[key] for key in keys if key in COMMENTS}, comment)
    return Addition(path, file, text, source_reader(path)(text.keys))


def _host(address: str) -> str:
    return (urlsplit(address).hostname or "source").removeprefix("www.")
