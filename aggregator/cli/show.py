"""What is shown and nothing else: what a source gives, and how the sources do."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from aggregator.cli.frame import (
    DEFAULT,
    FAILED,
    ConfigFile,
    Json,
    Kind,
    Select,
    cli,
    clock,
    discover,
    find_source,
    load,
    load_or_usual,
    open_app,
    say,
)


@cli.command()
def preview(
    what: Annotated[str, typer.Argument(metavar="NAME|ADDRESS", help="A source's name, or any address.")],
    config: ConfigFile = DEFAULT,
    article: Annotated[
        int | None, typer.Option("--article", metavar="N", min=1, help="Show the Nth entry whole.")
    ] = None,
    kind: Kind = "",
    select: Select = "",
    json: Json = False,
) -> None:
    """Show what a source gives right now; write nothing.

    The list is shown whole, and of the articles that have pages of their own the first few are fetched.
    One of them (--article) is shown as it would be kept, each field with the selector or rule that gave
    it. An address is looked at as `aggregator add` would.
    """
    from aggregator.preview import look_at
    from aggregator.tables import console, preview_json, show_preview

    if "://" in what:
        settings = load_or_usual(config)
        found = discover(settings, config, what, kind, select)
        source = found.source
        say(found.said)
    else:
        settings = load(config)
        source = find_source(settings, what)
    seen = asyncio.run(look_at(settings, source, clock, article))
    if json:
        typer.echo(preview_json(source, seen))
    else:
        show_preview(console(), source, seen, article)
    if article and article > len(seen.items):
        raise typer.BadParameter(f"the list has {len(seen.items)} entries", param_hint="--article")
    if any(item.failed for item in seen.items) or seen.unreadable:
        raise typer.Exit(FAILED)


@cli.command()
def sources(config: ConfigFile = DEFAULT, json: Json = False) -> None:
    """List the sources, how they do, and what they still owe."""
    from aggregator.tables import console, overview_of, show_sources, sources_json

    settings = load(config)
    with open_app(settings) as app:
        overview = overview_of(settings, app.store.overview(), clock())
    if json:
        typer.echo(sources_json(settings, overview))
    else:
        show_sources(console(), settings, overview)
