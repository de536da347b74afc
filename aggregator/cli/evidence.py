"""Commands on what proves an article: provenance, reprocess, evidence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.completion import source_argument
from aggregator.cli.context import (
    clock,
    counted,
    find_source,
    id_of,
    load_config,
    open_app,
    open_store,
    open_to_read,
    run_loop,
    say,
)
from aggregator.cli.options import DEFAULT, ConfigFile, DryRun, Json, cli
from aggregator.cli.progress import progress_bar
from aggregator.cli.publishing import mirror_files, publish_changes

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.poll.reprocess import Remade

Article = Annotated[str, typer.Argument(metavar="ID", help="The article's id, or its share page.")]


@cli.command()
def provenance(article: Article, config: ConfigFile = DEFAULT, json: Json = False) -> None:
    """Say where an article came from: every answer it was read from, and the rule that gave each field.

    Each state of it has its own, the newest one first. The hash is the SHA-256 of the body, unpacked.
    """
    from aggregator.cli.tables.provenance import provenance_json, show_provenance
    from aggregator.cli.tables.terminal import console

    with open_store(load_config(config)) as store:
        kept, origins = store.find(id_of(article)), store.provenance(id_of(article))
    if kept is None:
        raise typer.BadParameter(f"{article!r}: there is no article of this id", param_hint="ID")
    if json:
        typer.echo(provenance_json(kept, origins))
    else:
        show_provenance(console(), kept, origins)


@cli.command()
def reprocess(
    name: Annotated[
        str,
        source_argument('A source with archive = "warc".'),
    ],
    config: ConfigFile = DEFAULT,
    dry_run: DryRun = False,
) -> None:
    """Make a source's articles again from its archived answers, without the network.

    For after a selector or a rule was mended. Every difference is shown; with --dry-run, that is all. Each
    article is made of the answers that it was made of before; what its lists showed and nobody could read
    comes in as new. No date of an update moves, since the source has changed nothing.
    """
    from aggregator.cli.tables.reprocess import show_remade
    from aggregator.cli.tables.terminal import console
    from aggregator.poll.reprocess import reprocess as make_again

    settings = load_config(config)
    source = find_source(settings, name)

    async def run(app: App, progress: Callable[[int, int], None]) -> list[Remade]:
        async with app.tools(clock) as tools:
            remade = make_again(source, app.leases, tools, app.archive, apply=not dry_run, progress=progress)
            return [batch async for batch in remade]

    opened = open_to_read if dry_run else open_app
    with opened(settings) as app:
        if not dry_run:
            app.prepare(clock())
        with progress_bar("Making again") as progress:
            batches = run_loop(run(app, progress))
        show_remade(console(), batches)
        if dry_run:
            say("Nothing was changed (--dry-run).")
            return
        mirror_files(app)
        publish_changes(app, everything=False)


@cli.command()
def evidence(
    article: Article,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What is written, such as notice.wacz.")],
    config: ConfigFile = DEFAULT,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE where it exists.")] = False,
) -> None:
    """Hand over all that proves one article, in a file that tools for web archives open (WACZ).

    It holds the raw answers that are archived, our text of each state, where each came from, the hashes of
    the days on which they were kept, and the stamps of these.
    """
    from aggregator.publish.handover import hand_over

    settings = load_config(config)
    if file.exists() and not force:
        raise typer.BadParameter(f"{file} exists; --force overwrites it", param_hint="FILE")
    with open_to_read(settings) as app:
        kept = app.store.find(id_of(article))
        if kept is None:
            raise typer.BadParameter(f"{article!r}: there is no article of this id", param_hint="ID")
        try:
            done = hand_over(settings, app.store, kept, file, clock())
        except OSError as exc:
            raise typer.BadParameter(f"{file} cannot be written: {exc.strerror}", param_hint="FILE") from None
    typer.echo(
        f"Wrote {file}: {counted(done.answers, 'raw answer')}, {counted(done.states, 'state')}, "
        f"{counted(done.days, 'sealed day')}, {counted(done.stamps, 'stamp')}."
    )
    if not done.answers:
        say('No raw answer of it is archived; archive = "warc" in its source keeps them from now on.')
