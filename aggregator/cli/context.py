"""What commands share: options, loading the configuration, opening the store, publishing, messages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

# Everything else is imported inside the command that needs it, since `--help` must not load a database.
from aggregator import __version__

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.discover.probe import Found
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
Kind = Annotated[str, typer.Option("--kind", metavar="KIND", help="Only as this kind of source.")]
Select = Annotated[
    str, typer.Option("--select", metavar="CSS", help="The list on the page, by a CSS selector.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be written; write nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")]
DEFAULT = Path("config/aggregator.toml")


@cli.callback(invoke_without_command=True)
def options(  # noqa: D103 - its docstring would stand in --help
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more while working.")] = False,
) -> None:
    from aggregator.cli.log import open_log

    open_log(logging.DEBUG if verbose else logging.INFO)
    if version:
        typer.echo(f"aggregator {__version__}")
        raise typer.Exit


def load_config(config: Path) -> Config:
    """Read a configuration. Raises ConfigError."""
    from aggregator.config import load

    return load(config)


def load_or_default(config: Path) -> Config:
    """Read a configuration, or give one of defaults where the user has none yet. Raises ConfigError."""
    from aggregator.settings import Config, Site

    if config == DEFAULT and not config.exists():
        return Config(site=Site(url="http://127.0.0.1:8080"))
    return load_config(config)


def discover_source(settings: Config, config: Path, address: str, kind: str, select: str) -> Found:
    """Find out what an address is, and print each step. Raises FetchError, ReadError, BadParameter."""
    import soupsieve

    from aggregator.config import read_source
    from aggregator.discover.probe import discover
    from aggregator.settings import check_address, closest
    from aggregator.sources import kind_names

    if kind and kind not in kind_names():
        raise typer.BadParameter(f"there is no such kind{closest(kind, kind_names())}", param_hint="--kind")
    try:
        check_address(address)
    except ValueError as exc:
        hint = "" if "://" in address else f'; did you mean "https://{address}"?'
        raise typer.BadParameter(f"{address!r} {exc}{hint}", param_hint="ADDRESS") from None
    try:
        soupsieve.compile(select or "*")
    except soupsieve.SelectorSyntaxError as exc:
        raise typer.BadParameter(f"is not a CSS selector: {exc!s:.80}", param_hint="--select") from None
    make = partial(read_source, config)
    return asyncio.run(discover(settings, make, address, clock(), kind=kind, select=select, say=say))


@contextmanager
def open_app(settings: Config) -> Iterator[App]:
    """Open the parts of the program, and tell where a new database is made."""
    from aggregator.app import App

    file = settings.storage.file
    if file and not Path(file).exists():
        say(f"A new database: {Path(file).resolve()}")
    with App(settings) as app:
        yield app


def find_source(settings: Config, name: str) -> Source:
    """Find a source by its name. Raises BadParameter with a suggestion."""
    from aggregator.settings import closest

    source = settings.source(name)
    if source is None:
        names = [source.name for source in settings.sources]
        raise typer.BadParameter(f'there is no source "{name}"{closest(name, names)}', param_hint="NAME")
    return source


def find_category(app: App, name: str) -> str:
    """Give the slug of a category, found by label or slug. Raises BadParameter with a suggestion."""
    from aggregator.settings import closest

    topics = [state.topic for state in app.store.topics() if state.topic.kind == "category"]
    for topic in topics:
        if name in (topic.name, topic.label):
            return topic.name
    names = [topic.label for topic in topics]
    raise typer.BadParameter(f'there is no category "{name}"{closest(name, names)}', param_hint="--category")


def mirror_files(app: App) -> None:
    """Fetch the files that are due to be mirrored, and print their number."""

    async def run() -> tuple[int, int]:
        async with app.fetcher() as fetcher:
            return await mirror.fetch_due(fetcher)

    mirror = app.mirror(clock)
    mirror.follow_settings()
    fetched, refused = asyncio.run(run())
    if fetched or refused:
        typer.echo(f"Mirrored {fetched} files; {refused} could not be had.")


def publish_changes(app: App, *, everything: bool) -> None:
    """Publish, print what was written, and tell the hub."""
    from aggregator.cli.tables import progress_bar

    with progress_bar("Publishing") as progress:
        done = app.publisher.publish(everything=everything, progress=progress, on_wait=say)
    typer.echo(f"Published {done.articles} articles: {done.written} files written, {done.removed} removed.")
    if hub := app.config.websub.hub:
        tell_hub(app, hub)


def tell_hub(app: App, hub: str) -> None:
    """Tell the hub what changed; where that fails, the next publication tells it."""
    from aggregator.errors import FetchError
    from aggregator.publish.hub import announce

    async def run() -> int:
        async with app.fetcher() as fetcher:
            return await announce(app.store, fetcher, hub)

    try:
        if count := asyncio.run(run()):
            say(f"Told the hub of {count} feeds.")
    except FetchError as exc:
        say(f"The hub was not told and will be next time: {exc}")


def say(message: str) -> None:
    """Print a message to stderr; results go to stdout."""
    tell(message, err=True)


def tell(message: str, *, err: bool = False) -> None:
    """Print text that may hold foreign words, with their control characters made visible."""
    from aggregator.text.text import tame

    typer.echo(tame(message), err=err)


def clock() -> datetime:
    """Give the time. Commands read it only here."""
    return datetime.now(UTC)
