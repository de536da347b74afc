"""Commands that take out: one article for good, or a source that left with its articles."""

from typing import Annotated

import typer

from aggregator.cli.context import clock, counted, id_of, load_config, open_app, open_to_read, say, tell
from aggregator.cli.options import DEFAULT, ConfigFile, DryRun, cli
from aggregator.cli.progress import progress_bar
from aggregator.cli.publishing import publish_changes


@cli.command()
def remove(
    article: Annotated[
        str,
        typer.Argument(
            metavar="ID|ADDRESS", help="Its id (the end of its share page's address), or its address."
        ),
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept in the database.")],
    config: ConfigFile = DEFAULT,
    dry_run: DryRun = False,
) -> None:
    """Take one article out everywhere, and never take it in again.

    Its page, its post, its files and its text go, from archives and search as well. Feeds tell readers that
    it is gone, and its address answers 410.
    """
    opened = open_to_read if dry_run else open_app
    with opened(load_config(config)) as app:
        found = app.store.find_removal(id_of(article))
        if found is None:
            known = app.store.is_removed(id_of(article))
            why = "was removed before" if known else "there is no article of this id or address"
            raise typer.BadParameter(f"{article!r}: {why}", param_hint="ID|ADDRESS")
        tell(found.title)
        tell(f"  id       {found.id}")
        tell(f"  address  {found.address}")
        typer.echo(f"  source   {found.source}")
        typer.echo(f"  stands in {len(found.topics)} feeds and {found.archives} of their archives")
        for path in found.files:
            typer.echo(f"  file     {app.publisher.folders.shown(path)}")
        if files := app.archived_files(found.source, found.address):
            say(f"The raw answers that show it stay, in {', '.join(map(str, files))}.")
        if dry_run:
            say("Nothing was removed (--dry-run).")
            return
        app.store.remove(found.id, reason, clock())
        typer.echo("Removed.")
        publish_changes(app, everything=False)


@cli.command()
def forget(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A source that left the configuration.")],
    config: ConfigFile = DEFAULT,
    dry_run: DryRun = False,
) -> None:
    """Take a source that left the configuration out of the output, with its articles.

    Their pages, posts, files and texts go, from feeds, archives and search as well, and so do the source's
    own feeds. What another source shows, too, stays as that one's. Nothing bars the way back: a source of
    that name would begin anew.
    """
    from aggregator.publish.retention import forget as forget_source
    from aggregator.settings import closest

    settings = load_config(config)
    if source := next((one for one in settings.sources if name in (one.name, *one.was)), None):
        other = f", where its name is now {source.name!r}" if source.name != name else ""
        why = f"{name!r} is in the configuration{other}; take it out there first"
        raise typer.BadParameter(why, param_hint="NAME")
    opened = open_to_read if dry_run else open_app
    with opened(settings) as app:
        if not dry_run:
            app.know_sources(clock())
        names = app.store.departed([one.name for one in settings.sources])
        if name not in names:
            why = f'no source "{name}" left the configuration{closest(name, names)}'
            raise typer.BadParameter(why, param_hint="NAME")
        going = app.store.count_departure(name)
        typer.echo(f"{name}: {counted(going.articles)}, {going.documents} pages and posts of them, its feeds")
        if going.shared:
            typer.echo(f"  {counted(going.shared)} more will stay, since other sources show them, too.")
        if dry_run:
            say("Nothing was taken out (--dry-run).")
            return
        with progress_bar("Taking out") as progress:
            forget_source(app.store, name, clock(), lambda done: progress(done, going.articles))
        typer.echo("Forgotten.")
        publish_changes(app, everything=False)
