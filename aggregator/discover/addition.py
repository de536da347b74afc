"""Addition of a found source to the user's configuration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aggregator.config import source_reader
from aggregator.config.edit import SourceText, add_sources, find_table, render, replace_source
from aggregator.config.names import existing_addresses, free_name
from aggregator.discover.found import Found
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

REPLACED = ("kind", "preset", "url", "list")
"""Keys of a source that say where its list is and how that is read."""
OF_A_KIND = ("paging", "method", "body", "article_url", "options")
"""Keys that mean something else, or nothing, to another kind."""


@dataclass(frozen=True, slots=True)
class Addition:
    """A source as it would be written to a file of a configuration: its table with comments."""

    config: Path
    file: Path
    text: SourceText
    source: Source
    replaces: str = ""
    """The name of the source whose table it replaces; empty for a new one."""

    @property
    def toml(self) -> str:
        """The table as it would stand in the file."""
        return render(self.text)

    @property
    def guesses(self) -> list[str]:
        """What was not said by the user, and what stands for it: kind, time zone, category."""
        source, keys = self.source, self.text.keys
        lines = [f"kind      {source.kind}"]
        if "timezone" in keys:
            lines.append(f"timezone  {source.timezone}: a guess, since the page is in Chinese")
        else:
            lines.append(f"timezone  {source.timezone}: as the configuration says; for dates that name none")
        if "category" not in keys and not source.category:
            lines.append(f"category  {source.shown_as}: what it is called; --category files it elsewhere")
        return lines

    def write(self) -> None:
        """Append it to the file, or put it in its place there. Raises ConfigError."""
        if self.replaces:
            replace_source(self.config, self.file, self.replaces, self.text.keys)
            return
        add_sources(self.config, self.file, [self.text])


def refuse_known(path: Path, config: Config, addresses: Sequence[str], *, pages: bool) -> None:
    """Raise ConfigError where an address is a source already or, with ``pages``, the page of one."""
    known = existing_addresses(config)
    if pages:
        known = {canonical(one.page): one.name for one in config.sources if one.page} | known
    for address in addresses:
        if name := known.get(canonical(address)):
            raise ConfigError([Problem(str(path), "", "", f'{address} is source "{name}" already')])


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
    keys = {
        "name": name or free_name(_host(found.source.url), taken),
        "label": found.title,
        **found.table,
        "page": found.page,
    }
    keys = {key: value for key, value in keys.items() if value or key not in ("label", "page")}
    if category:
        keys["category"] = category
    plain = {key: value for key, value in keys.items() if not isinstance(value, Mapping)}
    tables = {key: value for key, value in keys.items() if isinstance(value, Mapping)}
    comment = f"Found by `aggregator add {address}`:\n{found.explanation}"
    text = SourceText({**plain, **tables}, {key: COMMENTS[key] for key in keys if key in COMMENTS}, comment)
    return Addition(path, file, text, source_reader(path)(text.keys))


def plan_replacement(path: Path, found: Found, name: str) -> Addition:
    """Put what was found in the place of a source's kind, address and list; its other keys stay.

    What belongs to the kind that it had goes with that. Raises ConfigError.
    """
    file, table = find_table(path, name)
    gone = {*REPLACED, *(OF_A_KIND if table.get("kind") != found.source.kind else ())}
    keys = {key: value for key, value in table.items() if key not in gone}
    keys |= {key: value for key, value in found.table.items() if key in REPLACED}
    text = SourceText(keys)
    return Addition(path, file, text, source_reader(path)(keys), name)


def _host(address: str) -> str:
    return (urlsplit(address).hostname or "source").removeprefix("www.")
