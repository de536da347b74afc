"""The list of commands in ``--help``, by what somebody wants to do."""

from typing import Any

from typer.core import TyperGroup

SECTIONS = {
    "Begin": "init demo add import import-posts check config",
    "Run": "run poll publish backfill reprocess login logout",
    "See how it does": "sources log explain preview doctor events",
    "Find and hand on articles": "search show changes export mcp provenance evidence",
    "Change sources and articles": "pause resume accept rename-category split remove forget prune",
    "Tell people": "tell outbox readers",
    "Keep the database": "backup restore",
}


class Commands(TyperGroup):
    """Commands in sections, each with its whole first sentence."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the sections."""
        width = max(map(len, self.commands))
        for heading, names in SECTIONS.items():
            with formatter.section(heading):
                rows = [(name, self.commands[name].get_short_help_str(1000)) for name in names.split()]
                formatter.write_dl([(name.ljust(width), text) for name, text in rows])
