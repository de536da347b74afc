"""The program's command line: its global options, the options that commands share, exit codes."""

import gc
import logging
from pathlib import Path
from typing import Annotated

import typer

from aggregator import __version__
from aggregator.cli.help import Commands

FAILED, WRONG = 1, 2

cli = typer.Typer(
    name="aggregator",
    cls=Commands,
    help="Turn any news site into something you can subscribe to, keep and trust.",
    epilog="Begin with `aggregator init`, or look at `aggregator demo`.",
    no_args_is_help=True,
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
TrustClock = Annotated[
    bool,
    typer.Option("--trust-clock", help="The clock is right, however far it has moved."),
]
DEFAULT = Path("config/aggregator.toml")


SHORT = ("changes", "check", "search", "show", "sources")
"""Commands that log nothing; to load the log would take as long as they do.

Of the little that they make and load, nothing is garbage before they end, and looking for it takes a tenth.
"""


@cli.callback(invoke_without_command=True)
def options(  # noqa: D103 - its docstring would stand in --help
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more while working.")] = False,
) -> None:
    from aggregator.worker.quiet import tame_libraries

    tame_libraries()
    if context.invoked_subcommand not in SHORT:
        from aggregator.cli.log import open_log
        from aggregator.worker.processes import collect_rarely

        gc.enable()
        collect_rarely()
        open_log(logging.DEBUG if verbose else logging.INFO)
    if version:
        typer.echo(f"aggregator {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(WRONG)
