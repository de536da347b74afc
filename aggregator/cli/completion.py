"""What shells complete: the names of sources, read without the program's own reader, which takes longer."""

import tomllib
from pathlib import Path
from typing import Any

import typer


def complete_sources(context: typer.Context, incomplete: str) -> list[str]:
    """Name the sources of the configuration that begin with what is typed; none where it cannot be read."""
    config = Path(context.params.get("config") or "config/aggregator.toml")
    names: list[str] = []
    for file in (config, *sorted(config.parent.glob("sources.d/*.toml"))):
        try:
            tables = tomllib.loads(file.read_text("utf-8-sig")).get("source", [])
        except (OSError, ValueError):
            continue
        names += [str(one.get("name", "")) for one in tables if isinstance(one, dict)]
    return [name for name in names if name.startswith(incomplete)]


def source_argument(what: str, metavar: str = "NAME") -> Any:
    """Return an argument, or several, that shells complete to the names of sources."""
    return typer.Argument(metavar=metavar, help=what, autocompletion=complete_sources)
