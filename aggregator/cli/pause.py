"""Commands that stop and start the visits of a source: pause, resume."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.completion import source_argument
from aggregator.cli.context import clock, find_source, load_config, open_app
from aggregator.cli.options import DEFAULT, ConfigFile, cli

if TYPE_CHECKING:
    from aggregator.store import Store

Names = Annotated[list[str], source_argument("Which sources.")]


@cli.command()
def pause(names: Names, config: ConfigFile = DEFAULT) -> None:
    """Visit sources no more until they are resumed; a running daemon obeys at once.

    What is held of them stays published, and what they owe stays owed. `aggregator poll NAME` visits one all
    the same.
    """
    changed = _change(config, names, lambda store: store.pause(names, clock()))
    for name in names:
        typer.echo(f"{name}: paused" if name in changed else f"{name} was paused before")


@cli.command()
def resume(names: Names, config: ConfigFile = DEFAULT) -> None:
    """Visit paused sources again: at once where their time passed meanwhile."""
    changed = _change(config, names, lambda store: store.resume(names))
    for name in names:
        typer.echo(f"{name}: resumed" if name in changed else f"{name} was not paused")


def _change(config: Path, names: Sequence[str], change: Callable[[Store], list[str]]) -> list[str]:
    settings = load_config(config)
    for name in names:
        find_source(settings, name)
    with open_app(settings) as app:
        app.prepare(clock())
        return change(app.store)
