"""The command that explains: how a source does, where an article is shown, and why it is not elsewhere."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.completion import source_argument
from aggregator.cli.context import clock, load_config, open_to_read, read_addresses
from aggregator.cli.options import DEFAULT, ConfigFile, Json, cli
from aggregator.cli.progress import progress_bar

if TYPE_CHECKING:
    from aggregator.cli.answers import Answers
    from aggregator.cli.tables.explanation import Answer


@cli.command()
def explain(
    what: Annotated[
        str,
        source_argument(
            "A source's name, an article's id, or the address of either or of a feed of ours.", "NAME|ADDRESS"
        ),
    ],
    config: ConfigFile = DEFAULT,
    json: Json = False,
) -> None:
    """Say in plain words how a source does, or why an article is in which feeds, and why not in others.

    `aggregator explain town-paper` says when it is visited next, and why then.
    `aggregator explain https://paper.example/news/7` says whether that article was ever listed, is owed,
    filtered by which rule, removed, withdrawn, or a copy. Nothing is asked of anybody but the database.
    """
    from aggregator.cli.answers import Answers
    from aggregator.cli.tables.explanation import show_answer
    from aggregator.cli.tables.terminal import console, dump

    settings = load_config(config)
    with open_to_read(settings) as app, progress_bar("Looking"):
        found = _answer(Answers(app, clock()), what)
    if json:
        typer.echo(dump([asdict(one) for one in found]))
        return
    terminal = console()
    for one in found:
        show_answer(terminal, one)


def _answer(answers: Answers, what: str) -> list[Answer]:
    """Find out what is meant: names of sources have neither dots nor colons, nor have ids."""
    if "." not in what and ":" not in what:
        if found := answers.of_name(what):
            return found
        raise typer.BadParameter(answers.nothing(what), param_hint="NAME|ADDRESS")
    return answers.of_address(read_addresses(what))
