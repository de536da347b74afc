"""Commands on articles: one of them, its earlier states, whether it is a copy; and all that changed."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from aggregator.cli.completion import source_argument
from aggregator.cli.context import clock, find_source, id_of, load_config, open_app, open_store, say
from aggregator.cli.days import DAYS, read_day
from aggregator.cli.options import DEFAULT, ConfigFile, Json, cli


@cli.command()
def show(
    article: Annotated[str, typer.Argument(metavar="ID", help="The article's id, or its share page.")],
    config: ConfigFile = DEFAULT,
    revision: Annotated[
        int | None, typer.Option("--revision", metavar="N", min=1, help="Show it as it was in revision N.")
    ] = None,
    diff: Annotated[
        int | None, typer.Option("--diff", metavar="N", min=1, help="Show what was changed after revision N.")
    ] = None,
    json: Json = False,
) -> None:
    """Show an article: its text, its facts, and the revisions that there are of it.

    What was changed is shown by sentence and word: what went is struck through, what came is underlined;
    without colours, [-so-] and {+so+}.
    """
    from aggregator.cli.tables.article import article_json, show_article, show_difference
    from aggregator.cli.tables.terminal import console

    if revision and diff:
        raise typer.BadParameter("is one of two: --revision shows a state, --diff what came after it")
    settings = load_config(config)
    with open_store(settings) as store:
        kept, earlier = store.find(id_of(article)), store.revisions(id_of(article))
    if kept is None:
        raise typer.BadParameter(f"{article!r}: there is no article of this id", param_hint="ID")
    states = {one.version: one.article for one in earlier}
    asked = revision or diff
    if asked and asked not in states:
        there = f"there are {', '.join(map(str, states))}" if states else "nothing was changed in it"
        raise typer.BadParameter(f"there is no revision {asked} of it; {there}")
    if json:
        typer.echo(article_json(settings.site, kept, earlier, revision))
    elif diff:
        later = next((state for version, state in states.items() if version > diff), kept.article)
        show_difference(console(), settings.site, states[diff], later)
    else:
        show_article(console(), settings.site, kept, earlier, states.get(revision or 0))


@cli.command()
def changes(
    name: Annotated[
        str | None,
        source_argument("Of which source; none means all."),
    ] = None,
    config: ConfigFile = DEFAULT,
    since: Annotated[str, typer.Option("--since", metavar="DAY", help=f"From this day: {DAYS}.")] = "",
    json: Json = False,
) -> None:
    """List what changed, what was withdrawn, and what came back; the last one last.

    `aggregator show ID --diff N` shows what was changed.
    """
    from aggregator.cli.tables.changes import changes_json, show_changes
    from aggregator.cli.tables.terminal import console

    settings = load_config(config)
    source = find_source(settings, name).name if name else ""
    zone = ZoneInfo(settings.site.timezone)
    first = read_day(since, clock(), zone, "--since")
    with open_store(settings) as store:
        found = store.changes(first, source)
    if json:
        typer.echo(changes_json(found))
    elif found:
        show_changes(console(), found, zone)
    else:
        say("Nothing changed.")


@cli.command()
def split(
    article: Annotated[str, typer.Argument(metavar="ID", help="The article's id, or its share page.")],
    other: Annotated[str, typer.Argument(metavar="ID", help="That of the other one.")],
    config: ConfigFile = DEFAULT,
) -> None:
    """Tell two articles apart that were taken for one text, for good; both are in all feeds from then on."""
    from aggregator.cli.publishing import publish_changes

    with open_app(load_config(config)) as app:
        names = id_of(article), id_of(other)
        for name in names:
            if app.store.find(name) is None:
                raise typer.BadParameter(f"{name!r}: there is no article of this id", param_hint="ID")
        if names[0].lower() == names[1].lower():
            raise typer.BadParameter("these are one article", param_hint="ID")
        parted = app.store.split(*names)
        typer.echo("They are two now." if parted else "They were two already, and stay so.")
        publish_changes(app, everything=False)
