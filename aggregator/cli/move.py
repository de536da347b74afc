"""Commands that move a site here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.context import (
    clock,
    counted,
    find_source,
    load_config,
    open_app,
    open_store,
    run_loop,
    say,
    tell,
)
from aggregator.cli.options import DEFAULT, FAILED, ConfigFile, DryRun, cli
from aggregator.cli.progress import progress_bar
from aggregator.errors import ReadError

if TYPE_CHECKING:
    from aggregator.discover.posts.arrival import Arrivals

MAX_NOTES = 20
"""Notes on posts that are shown; thousands of posts from one script have the same ones."""


@cli.command(name="import-posts")
def import_posts(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A Jekyll site, or its _posts.")],
    source: Annotated[str, typer.Option("--source", metavar="NAME", help="Whose articles they are.")],
    config: ConfigFile = DEFAULT,
    dry_run: DryRun = False,
) -> None:
    """Take in the posts of a Jekyll site as articles of a source.

    They keep their dates, categories, tags and addresses. What is held already is not taken in again, so a
    stopped import goes on when it is started again. Nobody is told of them. A post that cannot be read is
    named, and costs none of the others.
    """
    from aggregator.discover.posts.arrival import PostReader, find_posts, find_site, look_through, take_in

    settings = load_config(config)
    whose = find_source(settings, source)
    if not folder.is_dir():
        raise typer.BadParameter(f"{folder} is no folder", param_hint="FOLDER")
    try:
        root, site = find_site(folder)
    except ReadError as exc:
        raise typer.BadParameter(str(exc), param_hint="FOLDER") from None
    files = find_posts(folder)
    if not files:
        raise typer.BadParameter(f"{folder} has no posts (Markdown or HTML)", param_hint="FOLDER")
    reader = PostReader(root, site, whose)
    if dry_run:
        with open_store(settings) as store:
            posts, arrivals = look_through(files, reader, store, clock())
        for post, article in posts:
            where = f" at /{post.former_path}" if post.former_path else ""
            filed = ", ".join(label.category for label in article.labels)
            typer.echo(f"{article.published:%Y-%m-%d}  {article.title}  ({filed}){where}")
    else:
        with open_app(settings) as app, progress_bar("Taking in") as progress:
            app.prepare(clock())
            try:
                arrivals = run_loop(take_in(files, reader, app.leases, clock, progress))
            except KeyboardInterrupt:
                say("Stopped; the same command goes on from here.")
                raise typer.Exit(FAILED) from None
    _report(arrivals, dry_run=dry_run)
    if arrivals.broken:
        raise typer.Exit(FAILED)


def _report(arrivals: Arrivals, *, dry_run: bool) -> None:
    for line in arrivals.broken:
        say(f"not taken in: {line}")
    for line in arrivals.notes[:MAX_NOTES]:
        say(line)
    if len(arrivals.notes) > MAX_NOTES:
        say(f"and {len(arrivals.notes) - MAX_NOTES} more of these")
    if arrivals.unplaced:
        keys = ", ".join(f"{key} ({count})" for key, count in arrivals.unplaced.most_common())
        say(f"without a place here, with how many posts have them: {keys}")
    parts = [f"{counted(arrivals.new)} {'would be taken in' if dry_run else 'taken in'}"]
    parts += [f"{arrivals.known} held already"] if arrivals.known else []
    parts += [f"{arrivals.unpublished} unpublished"] if arrivals.unpublished else []
    parts += [f"{len(arrivals.broken)} not taken in"] if arrivals.broken else []
    tell(f"{counted(arrivals.found, 'post')}: {', '.join(parts)}.")
    if arrivals.new and not dry_run:
        tell("`aggregator publish` writes them.")
