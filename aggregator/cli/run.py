"""Commands that stay: the daemon, and the daemon with a demo news site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.context import clock, open_app, run_loop
from aggregator.cli.options import DEFAULT, ConfigFile, TrustClock, cli

if TYPE_CHECKING:
    from aggregator.settings import Config


@cli.command()
def run(config: ConfigFile = DEFAULT, trust_clock: TrustClock = False) -> None:
    """Poll, publish and serve until stopped: the daemon.

    SIGTERM or Ctrl-C stops it within ten seconds; SIGHUP reads the configuration again,
    and files of sources.d count when they change.
    """
    _run(config, trust_clock=trust_clock)


@cli.command()
def demo(
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="Another configuration than config/demo.toml."),
    ] = None,
) -> None:
    """Run with a small news site of our own on loopback.

    It is nothing but `run` with that site and config/demo.toml. What it writes lies in var/demo.
    """
    from aggregator.demo import NewsSite, demo_config

    with NewsSite() as site:
        typer.echo(f"The news site that is polled: {site.url}")
        _run(config or demo_config())


def _run(config: Path, *, trust_clock: bool = False) -> None:
    from aggregator.cli.log import write_as
    from aggregator.config import ConfigFiles
    from aggregator.daemon.daemon import Daemon

    files = ConfigFiles(config)
    settings = files.start()
    write_as(settings.daemon.log_format)
    with open_app(settings) as app:
        if trust_clock:
            app.store.trust_clock(clock())
        daemon = Daemon(app, files, clock)
        run_loop(daemon.run(on_ready=lambda: _print_addresses(settings)))


def _print_addresses(settings: Config) -> None:
    if settings.server:
        typer.echo(f"Open       http://{settings.server.listen}/")
        typer.echo(f"State      http://{settings.server.listen}/status")
    if listen := settings.operator.listen:
        where = listen if settings.operator.is_file else f"http://{listen}/status"
        typer.echo(f"Change     {where} (the state, with buttons; it asks for the token)")
    for form in ("rss.xml", "atom.xml", "feed.json"):
        typer.echo(f"Subscribe  {settings.site.root}/feeds/{form}")
    typer.echo(f"All feeds  {settings.site.root}/feeds.opml")
    typer.echo(f"Operations {settings.site.root}/feeds/operations.atom.xml")
    typer.echo("Ctrl-C stops.")
