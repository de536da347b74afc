"""The command that takes one article out for good."""

from typing import Annotated

import typer

from aggregator.cli.context import clock, load_config, open_app, open_to_read, say, tell
from aggregator.cli.options import DEFAULT, ConfigFile, DryRun, cli
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
        found = app.store.find_removal(_id_of(article))
        if found is None:
            known = app.store.is_removed(_id_of(article))
            why = "was removed before" if known else "there is no article of this id or address"
            raise typer.BadParameter(f"{article!r}: {why}", param_hint="ID|ADDRESS")
        tell(found.title)
        tell(f"  id       {found.id}")
        tell(f"  address  {found.address}")
        typer.echo(f"  source   {found.source}")
        typer.echo(f"  stands in {len(found.topics)} feeds and {found.archives} of their archives")
        for path in found.files:
            typer.echo(f"  file     {app.publisher.folders.shown(path)}")
        if dry_run:
            say("Nothing was removed (--dry-run).")
            return
        app.store.remove(found.id, reason, clock())
        typer.echo("Removed.")
        publish_changes(app, everything=False)


def _id_of(article: str) -> str:
    """Give the id in a share page's address; any other text stays as it is."""
    _, found, name = article.rpartition("/share/")
    return name.removesuffix(".html") if found else article
