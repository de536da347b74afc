"""Commands on the configuration: init, check, add, import, export."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.completion import complete_sources
from aggregator.cli.context import (
    clock,
    counted,
    discover_source,
    find_source,
    load_config,
    open_store,
    open_to_read,
    read_addresses,
    run_loop,
    say,
    tell,
)
from aggregator.cli.options import DEFAULT, FAILED, WRONG, ConfigFile, DryRun, Kind, Select, cli
from aggregator.cli.progress import progress_bar
from aggregator.errors import ReadError

if TYPE_CHECKING:
    from aggregator.settings import Config


@cli.command()
def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to begin.")] = Path(),
    config: Annotated[
        Path, typer.Option("--config", "-c", metavar="FILE", help="The file to write, below DIR.")
    ] = DEFAULT,
    timezone: Annotated[
        str, typer.Option("--timezone", metavar="ZONE", help="Of dates that name none; else the system's.")
    ] = "",
) -> None:
    """Write a commented configuration to start from."""
    from aggregator.config import starting_config
    from aggregator.config.schema import header, place_schema
    from aggregator.config.zone import system_timezone
    from aggregator.settings import check_timezone

    try:
        zone = check_timezone(timezone) if timezone else system_timezone()
    except ValueError as exc:
        raise typer.BadParameter(f"{timezone!r} {exc}", param_hint="--timezone") from None

    file = directory / config
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as target:
            target.write(f"{header(file, file)}{starting_config(zone)}")
        place_schema(file)
    except FileExistsError:
        say(f"{file} is there already; nothing was written")
        raise typer.Exit(WRONG) from None
    except OSError as exc:
        say(f"cannot write {file}: {exc.strerror}")
        raise typer.Exit(WRONG) from None
    typer.echo(f"Wrote {file}, for the time zone {zone}{'' if timezone else ' (that of this system)'}.")
    typer.echo("Put your sources into it, then:")
    if directory != Path():
        typer.echo(f"  cd {shlex.quote(str(directory))}")
    program = "aggregator" if shutil.which("aggregator") else shlex.quote(str(Path(sys.argv[0]).resolve()))
    typer.echo(f"  {program} add https://…\n  {program} check\n  {program} run")


@cli.command()
def check(
    config: ConfigFile = DEFAULT,
    database: Annotated[bool, typer.Option("--database", help="Look through the database, too.")] = False,
    chain: Annotated[
        bool, typer.Option("--chain", help="Compare all that is held with what was kept, day by day.")
    ] = False,
) -> None:
    """Read the configuration and name everything that is wrong with it."""
    settings = load_config(config)
    _check_receivers(config, settings)
    if chain:
        _check_chain(settings)
    if database:
        with open_store(settings) as store, progress_bar("Looking through the database"):
            faults = store.find_faults()
            count = store.article_count() if not faults else 0
        for fault in faults:
            say(f"{settings.storage.shown}: {fault}")
        if faults:
            say("`aggregator restore FILE` puts a backup in its place.")
            raise typer.Exit(FAILED)
        typer.echo(f"{settings.storage.shown} is sound: {counted(count)}.")
    _tell_new_names(settings)
    typer.echo(f"{config} is fine: {counted(len(settings.sources), 'source')}.")
    if not settings.sources:
        typer.echo("It has no [[source]] yet; `aggregator run` would have nothing to poll.")


def _check_receivers(config: Path, settings: Config) -> None:
    """Name the receivers whose address Apprise does not know; it takes long to load."""
    if not settings.receivers:
        return
    from aggregator.publish.alerts.senders import address_fault

    faults = {one.name: fault for one in settings.receivers if (fault := address_fault(one))}
    for name, fault in faults.items():
        say(f'{config}: receiver "{name}" url: {fault}')
    if faults:
        raise typer.Exit(WRONG)


def _check_chain(settings: Config) -> None:
    """Say whether each day fits to its hash and to the day before, and what is held to these."""
    from aggregator.cli.log import open_log
    from aggregator.publish.chain import check_chain
    from aggregator.publish.stamps import stamp_fault

    open_log()
    roots = settings.evidence.timestamp_roots
    with open_to_read(settings) as app, progress_bar("Comparing") as progress:
        folders, archive = app.publisher.folders, app.archive
        found = check_chain(app.store, folders, archive, lambda day: stamp_fault(day, roots), progress)
    if found.broken:
        say(f"{found.broken} does not fit: {found.why}")
        raise typer.Exit(FAILED)
    if not found.first:
        typer.echo("Nothing was kept yet.")
        return
    typer.echo(f"What was kept from {found.first} to {found.last} fits: {counted(found.days, 'day')} sealed.")
    typer.echo(f"{found.compared} things are as they were kept, {found.gone} are held no more.")
    if found.stamped:
        how = "verified" if roots else "their hashes compared; timestamp_roots would verify them"
        typer.echo(f"{counted(found.stamped, 'day')} stamped: {how}.")


def _count_held(settings: Config) -> dict[str, int]:
    """Count the articles of each source that the SQLite database knows, if it is there and can be read."""
    from aggregator.errors import StoreError
    from aggregator.store.upkeep.names import count_by_name

    if not settings.storage.file or not Path(settings.storage.file).exists():
        return {}
    try:
        return count_by_name(settings.storage.file)
    except StoreError as exc:
        say(f"The names of the sources were not compared with the database: {exc}")
        return {}


def _tell_new_names(settings: Config) -> None:
    """Say what names mean that the database does not know, and what becomes of those that left."""
    held = _count_held(settings)
    names = [source.name for source in settings.sources]
    former = {old: source.name for source in settings.sources for old in source.was if old in held}
    for old, name in former.items():
        typer.echo(f"{name}: was {old}, and keeps its {counted(held[old])}.")
    expected, known = {*names, *former}, {*held, *former.values()}
    new = [name for name in names if name not in known]
    gone = [name for name in held if name not in expected]
    for name in gone:
        stay = f"its {counted(held[name])} stay (until `aggregator forget {name}`)"
        typer.echo(f"{name}: is a source no more; {stay}.")
        if new:
            typer.echo(f'  If it only has another name now, was = "{name}" in its table keeps them one.')
    for name in new if gone else ():
        typer.echo(f"{name}: is a new source; everything that it shows comes in as new.")


@cli.command()
def add(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Any page, feed or sitemap.")] = "",
    config: ConfigFile = DEFAULT,
    name: Annotated[str, typer.Option("--name", help="What to call the source.", metavar="NAME")] = "",
    category: Annotated[str, typer.Option("--category", help="Where to file it.", metavar="LABEL")] = "",
    replace: Annotated[
        str,
        typer.Option(
            "--replace",
            metavar="NAME",
            help="Mend this source, which keeps its settings.",
            autocompletion=complete_sources,
        ),
    ] = "",
    kind: Kind = "",
    select: Select = "",
    dry_run: DryRun = False,
) -> None:
    """Find out what an address is, show what it gives, and add it as a source.

    In this order: a feed; a page that names feeds; a known publishing system; a news sitemap; a list.
    The source is written, with comments, to a file in sources.d beside the configuration. With --replace,
    the kind, address and list of a source are written anew where it stands; all else stays, articles too.
    """
    from aggregator.cli.tables.preview import show_found
    from aggregator.cli.tables.terminal import console
    from aggregator.discover.addition import plan_addition, plan_replacement, refuse_known
    from aggregator.discover.preview import preview_source

    settings = load_config(config)
    if replace:
        if name or category:
            raise typer.BadParameter("stay with --replace as they are", param_hint="--name, --category")
        old = find_source(settings, replace)
        found = discover_source(
            settings, config, read_addresses(address or old.page or old.url), kind, select
        )
        addition = plan_replacement(config, found, replace)
    elif not address:
        raise typer.BadParameter("is missing", param_hint="ADDRESS")
    else:
        addresses = read_addresses(address)
        refuse_known(config, settings, addresses, pages=not (kind or select))
        found = discover_source(settings, config, addresses, kind, select)
        addition = plan_addition(config, settings, found, address, name=name, category=category)
    show_found(console(), addition.source, run_loop(preview_source(settings, addition.source, clock)))
    tell(found.explanation)
    for line in addition.guesses:
        tell(line)
    if not found.sure and not (kind or select):
        say("That is not sure enough to be written by itself.")
        if found.advice:
            say(f"Perhaps {found.advice}.")
        say(f"If the table is right, add --kind {found.source.kind}; if not, --select CSS names the list.")
        raise typer.Exit(FAILED)
    if dry_run:
        tell(f"\nWould be written to {addition.file}:\n\n{addition.toml}")
        return
    addition.write()
    if replace:
        typer.echo(
            f'Replaced the list of "{replace}" in {addition.file}. {_reload_hint(settings, addition.file)}'
        )
        return
    typer.echo(
        f'Wrote source "{addition.source.name}" to {addition.file}. {_reload_hint(settings, addition.file)}'
    )


@cli.command(name="import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="What another program exported.")],
    config: ConfigFile = DEFAULT,
    dry_run: DryRun = False,
) -> None:
    """Add the sources of other programs' files, with their rules.

    OPML of any reader (with what FreshRSS and Miniflux add, and addresses of RSS-Bridge), JSON of Miniflux,
    backups and lists of changedetection.io, jobs of urlwatch, html2rss, addresses one a line. A file is told
    by its content. What cannot be carried over is named, and stands as a comment above its source.
    """
    for file in files:
        _import_one(file, config, dry_run=dry_run)


def _import_one(file: Path, config: Path, *, dry_run: bool) -> None:
    from aggregator.config.edit import render
    from aggregator.config.names import free_name
    from aggregator.discover.peers.formats import MAX_SIZE
    from aggregator.discover.subscriptions import plan_import, write_import

    settings = load_config(config)
    try:
        with file.open("rb") as opened:
            body = opened.read(MAX_SIZE + 1)
    except OSError as exc:
        raise typer.BadParameter(f"{file} cannot be read: {exc.strerror}", param_hint="FILE") from None
    try:
        imported = plan_import(config, settings, body, free_name(file.stem, ()))
    except ReadError as exc:
        raise typer.BadParameter(f"{file} {exc}", param_hint="FILE") from None
    for line in (*imported.skipped, *imported.refused):
        say(f"left out: {line}")
    for line in imported.lost:
        say(f"not carried over: {line}")
    if dry_run:
        for table in imported.added:
            tell(render(table))
        typer.echo(f"{counted(len(imported.added), 'source')} would be written to {imported.file}.")
        return
    if not imported.added:
        typer.echo("Added 0 sources: there is nothing new in it.")
        return
    write_import(imported)
    hint = _reload_hint(settings, imported.file)
    typer.echo(f"Added {counted(len(imported.added), 'source')} to {imported.file}. {hint}")


def _reload_hint(settings: Config, file: Path) -> str:
    """Say when a daemon reads a file that was written."""
    if settings.daemon.reload == "watch" and file.parent.name == "sources.d":
        return "A running daemon takes it up within seconds."
    return "A running daemon takes it up when it is reloaded."
