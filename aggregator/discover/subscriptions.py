"""Lists of other programs imported as sources, and our sources exported as a list of subscriptions (OPML)."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aggregator.config import source_reader
from aggregator.config.edit import SourceText, add_sources
from aggregator.config.names import existing_addresses, free_name
from aggregator.discover.peers.candidate import Candidate, Hidden
from aggregator.discover.peers.formats import read_list
from aggregator.errors import ConfigError, Problem
from aggregator.model import EVERYTHING, Category
from aggregator.render import paths
from aggregator.render.opml import Subscription, write_opml
from aggregator.settings import NAME, Config, Site, Source, check_address
from aggregator.text.addresses import canonical
from aggregator.text.excerpt import shorten
from aggregator.text.slugs import slugify
from aggregator.text.text import fold, scrub

BETWEEN_FOLDERS = " / "
NEEDED = frozenset(
    ("kind", "url", "list.entry", "list.link", "list.id", "list.title", "article.body", "auth")
)
"""Keys without which a source would be another one than the file means."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What the import of another program's list adds to a file of a configuration."""

    config: Path
    file: Path
    added: tuple[SourceText, ...] = ()
    skipped: tuple[str, ...] = ()
    """What is a source already, or a feed of ours, each with the reason."""
    refused: tuple[str, ...] = ()
    """What no source can be, or stands twice, each with the reason."""
    lost: tuple[str, ...] = ()
    """What of the added sources is not carried over: the source, the key of the file, why, what to do."""
    program: str = ""
    """Whose list it was, for people."""


def plan_import(config_path: Path, config: Config, body: bytes, name: str) -> Imported:
    """Work out what importing another program's list would add to ``sources.d/<name>.toml``; writes nothing.

    Each source is named after its title, else its host, which is its label, too. Its folders, joined from
    the outside in ("Asia / Ports"), become its category; those that a category cannot give back are written
    beside it. A category is a template, so braces in it become parentheses. A rule that is refused is left
    out and named. Raises ReadError where the file is no such list, ConfigError for a bad name of a file.
    """
    file = config_path.parent / "sources.d" / f"{name}.toml"
    if not re.fullmatch(NAME, name):
        raise ConfigError([Problem(str(file), "", "", f'"{name}" may hold letters, digits, - and _ only')])
    listed = read_list(body)
    known = existing_addresses(config)
    taken = {source.name for source in config.sources}
    read_source = source_reader(config_path)
    added: list[SourceText] = []
    skipped: list[str] = []
    refused = list(listed.left_out)
    lost: list[str] = []
    for candidate in listed.candidates:
        address = candidate.keys["url"]
        title = shorten(candidate.title or address, 80)
        if same := known.get(canonical(address)):
            skipped.append(f'"{title}" is source "{same}" already')
            continue
        if _is_ours(config.site, address):
            skipped.append(f'"{title}" is a feed of our own')
            continue
        table, dropped = _accepted(_table(candidate, free_name(_wanted(candidate), taken)), read_source)
        if table is None:
            refused.append(f'"{title}" would be refused: {dropped[-1]}')
            continue
        name = table.keys["name"]
        taken.add(name)
        notes = [*candidate.lost, *dropped, *_secrets(table)]
        lost += [f"{name}: {note}" for note in notes]
        added.append(replace(table, comment="\n".join(f"Not carried over: {note}" for note in notes)))
    return Imported(
        config_path, file, tuple(added), tuple(skipped), tuple(refused), tuple(lost), listed.program
    )


def write_import(imported: Imported) -> None:
    """Write what was planned, all of it or nothing. Raises ConfigError."""
    if imported.added:
        add_sources(imported.config, imported.file, imported.added)


def export_opml(config: Config) -> bytes:
    """Write the sources as OPML 2.0, in their order.

    A ``feed`` is listed under its label with its own address and page, in its folders, else in one named like
    its category where that is plain text. Any other source is listed with a feed of ours: that of its
    category, or that of everything where a template files its articles. Each of our feeds is listed once, in
    no folder. The slug of a category is that of its label; the store has another one where two share it.
    """
    return write_opml(config.site.title, list(dict.fromkeys(_exported(config))))


def _exported(config: Config) -> Iterator[Subscription]:
    for source in config.sources:
        label = _plain_category(source)
        if source.kind == "feed":
            folders = source.folders or ((label,) if label else ())
            yield Subscription(source.shown_as, source.url, source.page, folders)
        elif "{" in source.category:
            everything = paths.absolute(config.site, paths.feed_path(EVERYTHING, "rss"))
            yield Subscription(config.site.title, everything, paths.absolute(config.site, paths.HOME))
        else:
            filed = label or source.shown_as
            category = Category(slugify(filed), filed)
            feed = paths.absolute(config.site, paths.feed_path(paths.category_topic(category), "rss"))
            yield Subscription(
                category.label, feed, paths.absolute(config.site, paths.category_path(category))
            )


def _plain_category(source: Source) -> str:
    """Give the label of a source's only category, "" where it names none or a template."""
    return "" if "{" in source.category else fold(scrub(source.category))


def _accepted(
    table: SourceText, read_source: Callable[[Mapping[str, Any]], Source]
) -> tuple[SourceText | None, list[str]]:
    """Give a table without the rules that would be refused, and these; None where it cannot do without."""
    dropped: list[str] = []
    while True:
        try:
            read_source(table.keys)
        except ConfigError as exc:
            problem = exc.problems[0]
            dropped.append(f"{problem.key} {problem.message}")
            keys = _without(table.keys, problem.key)
            if keys is None:
                return None, dropped
            table = replace(table, keys=keys)
        else:
            return table, dropped


def _without(keys: Mapping[str, Any], dotted: str) -> dict[str, Any] | None:
    """Give a table without a key of it that a source can do without; None where it has no such key."""
    key, _, rest = dotted.partition(".")
    if dotted in NEEDED or key not in keys:
        return None
    inner = keys[key]
    if rest and isinstance(inner, Mapping) and rest.partition(".")[0] in inner:
        less = _without(inner, rest)
        return {**keys, key: less} if less else {name: value for name, value in keys.items() if name != key}
    return {name: value for name, value in keys.items() if name != key}


def _secrets(table: SourceText) -> list[str]:
    """Name the secrets that are not written, each with where its value is looked for."""
    return [
        f"{where} is a secret, which is never written: set {secret['env']} in the environment of the daemon"
        for where, secret in _hidden(table.keys)
    ]


def _hidden(keys: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    for key, value in keys.items():
        if isinstance(value, Mapping) and value.keys() == {"env"}:
            yield f"{path}{key}", value
        elif isinstance(value, Mapping):
            yield from _hidden(value, f"{path}{key}.")


def _wanted(candidate: Candidate) -> str:
    """Give the name that a source should have: the title, else the host without its "www."."""
    host = urlsplit(candidate.keys["url"]).hostname or ""
    return candidate.title or host.removeprefix("www.")


def _table(candidate: Candidate, name: str) -> SourceText:
    keys: dict[str, Any] = {"name": name}
    # A page that is watched is called as its label says, without one as the page calls itself.
    label = candidate.title if candidate.keys["kind"] == "watch" else _wanted(candidate)
    if label and (label != name or candidate.keys["kind"] == "watch"):
        keys["label"] = label
    rules = _referring(candidate.keys, name)
    tables = {key: value for key, value in rules.items() if isinstance(value, Mapping)}
    keys |= {key: value for key, value in rules.items() if key not in tables}
    with suppress(ValueError):
        keys["page"] = check_address(candidate.page)
    if filed := BETWEEN_FOLDERS.join(candidate.folders):
        keys["category"] = filed.replace("{", "(").replace("}", ")")
        if candidate.folders != (keys["category"],):
            keys["folders"] = list(candidate.folders)
    return SourceText({**keys, **tables})


def _referring(keys: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Put references to the environment in the place of secrets."""
    return {key: _reference(value, name) for key, value in keys.items()}


def _reference(value: Any, name: str) -> Any:
    if isinstance(value, Hidden):
        return {"env": re.sub(r"\W", "_", f"{name}_{value.label}", flags=re.ASCII).upper()}
    return _referring(value, name) if isinstance(value, Mapping) else value


def _is_ours(site: Site, address: str) -> bool:
    """Tell whether an address is that of a feed which we publish; others may live on the site's host."""
    root, found = canonical(f"{site.root}/"), canonical(address)
    folder, _, file = found.removeprefix(root).rpartition("/")
    ours = re.fullmatch(r"feeds|(?:category|source|tag|feed)/[^/]+", folder)
    return found.startswith(root) and bool(ours) and file in paths.FEED_FILES.values()
