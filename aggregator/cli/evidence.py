"""Commands on what proves an article: provenance."""

from __future__ import annotations

from typing import Annotated

import typer

from aggregator.cli.context import id_of, load_config, open_store
from aggregator.cli.options import DEFAULT, ConfigFile, Json, cli

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
