"""Commands that only show: preview of a source, search."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from aggregator.cli.alerts import preview_rule
from aggregator.cli.completion import source_argument
from aggregator.cli.context import (
    clock,
    discover_source,
    find_category,
    find_source,
    load_config,
    open_store,
    open_to_read,
    read_addresses,
    run_loop,
    say,
)
from aggregator.cli.days import DAYS, read_day
from aggregator.cli.options import DEFAULT, FAILED, ConfigFile, Json, Kind, Select, cli
from aggregator.cli.progress import progress_bar

if TYPE_CHECKING:
    from aggregator.settings import Config, Source


@cli.command()
def preview(
    what: Annotated[
        str,
        source_argument("A source's name, or any address.", "NAME|ADDRESS"),
    ] = "",
    config: ConfigFile = DEFAULT,
    article: Annotated[
        int | None, typer.Option("--article", metavar="N", min=1, help="Show the Nth entry whole.")
    ] = None,
    kind: Kind = "",
    select: Select = "",
    filters: Annotated[
        bool, typer.Option("--filters", help="Show what its keep and block rules take and leave.")
    ] = False,
    rule: Annotated[
        str, typer.Option("--rule", metavar="NAME", help="Show what a rule would have told instead.")
    ] = "",
    since: Annotated[str, typer.Option("--since", metavar="DAY", help=f"With --rule: {DAYS}.")] = "",
    json: Json = False,
) -> None:
    """Show what a source gives right now, or what a rule would have told of what is held; write nothing.

    The list is shown whole, and of the articles that have pages of their own the first few are fetched.
    One of them (--article) is shown as it would be kept, each field with the selector or rule that gave
    it. An address is looked at as `aggregator add` would.
    """
    from aggregator.cli.tables.preview import preview_json, show_filters, show_preview
    from aggregator.cli.tables.terminal import console
    from aggregator.discover.preview import preview_source

    if rule:
        preview_rule(load_config(config), rule, since)
        return
    if not what:
        raise typer.BadParameter("names a source or an address", param_hint="NAME|ADDRESS")
    settings, source = _meant_source(what, config, kind, select)
    with progress_bar("Asking"):
        seen = run_loop(preview_source(settings, source, clock, article))
    if filters:
        with open_to_read(settings) as app:
            keys = [item.entry.key for item in seen.items]
            known = app.store.known(source.name, source.identity, keys)
        seen = replace(seen, published=frozenset(key for key, one in known.items() if not one.removed))
    if json:
        typer.echo(preview_json(source, seen))
    elif filters:
        show_filters(console(), source, seen)
    else:
        show_preview(console(), source, seen, article)
    if article and article > len(seen.items):
        raise typer.BadParameter(f"the list has {len(seen.items)} entries", param_hint="--article")
    if any(item.failed for item in seen.items) or seen.unreadable:
        raise typer.Exit(FAILED)


@cli.command()
def search(
    words: Annotated[
        list[str], typer.Argument(metavar="WORD", help="Words; '\"several words\"'; -without, behind --.")
    ],
    config: ConfigFile = DEFAULT,
    category: Annotated[
        str, typer.Option("--category", metavar="NAME", help="Only in this category (label or slug).")
    ] = "",
    since: Annotated[str, typer.Option("--since", metavar="DAY", help=f"From this day: {DAYS}.")] = "",
    until: Annotated[str, typer.Option("--until", metavar="DAY", help="To this day.")] = "",
    best: Annotated[bool, typer.Option("--best", help="Best first instead of newest first.")] = False,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="So many.")] = 20,
    json: Json = False,
) -> None:
    """Find articles by words in their title or text.

    Every word must stand there, as a part of another word too; case and width do not count.
    """
    from aggregator.cli.tables.found import articles_json, show_articles
    from aggregator.cli.tables.terminal import console
    from aggregator.store import Search
    from aggregator.text.query import parse_query

    settings = load_config(config)
    query = " ".join(words)
    try:
        wanted = parse_query(query, settings.site.timezone)
    except ValueError as exc:
        raise typer.BadParameter(f"{query!r:.80} {exc}", param_hint="WORD") from None
    zone, now = ZoneInfo(settings.site.timezone), clock()
    last = read_day(until, now, zone, "--until")
    with open_store(settings) as store:
        slug = find_category(store, category, "--category").slug if category else ""
        asked = Search(
            wanted,
            category=slug,
            since=read_day(since, now, zone, "--since"),
            until=last + timedelta(days=1) if last and last.year < 9999 else None,
            order="best" if best else "newest",
            limit=limit,
        )
        with progress_bar("Searching"):
            found = store.search(asked)
    if json:
        typer.echo(articles_json(settings.site, found))
    elif found:
        show_articles(console(), settings.site, wanted, found)
    else:
        say("Nothing was found.")


def _meant_source(what: str, config: Path, kind: str, select: str) -> tuple[Config, Source]:
    """Find a source by its name, or find out what an address is, with the configuration it stands in."""
    # A name of a source has neither dots nor colons.
    if "." not in what and ":" not in what:
        settings = load_config(config)
        return settings, find_source(settings, what)
    settings = _load_or_default(config)
    found = discover_source(settings, config, read_addresses(what), kind, select)
    say(found.explanation)
    return settings, found.source


def _load_or_default(config: Path) -> Config:
    """Read a configuration, or give one of defaults where the user has none yet. Raises ConfigError."""
    from aggregator.settings import Config, Site

    if config == DEFAULT and not config.exists():
        return Config(site=Site(url="http://127.0.0.1:8080"))
    return load_config(config)
