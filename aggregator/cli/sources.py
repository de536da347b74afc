"""Commands on the sources: how they do, what happened to one, and whether it is visited."""

from __future__ import annotations

import contextlib
import gc
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from aggregator.cli.completion import source_argument
from aggregator.cli.context import clock, find_source, load_config, open_app, open_overview, open_store, say
from aggregator.cli.days import DAYS, read_day
from aggregator.cli.options import DEFAULT, ConfigFile, Json, cli

if TYPE_CHECKING:
    from aggregator.cli.tables.sources import Extras, Row
    from aggregator.settings import Config, Source
    from aggregator.store import Overview, Store

    Report = tuple[list[Row], Extras]

Names = Annotated[list[str], source_argument("Which sources.")]
MAX_EVENTS = 100
PAUSE = 2.0  # seconds between two looks of --watch


@cli.command()
def sources(
    words: Annotated[
        list[str] | None,
        source_argument("Only those with it in name, label, kind, category or state.", "WORD"),
    ] = None,
    config: ConfigFile = DEFAULT,
    failing: Annotated[bool, typer.Option("--failing", help="Only those in trouble.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it anew every two seconds, trouble first, until Ctrl-C.")
    ] = False,
    json: Json = False,
) -> None:
    """List the sources, how they do, what to do about trouble, and what they still owe.

    `aggregator sources --failing` shows what needs somebody, `aggregator sources feed paused` the feeds that
    are paused; `aggregator explain NAME` says more of one.
    """
    from aggregator.cli.tables.sources import show_sources, sources_json
    from aggregator.cli.tables.terminal import console

    if watch and (json or not sys.stdout.isatty()):
        raise typer.BadParameter("needs a terminal, and no --json", param_hint="--watch")
    settings = load_config(config)
    with open_overview(settings) as store:

        def read() -> Report:
            return _read(settings, store, words or (), failing=failing)

        if watch:
            gc.enable()
            _watch(settings, read)
            return
        rows, extras = read()
    if json:
        typer.echo(sources_json(rows, extras))
    elif rows:
        show_sources(console(), settings, rows, extras)
    elif not settings.sources:
        say("There is no source yet; `aggregator add https://…` finds out what an address is, and adds it.")
    else:
        say("No source is in trouble." if failing and not words else "No source is like that.")


@cli.command("log")
def history(
    name: Annotated[str, source_argument("Which source.")],
    config: ConfigFile = DEFAULT,
    since: Annotated[str, typer.Option("--since", metavar="DAY", help=f"From this day: {DAYS}.")] = "",
    json: Json = False,
) -> None:
    """List what happened to a source, the last of it last: visits, events, changes of its articles.

    Of visits, some twenty are remembered that found something or went otherwise than the ones before.
    `aggregator log town-paper --since yesterday`
    """
    from aggregator.cli.tables.history import lines_json, lines_of, show_lines
    from aggregator.cli.tables.terminal import console

    settings = load_config(config)
    name, zone = find_source(settings, name).name, ZoneInfo(settings.site.timezone)
    first = read_day(since, clock(), zone, "--since")
    with open_store(settings) as store:
        held = store.source_states([name]).get(name)
        records, events = store.records(name), store.source_events(name, MAX_EVENTS)
        lines = lines_of(held.state if held else None, records, events, store.changes(first, name), zone)
    lines = [line for line in lines if first is None or line.at >= first]
    if json:
        typer.echo(lines_json(lines))
    elif lines:
        show_lines(console(), lines, zone)
    else:
        say("Nothing happened.")


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


def _read(settings: Config, store: Overview, words: Sequence[str], *, failing: bool) -> Report:
    """Read how the sources do, and what is shown beside it."""
    from aggregator.cli.tables.sources import Extras, rows_of, select_rows

    rows = select_rows(rows_of(settings, store.overview(), clock()), words, failing=failing)
    published = _count_published(settings, [row.source for row in rows if row.item.filtered])
    return rows, Extras(store.mirror_states(), store.pushed_sources(), published, store.revisit_steps())


def _watch(settings: Config, read: Callable[[], Report]) -> None:
    """Show the sources anew and anew, as many as the screen holds, those in trouble first."""
    from rich.text import Text

    from aggregator.cli.tables.sources import show_sources, trouble_first
    from aggregator.cli.tables.terminal import console

    terminal = console()
    with contextlib.suppress(KeyboardInterrupt), terminal.screen() as screen:
        while True:
            rows, extras = read()
            with terminal.capture() as drawn:
                show_sources(terminal, settings, trouble_first(rows), extras)
            screen.update(Text.from_ansi(drawn.get()))
            time.sleep(PAUSE)


def _count_published(settings: Config, ruled: Sequence[Source]) -> dict[str, int]:
    """Count the published articles of sources that their rules would leave out now."""
    if not ruled:
        return {}
    with open_store(settings) as store:
        return {one.name: store.count_published(one.name, one.identity) for one in ruled}


def _change(config: Path, names: Sequence[str], change: Callable[[Store], list[str]]) -> list[str]:
    settings = load_config(config)
    for name in names:
        find_source(settings, name)
    with open_app(settings) as app:
        app.prepare(clock())
        return change(app.store)
