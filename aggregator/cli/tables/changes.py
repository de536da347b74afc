"""What happened to articles, as lines and as JSON."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from aggregator.cli.tables.terminal import dump, iso, show_time
from aggregator.model import Change

COLOURS = {"changed": "yellow", "missing": "magenta", "withdrawn": "red", "back": "green", "unsteady": "dim"}


def changes_json(changes: Sequence[Change]) -> str:
    """Write what happened as JSON: one object a line of the log, the last one last."""
    names = ("kind", "id", "version", "source", "title", "address")
    return dump([{"at": iso(one.at)} | {name: getattr(one, name) for name in names} for one in changes])


def show_changes(console: Console, changes: Sequence[Change], zone: ZoneInfo) -> None:
    """Show what happened, a line each: when, what, of which source, which article."""
    for one in changes:
        line = Text(f"{show_time(one.at, zone)}  ")
        line.append(f"{one.kind:9}", COLOURS[one.kind])
        line.append(f"  {one.source}  {one.id}  {one.title}")
        console.print(line, soft_wrap=True)
