"""The configuration written for the user: a start, and sources added to it."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from aggregator.cli.frame import (
    DEFAULT,
    FAILED,
    WRONG,
    ConfigFile,
    DryRun,
    Kind,
    Select,
    cli,
    clock,
    discover,
    load,
    say,
)


@cli.command()
def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to begin.")] = Path(),
    config: Annotated[
        Path, typer.Option("--config", "-c", metavar="FILE", help="The file to write, below DIR.")
    ] = DEFAULT,
) -> None:
    """Write a commented configuration to start from."""
    from aggregator.config import starting_config

    file = directory / config
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as target:
            target.write(starting_config())
    except FileExistsError:
        say(f"{file} is there already; nothing was written")
        raise typer.Exit(WRONG) from None
    except OSError as exc:
        say(f"cannot write {file}: {exc.strerror}")
        raise typer.Exit(WRONG) from None
    typer.echo(f"Wrote {file}. Put your sources into it, then:")
    if directory != Path():
        typer.echo(f"  cd {shlex.quote(str(directory))}")
    program = "aggregator" if shutil.which("aggregator") else shlex.quote(str(Path(sys.argv[0]).resolve()))
    typer.echo(f"  {program} check\n  {program} run")


@cli.command()
def check(config: ConfigFile = DEFAULT) -> None:
    """Read the configuration and name everything that is wrong with it."""
    settings = load(config)
    count = len(settings.sources)
    typer.echo(f"{config} is fine: {count} source{'' if count == 1 else 's'}.")
    if not count:
        typer.echo("It has no [[source]] yet; `aggregator run` would have nothing to poll.")


@cli.command()
def add(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Any page, feed or sitemap.")],
    config: ConfigFile = DEFAULT,
    name: Annotated[str, typer.Option("--name", help="What to call the source.", metavar="NAME")] = "",
    category: Annotated[str, typer.Option("--category", help="Where to file it.", metavar="LABEL")] = "",
    kind: Kind = "",
    select: Select = "",
    dry_run: DryRun = False,
) -> None:
    """Find out what an address is, show what it gives, and add it as a source.

    In this order: a feed; a page that names feeds; a known publishing system; a news sitemap; a list.
    The source is written, with comments, to a file in sources.d beside the configuration.
    """
    from aggregator.preview import look_at
    from aggregator.subscriptions import plan_source
    from aggregator.tables import console, show_found

    settings = load(config)
    found = discover(settings, config, address, kind, select)
    plan = plan_source(config, settings, found, name=name, category=category)
    seen = asyncio.run(look_at(settings, plan.source, clock))
    show_found(console(), plan.source, seen)
    typer.echo(found.said)
    if not found.sure and not (kind or select):
        say("That is not sure enough to be written by itself.")
        say(f"If the table is right, add --kind {plan.source.kind}; if not, --select CSS names the list.")
        raise typer.Exit(FAILED)
    if dry_run:
        typer.echo(f"\nWould be written to {plan.file}:\n\n{plan.text}")
        return
    plan.write()
    typer.echo(f'Wrote source "{plan.source.name}" to {plan.file}. A daemon takes it up when it is reloaded.')


@cli.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="OPML", help="Subscriptions of another reader.")],
    config: ConfigFile = DEFAULT,
    dry_run: DryRun = False,
) -> None:
    """Add every feed of an OPML file; its folders become categories."""
    from aggregator.subscriptions import plan_import

    settings = load(config)
    plan = plan_import(config, settings, file)
    for line in plan.left_out:
        say(line)
    if dry_run:
        typer.echo(plan.text)
        typer.echo(f"{len(plan.names)} sources would be written to {plan.file}.")
        return
    plan.write()
    typer.echo(f"Added {len(plan.names)} sources to {plan.file}. A daemon takes them up when it is reloaded.")


@cli.command()
def export(config: ConfigFile = DEFAULT) -> None:
    """Write the sources as OPML to stdout, for another reader."""
    from aggregator.subscriptions import export_opml

    sys.stdout.buffer.write(export_opml(load(config)))
