"""Subscriptions: a feed reader's list (OPML) imported as sources, and our sources exported as one."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aggregator.config import source_reader
from aggregator.config.edit import SourceText, add_sources
from aggregator.config.names import existing_addresses, free_name
from aggregator.discover.opml import read_opml
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


@dataclass(frozen=True, slots=True)
class Imported:
    """What the import of a list of subscriptions adds to a file of a configuration."""

    config: Path
    file: Path
    added: tuple[SourceText, ...] = ()
    skipped: tuple[str, ...] = ()
    """The subscriptions that are sources already, or feeds of ours, each with the reason."""
    refused: tuple[str, ...] = ()
    """The subscriptions that no source can be, or that stand twice, each with the reason."""


def plan_import(config_path: Path, config: Config, body: bytes, name: str) -> Imported:
    """Work out what importing an OPML list would add to ``sources.d/<name>.toml``; writes nothing.

    Each subscription becomes a ``feed`` named after its title, else its host, which is its label, too. Its
    folders, joined from the outside in ("Asia / Ports"), become its category; those that a category cannot
    give back are written beside it. A category is a template, so braces in it become parentheses. Raises
    ReadError where the list is no OPML, ConfigError for a name that no file should have.
    """
    file = config_path.parent / "sources.d" / f"{name}.toml"
    if not re.fullmatch(NAME, name):
        raise ConfigError([Problem(str(file), "", "", f'"{name}" may hold letters, digits, - and _ only')])
    subscriptions, refused = read_opml(body)
    known = existing_addresses(config)
    taken = {source.name for source in config.sources}
    read_source = source_reader(config_path)
    added: list[SourceText] = []
    skipped: list[str] = []
    for subscription in subscriptions:
        title = shorten(subscription.title or subscription.address, 80)
        if same := known.get(canonical(subscription.address)):
            skipped.append(f'"{title}" is source "{same}" already')
        elif _is_ours(config.site, subscription.address):
            skipped.append(f'"{title}" is a feed of our own')
        else:
            table = _table(subscription, free_name(_wanted(subscription), taken))
            try:
                read_source(table.keys)
            except ConfigError as exc:
                problem = exc.problems[0]
                refused.append(f'"{title}" would be refused: {problem.key} {problem.message}')
                continue
            taken.add(table.keys["name"])
            added.append(table)
    return Imported(config_path, file, tuple(added), tuple(skipped), tuple(refused))


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


def _wanted(subscription: Subscription) -> str:
    """Give the name that a source should have: the title, else the host without its "www."."""
    host = urlsplit(subscription.address).hostname or ""
    return subscription.title or host.removeprefix("www.")


def _table(subscription: Subscription, name: str) -> SourceText:
    keys: dict[str, Any] = {"name": name}
    if (label := _wanted(subscription)) != name:
        keys["label"] = label
    keys |= {"kind": "feed", "url": subscription.address}
    with suppress(ValueError):
        keys["page"] = check_address(subscription.page)
    if filed := BETWEEN_FOLDERS.join(subscription.folders):
        keys["category"] = filed.replace("{", "(").replace("}", ")")
        if subscription.folders != (keys["category"],):
            keys["folders"] = list(subscription.folders)
    return SourceText(keys)


def _is_ours(site: Site, address: str) -> bool:
    """Tell whether an address is that of a feed which we publish; others may live on the site's host."""
    root, found = canonical(f"{site.root}/"), canonical(address)
    folder, _, file = found.removeprefix(root).rpartition("/")
    ours = re.fullmatch(r"feeds|(?:category|source|tag|feed)/[^/]+", folder)
    return found.startswith(root) and bool(ours) and file in paths.FEED_FILES.values()
