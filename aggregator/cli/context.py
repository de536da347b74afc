"""What commands share: loading the configuration, opening the store, finding sources, messages."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from aggregator.cli.progress import progress_bar
from aggregator.worker.journal import as_log_line

# The rest is imported inside the command that needs it, since `--help` must not load a database.
if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.discover.found import Found
    from aggregator.model import Category
    from aggregator.settings import Config, Source
    from aggregator.store import Overview, Store


Result = TypeVar("Result")


def load_config(config: Path) -> Config:
    """Read a configuration. Raises ConfigError."""
    from aggregator.config import load

    return load(config)


def read_addresses(address: str) -> list[str]:
    """Give the web addresses that a person may mean, the likeliest first. Raises BadParameter."""
    from aggregator.discover.address import possible_addresses
    from aggregator.settings import check_address

    if not (addresses := possible_addresses(address)):
        try:
            check_address(address)
        except ValueError as exc:
            raise typer.BadParameter(f"{address!r} {exc}", param_hint="ADDRESS") from None
    return addresses


def discover_source(
    settings: Config, config: Path, addresses: Sequence[str], kind: str, select: str
) -> Found:
    """Find out what an address is, and print each step. Raises FetchError, ReadError, BadParameter."""
    import soupsieve

    from aggregator.config import source_reader
    from aggregator.discover.probe import discover
    from aggregator.settings import closest
    from aggregator.sources import kind_names

    if kind and kind not in kind_names():
        raise typer.BadParameter(f"there is no such kind{closest(kind, kind_names())}", param_hint="--kind")
    try:
        soupsieve.compile(select or "*")
    except soupsieve.SelectorSyntaxError as exc:
        raise typer.BadParameter(f"is not a CSS selector: {exc!s:.80}", param_hint="--select") from None
    make = source_reader(config)
    return run_loop(discover(settings, make, addresses, clock(), kind=kind, select=select, say=say))


@contextmanager
def open_app(settings: Config, owner: str = "", *, apart: bool = False) -> Iterator[App]:
    """Open the parts of the program, and tell where a new database is made.

    ``owner`` names this process for the others of a cluster; ``apart`` has processes parse, which pays for
    whoever stays.
    """
    from aggregator.app import App
    from aggregator.worker.pool import Pool

    if not _has_database(settings):
        note(as_log_line(f"A new database: {Path(settings.storage.file).resolve()}", "info"))
    with _opening():
        app = App(settings, owner=owner, workers=Pool(apart=apart))
    with app, _time_of(app):
        yield app


@contextmanager
def _time_of(app: App) -> Iterator[None]:
    """Let it be the database's where machines share one, whose own clocks may differ."""
    global _clock
    if app.config.cluster is None:
        yield
        return
    from aggregator.store import DatabaseClock

    before, _clock = _clock, DatabaseClock(app.store, _clock)
    try:
        yield
    finally:
        _clock = before


def _opening() -> AbstractContextManager[object]:
    """Show that the database is being opened, which takes long where it is of an earlier version."""
    return progress_bar("Opening the database")


@contextmanager
def open_to_read(settings: Config) -> Iterator[App]:
    """Open the parts of the program for what only reads: where there is no database, none is left behind."""
    from aggregator.app import App

    with open_store(settings) as store, App(settings, store) as app:
        yield app


@contextmanager
def open_store(settings: Config) -> Iterator[Store]:
    """Open only the store, as :func:`open_to_read` does."""
    from aggregator.store import Store

    with _existing_address(settings) as address:
        with _opening():
            store = Store.open(address)
        with store:
            yield store


@contextmanager
def open_overview(settings: Config) -> Iterator[Overview]:
    """Open only what says how the sources do, as :func:`open_to_read` does."""
    from aggregator.store import Overview

    with _existing_address(settings) as address, Overview.open(address) as overview:
        yield overview


@contextmanager
def _existing_address(settings: Config) -> Iterator[str]:
    """Give the address of the database, or of an empty one for a while where there is none."""
    with ExitStack() as stack:
        address = settings.storage.database
        if not _has_database(settings):
            say(f"There is no database yet ({Path(settings.storage.file).resolve()}).")
            address = f"sqlite:///{stack.enter_context(TemporaryDirectory())}/empty.db"
        yield address


def _has_database(settings: Config) -> bool:
    return not settings.storage.file or Path(settings.storage.file).exists()


def find_source(settings: Config, name: str) -> Source:
    """Find a source by its name. Raises BadParameter with a suggestion."""
    from aggregator.settings import closest

    source = settings.source(name)
    if source is None:
        names = [source.name for source in settings.sources]
        raise typer.BadParameter(f'there is no source "{name}"{closest(name, names)}', param_hint="NAME")
    return source


def id_of(article: str) -> str:
    """Give the id in a share page's address; any other text stays as it is."""
    _, found, name = article.rpartition("/share/")
    return name.removesuffix(".html") if found else article


def find_category(store: Store, name: str, param_hint: str) -> Category:
    """Find a category by a label or slug that it has or had. Raises BadParameter with a suggestion."""
    from aggregator.settings import closest

    if found := store.category(name):
        return found
    names = [state.topic.label for state in store.topics() if state.topic.kind == "category"]
    raise typer.BadParameter(f'there is no category "{name}"{closest(name, names)}', param_hint=param_hint)


class _Manner:
    """How much commands say; one command runs in a process."""

    quiet = False


def keep_quiet() -> None:
    """Say and log from here on only what went wrong."""
    from aggregator.cli.log import open_log

    _Manner.quiet = True
    open_log(logging.WARNING)


def note(message: str, *, err: bool = True) -> None:
    """Print what is no fault, unless only faults are wanted."""
    if not _Manner.quiet:
        tell(message, err=err)


def fail(message: str) -> None:
    """Print that a visit failed: as its result on stdout, or on stderr where only faults are wanted."""
    tell(message, err=_Manner.quiet)


def say(message: str) -> None:
    """Print a message to stderr; results go to stdout."""
    tell(message, err=True)


def tell(message: str, *, err: bool = False) -> None:
    """Print text that may hold foreign words, with their control characters made visible."""
    from aggregator.text.text import tame

    typer.echo(tame(message), err=err)


def counted(count: int, noun: str = "article") -> str:
    """Write a number with its noun."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def run_loop(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end."""
    import asyncio  # a fifth of what `--help` would load

    return asyncio.run(work)


_clock: Callable[[], datetime] = partial(datetime.now, UTC)


def clock() -> datetime:
    """Give the time. Commands read it only here."""
    return _clock()


def clock_in_use() -> Callable[[], datetime]:
    """Give what gives the time: this machine's clock, or that of the database that is open."""
    return _clock
