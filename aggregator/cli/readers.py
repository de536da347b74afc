"""The command on readers: who is shown full texts, and at which address."""

from __future__ import annotations

from typing import Annotated

import typer

from aggregator.cli.context import load_config, open_store, say, tell
from aggregator.cli.options import DEFAULT, FAILED, ConfigFile, cli


@cli.command()
def readers(
    addresses: Annotated[
        bool, typer.Option("--addresses", help="Show the address of each, to hand it over.")
    ] = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """List the readers and the categories that they are shown in full, and say what is wrong.

    An address of --addresses holds a token: whoever has it is shown what its reader is shown.
    """
    from aggregator.publish import admit
    from aggregator.render.paths import PRIVATE, absolute

    settings = load_config(config)
    if not settings.readers:
        say("There is no [[reader]]; see the page on readers.")
        return
    admitted, refused = admit(settings.readers)
    tokens = {reader.name: token for token, reader in admitted.items()}
    with open_store(settings) as store:
        unknown = [
            (reader.name, name)
            for reader in settings.readers
            for name in reader.categories
            if store.category(name) is None
        ]
    for reader in settings.readers:
        if not addresses:
            tell(f"{reader.name}: {', '.join(reader.categories) or 'everything'}")
        elif reader.name in tokens:
            typer.echo(f"{reader.name}: {absolute(settings.site, PRIVATE)}/{tokens[reader.name]}/")
    for name, category in unknown:
        say(f'{name}: there is no category "{category}" yet')
    for name, reason in refused.items():
        say(f"{name} is shown nothing: {reason}")
    if refused:
        raise typer.Exit(FAILED)
