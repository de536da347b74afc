"""The command that answers an assistant on stdin and stdout (Model Context Protocol)."""

from __future__ import annotations

from aggregator.cli.context import clock, load_config
from aggregator.cli.options import DEFAULT, ConfigFile, cli
from aggregator.errors import AggregatorError


@cli.command(name="mcp")
def mcp(config: ConfigFile = DEFAULT) -> None:
    """Let an assistant search and read what is held, by the Model Context Protocol on stdin and stdout.

    Its tools are search, read, changes and sources. Nothing can be written by them: the database is opened
    to be read. It needs `pip install 'aggregator[mcp]'`.
    """
    try:
        from aggregator.web.api.tools import build_server
    except ModuleNotFoundError as exc:
        if exc.name != "mcp":
            raise
        raise AggregatorError("this needs the SDK; install it by `pip install 'aggregator[mcp]'`") from exc
    from aggregator.app import App
    from aggregator.store import Store
    from aggregator.web.api.holdings import Holdings

    settings = load_config(config)
    with Store.open(settings.storage.database, read_only=True) as store, App(settings, store) as app:
        holdings = Holdings(settings, store, app.publisher.documents, whole=True)
        build_server(holdings, settings.site.timezone, clock).run("stdio")
