"""An example of each command, which stands below its help."""

import typer

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
}


def teach(app: typer.Typer, above: str = "") -> None:
    """Put its example below the help of each command of a program, and of those in its groups."""
    for command in app.registered_commands:
        name = above + (command.name or getattr(command.callback, "__name__", "").replace("_", "-"))
        if name in EXAMPLES:
            command.epilog = f"Example: aggregator {name} {EXAMPLES[name]}".rstrip()
    for group in app.registered_groups:
        if group.typer_instance:
            teach(group.typer_instance, f"{above}{group.typer_instance.info.name} ")
