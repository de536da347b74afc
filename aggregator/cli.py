"""The commands: parse, call, print. Results go to stdout, everything else to stderr.

Exit 0: fine; 1: a source or a page failed; 2: the configuration or the call is wrong.
"""

from __future__ import annotations

import asyncio
import logging
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

# Everything else is imported inside the command that needs it: `--help` must not wait for a database.
from aggregator import __version__
from aggregator.errors import AggregatorError, ConfigError

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.round import Visited
    from aggregator.settings import Config, Source

FAILED, WRONG = 1, 2

cli = typer.Typer(
    name="aggregator",
    help="Turn any news site into something you can subscribe to, keep and trust.",
    epilog="Begin with `aggregator init`, or look at `aggregator demo`.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ConfigFile = Annotated[
    Path,
    typer.Option(
        "--config", "-c", envvar="AGGREGATOR_CONFIG", help="The configuration file.", metavar="FILE"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")]
DEFAULT = Path("config/aggregator.toml")


@cli.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more while working.")] = False,
) -> None:
    from aggregator.journal import open_journal

    open_journal(logging.DEBUG if verbose else logging.INFO)
    if version:
        typer.echo(f"aggregator {__version__}")
        raise typer.Exit


@cli.command()
def run(config: ConfigFile = DEFAULT) -> None:
    """Poll, publish and serve until stopped: the daemon.

    SIGTERM or Ctrl-C stops it within ten seconds; SIGHUP reads the configuration again.
    """
    _run(config)


@cli.command()
def poll(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Which sources; none means all.")
    ] = None,
    config: ConfigFile = DEFAULT,
) -> None:
    """Visit sources now, publish, and exit: for cron.

    They are visited due or not; a server that asked us to wait (Retry-After) is left alone until then.
    Sources that are named also take up what they owe before its time.
    """
    from aggregator.round import visit_all

    settings = _load(config)
    sources = [_source(settings, name) for name in dict.fromkeys(names or ())] or list(settings.sources)
    with _open(settings) as app:
        app.prepare(_clock())
        visits = visit_all(app, sources, _clock, again=bool(names), on_visited=_say_visited, on_wait=_say)
        failures = sum(visited.failed for visited in asyncio.run(visits))
        _publish(app, everything=False)
    if failures:
        raise typer.Exit(FAILED)


@cli.command()
def publish(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; compare what is on disk with what should be.")
    ] = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Render everything again from the database."""
    from aggregator.tables import progress_bar

    with _open(_load(config)) as app:
        if not check:
            _publish(app, everything=True)
            return
        with progress_bar("Comparing") as progress:
            differences = app.publisher.check(progress=progress, on_wait=_say)
        waiting = len(app.store.unpublished().articles)
    for item in differences:
        typer.echo(f"{item.what}: {item.path}")
    if differences:
        if waiting:
            _say(f"{waiting} articles are not published yet; `aggregator publish` does it")
        raise typer.Exit(FAILED)
    typer.echo("Every file is what the database says.")


@cli.command()
def check(config: ConfigFile = DEFAULT) -> None:
    """Read the configuration and name everything that is wrong with it."""
    settings = _load(config)
    count = len(settings.sources)
    typer.echo(f"{config} is fine: {count} source{'' if count == 1 else 's'}.")
    if not count:
        typer.echo("It has no [[source]] yet; `aggregator run` would have nothing to poll.")


@cli.command()
def preview(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of a source.")],
    config: ConfigFile = DEFAULT,
    json: Json = False,
) -> None:
    """Show what a source gives right now; write nothing.

    Each field is shown with the rule that gave it. The list is shown whole; of the articles that have
    pages of their own, the first few are fetched.
    """
    from aggregator.preview import look_at
    from aggregator.tables import console, preview_json, show_preview

    settings = _load(config)
    source = _source(settings, name)
    items, unreadable = asyncio.run(look_at(settings, source, _clock()))
    if json:
        typer.echo(preview_json(source, items, unreadable))
    else:
        show_preview(console(), source, items, unreadable)
    if any(item.failed for item in items) or unreadable:
        raise typer.Exit(FAILED)


@cli.command()
def sources(config: ConfigFile = DEFAULT, json: Json = False) -> None:
    """List the sources, how they do, and what they still owe."""
    from aggregator.tables import console, overview_of, show_sources, sources_json

    settings = _load(config)
    with _open(settings) as app:
        overview = overview_of(settings, app.store.overview(), _clock())
    if json:
        typer.echo(sources_json(settings, overview))
    else:
        show_sources(console(), settings, overview)


@cli.command()
def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to begin.")] = Path(),
    config: Annotated[
        Path, typer.Option("--config", "-c", metavar="FILE", help="The file to write, below DIR.")
    ] = DEFAULT,
) -> None:
    """Write a commented configuration to start from."""
    from aggregator.config import starting_config

    file = directory / config
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as target:
            target.write(starting_config())
    except FileExistsError:
        _say(f"{file} is there already; nothing was written")
        raise typer.Exit(WRONG) from None
    except OSError as exc:
        _say(f"cannot write {file}: {exc.strerror}")
        raise typer.Exit(WRONG) from None
    typer.echo(f"Wrote {file}. Put your sources into it, then:")
    if directory != Path():
        typer.echo(f"  cd {shlex.quote(str(directory))}")
    program = "aggregator" if shutil.which("aggregator") else shlex.quote(str(Path(sys.argv[0]).resolve()))
    typer.echo(f"  {program} check\n  {program} run")


@cli.command()
def demo(
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="Another configuration than config/demo.toml."),
    ] = None,
) -> None:
    """Run with a small news site of our own on loopback.

    It is nothing but `run` with that site and config/demo.toml.
    """
    from aggregator.demo import NewsSite, demo_config

    with NewsSite() as site:
        typer.echo(f"The news site that is polled: {site.url}")
        _run(config or demo_config())


def main() -> None:
    """Run a command; say foreseen errors plainly and exit as promised."""
    try:
        cli()
    except ConfigError as exc:
        for problem in exc.problems:
            _say(str(problem))
        sys.exit(WRONG)
    except AggregatorError as exc:
        _say(str(exc))
        sys.exit(FAILED)


def _run(config: Path) -> None:
    from aggregator.daemon import Daemon

    settings = _load(config)
    with _open(settings) as app:
        daemon = Daemon(app, lambda: _load(config), _clock)
        asyncio.run(daemon.run(on_ready=lambda: _say_addresses(settings)))


def _say_addresses(settings: Config) -> None:
    if settings.server:
        typer.echo(f"Open       http://{settings.server.listen}/")
    for form in ("rss.xml", "atom.xml", "feed.json"):
        typer.echo(f"Subscribe  {settings.site.root}/feeds/{form}")
    typer.echo(f"All feeds  {settings.site.root}/feeds.opml")
    typer.echo("Ctrl-C stops.")


def _load(config: Path) -> Config:
    from aggregator.config import load

    return load(config)


@contextmanager
def _open(settings: Config) -> Iterator[App]:
    from aggregator.app import App

    file = settings.storage.file
    if file and not Path(file).exists():
        _say(f"A new database: {Path(file).resolve()}")
    with App(settings) as app:
        yield app


def _source(settings: Config, name: str) -> Source:
    from aggregator.config.report import closest

    source = settings.source(name)
    if source is None:
        names = [source.name for source in settings.sources]
        raise typer.BadParameter(f'there is no source "{name}"{closest(name, names)}', param_hint="NAME")
    return source


def _publish(app: App, *, everything: bool) -> None:
    from aggregator.tables import progress_bar

    with progress_bar("Publishing") as progress:
        done = app.publisher.publish(everything=everything, progress=progress, on_wait=_say)
    typer.echo(f"Published {done.articles} articles: {done.written} files written, {done.removed} removed.")


def _say_visited(visited: Visited) -> None:
    name, outcome = visited.source.name, visited.outcome
    if outcome is None:
        typer.echo(f"{name}: {visited.left}")
        return
    if outcome.state.status == "failed":
        typer.echo(f"{name}: failed: {outcome.state.error}")
        return
    said = f"{name}: {len(outcome.new)} new, {len(outcome.changed)} changed"
    typer.echo(f"{said}, {len(outcome.owed)} put off" if outcome.owed else said)
    for debt in outcome.owed:
        _say(f"{name}: {debt.reason}: {debt.key}: {debt.message}")


def _say(message: str) -> None:
    typer.echo(message, err=True)


def _clock() -> datetime:
    return datetime.now(UTC)
