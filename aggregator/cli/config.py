"""Commands that show the configuration: each value and where it is from, and the schema for editors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.completion import complete_sources
from aggregator.cli.options import DEFAULT, ConfigFile, Json, cli

if TYPE_CHECKING:
    from aggregator.config.origins import Setting

group = typer.Typer(
    name="config",
    help="Show the configuration as it holds, or its schema.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
cli.add_typer(group)


@group.command()
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A source, or a table such as network; with its defaults.",
            autocompletion=complete_sources,
        ),
    ] = "",
    config: ConfigFile = DEFAULT,
    json: Json = False,
) -> None:
    """Show each value that holds, and whence: a file, a preset, [defaults], or the program's own default.

    Of sources, feeds and the like, what is not the program's default; of the one that is named, everything:
    `aggregator config show town-paper`. Secrets are hidden.
    """
    from aggregator.cli.tables.settings import show_settings
    from aggregator.cli.tables.terminal import console, dump
    from aggregator.config.origins import settings_of

    found = [*_chosen(settings_of(config), name)]
    if not found:
        raise typer.BadParameter(f'there is no source and no table "{name}"', param_hint="NAME")
    if json:
        typer.echo(dump([asdict(one) for one in found]))
        return
    show_settings(console(), found)


@group.command()
def schema() -> None:
    """Write the JSON Schema of the configuration, by which editors complete and check its files.

    `aggregator init` writes it beside the configuration, and into each new file the line by which editors of
    TOML find it: #:schema aggregator.schema.json
    """
    from aggregator.config.schema import write_schema

    typer.echo(write_schema(), nl=False)


def _chosen(settings: Iterator[Setting], name: str) -> Iterator[Setting]:
    """Yield the values of the tables of a name; else those of the program, and what others changed."""
    from aggregator.config.origins import DEFAULT as BY_DEFAULT

    for one in settings:
        called = one.table.partition('"')[2].rstrip('"') or one.table.strip("[]")
        if name == called or (not name and (one.origin != BY_DEFAULT or not one.table.startswith("[["))):
            yield one
