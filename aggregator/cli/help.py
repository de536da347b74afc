"""What stands in ``--help``: the commands by what somebody wants to do, and an example of each."""

from typing import Any

import typer
from typer.core import TyperGroup
from typer.models import CommandInfo

SECTIONS = {
    "Begin": "init demo add import import-posts check config",
    "Run": "run worker poll publish backfill reprocess login logout",
    "See how it does": "sources log explain preview doctor events",
    "Find and hand on articles": "search show changes export mcp provenance evidence",
    "Change sources and articles": "pause resume accept rename-category split remove forget prune",
    "Tell people": "tell outbox readers",
    "Keep the database": "backup restore migrate-database",
}

EXAMPLES = {
    "accept": "town-paper",
    "add": "https://news.example.org/",
    "backfill": "town-paper --since 2026-01-01",
    "backup": "/backup/",
    "changes": "town-paper --since 7d",
    "check": "--database",
    "config schema": "> config/aggregator.schema.json",
    "config show": "town-paper",
    "demo": "",
    "doctor": "",
    "events": "--since 7d",
    "evidence": "3f2a9c0d1e4b5a67 article.wacz",
    "explain": "https://news.example.org/notice/7.html",
    "export": "articles.jsonl --since 30d",
    "forget": "old-paper --dry-run",
    "import": "subscriptions.opml --dry-run",
    "import-posts": "_posts --source old-blog --dry-run",
    "init": "my-news --timezone Europe/Berlin",
    "log": "town-paper --since yesterday",
    "login": "members",
    "logout": "members",
    "mcp": "",
    "migrate-database": "sqlite:///var/aggregator.db postgresql:///aggregator --dry-run",
    "outbox": "",
    "pause": "town-paper",
    "poll": "town-paper",
    "preview": "town-paper --article 3",
    "provenance": "3f2a9c0d1e4b5a67",
    "prune": "--dry-run",
    "publish": "--check",
    "readers": "--addresses",
    "remove": '3f2a9c0d1e4b5a67 --reason "our mistake"',
    "rename-category": "Town City",
    "reprocess": "town-paper --dry-run",
    "restore": "/backup/aggregator-2026-03-05.db",
    "resume": "town-paper",
    "run": "--config /etc/aggregator/aggregator.toml",
    "search": 'harbour "night ferry" --since 30d',
    "show": "3f2a9c0d1e4b5a67 --diff 1",
    "sources": "--failing",
    "split": "3f2a9c0d1e4b5a67 9b8c7d6e5f4a3b21",
    "tell": "--test desk",
    "worker": "--config /etc/aggregator/aggregator.toml",
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


def teach(app: typer.Typer, above: str = "") -> None:
    """Put its example below the help of each command of a program, and of those in its groups."""
    for command in app.registered_commands:
        name = above + name_of(command)
        if name in EXAMPLES:
            command.epilog = f"Example: aggregator {name} {EXAMPLES[name]}".rstrip()
    for group in app.registered_groups:
        if group.typer_instance:
            teach(group.typer_instance, f"{above}{group.typer_instance.info.name} ")


def name_of(command: CommandInfo) -> str:
    """Return by which name a command is called."""
    return command.name or getattr(command.callback, "__name__", "").replace("_", "-")
