"""Commands that stay: the daemon, and the daemon with a demo news site."""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.context import clock_in_use, open_app, run_loop
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
def worker(config: ConfigFile = DEFAULT) -> None:
    """Take work of a cluster until stopped: poll, read files, publish and tell, and serve nothing.

    Signals mean what they mean to `aggregator run`, at least one of which has to run, too.
    """
    _run(config, worker=True)


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


def _run(config: Path, *, trust_clock: bool = False, worker: bool = False) -> None:
    from aggregator.cli.log import write_as
    from aggregator.config import ConfigFiles
    from aggregator.daemon.daemon import Daemon
    from aggregator.errors import ConfigError, Problem

    files = ConfigFiles(config)
    settings = files.start()
    write_as(settings.daemon.log_format)
    if worker and not settings.cluster:
        missing = "is missing; a worker takes the work of a cluster"
        raise ConfigError([Problem(str(config), "[cluster]", "", missing)])
    with open_app(settings, token_hex(8) if settings.cluster else "", apart=True) as app:
        time = clock_in_use()
        if trust_clock:
            app.store.trust_clock(time())
        daemon = Daemon(app, files, time, worker=worker)
        run_loop(daemon.run(on_ready=lambda: _print_addresses(settings, worker=worker)))


def _print_addresses(settings: Config, *, worker: bool) -> None:
    if worker:
        typer.echo("Taking work. Ctrl-C stops.")
        return
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
