"""The command that writes articles to a file, for other programs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from aggregator.cli.context import clock, counted, load_config, note, open_to_read
from aggregator.cli.days import DAYS, read_day
from aggregator.cli.options import DEFAULT, ConfigFile, cli
from aggregator.cli.progress import progress_bar
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from aggregator.settings import Config
    from aggregator.web.api.holdings import Wanted

Form = Literal["jsonl", "csv", "parquet", "opml"]
PATIENCE = 3600
"""Seconds that each part of a search may take: nobody else waits for it."""


@cli.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="What is written; without it, to stdout.")
    ] = None,
    config: ConfigFile = DEFAULT,
    form: Annotated[
        Form | None,
        typer.Option(
            "--format", metavar="jsonl|csv|parquet|opml", help="How; by itself as FILE ends, else jsonl."
        ),
    ] = None,
    since: Annotated[
        str, typer.Option("--since", metavar="DAY", help=f"What came or changed from this day on: {DAYS}.")
    ] = "",
    query: Annotated[str, typer.Option("--query", metavar="QUERY", help="What a search would find.")] = "",
) -> None:
    """Write articles as the API gives them to the operator, each once, in the order in which they came.

    FILE appears when it is whole. In CSV, what a spreadsheet could take for a formula begins with an
    apostrophe. As opml it is the sources that are written, for another reader.
    """
    from aggregator.web.api.exports import exporting
    from aggregator.web.api.holdings import Holdings

    ending = file.suffix.removeprefix(".") if file else ""
    by_name: dict[str, Form] = {"csv": "csv", "parquet": "parquet", "opml": "opml"}
    chosen = form or by_name.get(ending, "jsonl")
    if chosen == "opml":
        _export_sources(load_config(config), file)
        return
    if chosen == "parquet" and file is None:
        raise typer.BadParameter(
            "of Parquet is needed: it is whole only when it is closed", param_hint="FILE"
        )
    settings = load_config(config)
    wanted = _wanted(settings, query, since)
    count = 0
    with open_to_read(settings) as app, ExitStack() as stack:
        holdings = Holdings(settings, app.store, app.publisher.documents, whole=True)
        total = None if query or since else app.store.article_count()
        write = stack.enter_context(exporting(stack.enter_context(_opened(file)), chosen))
        progress = stack.enter_context(progress_bar("Exporting"))
        for batch in holdings.articles(wanted):
            write(batch.items)
            count += len(batch.items)
            progress(count, total)
    note(f"Exported {counted(count)}{f' to {file}' if file else ''}.")


def _export_sources(settings: Config, file: Path | None) -> None:
    """Write the sources as a list of subscriptions."""
    from aggregator.discover.subscriptions import export_opml

    with _opened(file) as target:
        target.write(export_opml(settings))


def _wanted(settings: Config, query: str, since: str) -> Wanted:
    """Say which articles are wanted. Raises BadParameter."""
    from aggregator.text.query import MAX_CONFIGURED, parse_query
    from aggregator.web.api.holdings import Wanted

    zone = settings.site.timezone
    try:
        asked = parse_query(query, zone, longest=MAX_CONFIGURED) if query else None
    except ValueError as exc:
        raise typer.BadParameter(f"{query!r:.80} {exc}", param_hint="--query") from None
    first = read_day(since, clock(), ZoneInfo(zone), "--since")
    return Wanted(asked, order="arrived", since=first, seconds=PATIENCE)


@contextmanager
def _opened(file: Path | None) -> Iterator[IO[bytes]]:
    """Give what is written to: stdout, a pipe or a device, or a file that appears in the end.

    Raises AggregatorError.
    """
    from aggregator.store.upkeep.backup_files import being_written

    try:
        if file is None:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        elif file.exists() and not file.is_file():
            with file.open("wb") as target:
                yield target
        else:
            with being_written(file) as part, part.open("wb") as target:
                yield target
    except BrokenPipeError:
        raise  # whoever reads it has enough
    except OSError as exc:
        raise AggregatorError(f"cannot write {file or 'to stdout'}: {exc.strerror}") from exc
