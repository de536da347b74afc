"""Where an article came from, as tables and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from aggregator.cli.tables.terminal import dump, iso
from aggregator.model import KeptArticle, Provenance, Receipt


def provenance_json(kept: KeptArticle, origins: Mapping[int, Provenance]) -> str:
    """Write where the states of an article came from as JSON, the newest one first."""
    states = [
        {
            "version": version,
            "answers": [{**asdict(one), "time": iso(one.time)} for one in origin.receipts],
            "rules": dict(origin.rules),
        }
        for version, origin in sorted(origins.items(), reverse=True)
    ]
    return dump(
        {"id": kept.id, "title": kept.article.title, "address": kept.article.address, "states": states}
    )


def show_provenance(console: Console, kept: KeptArticle, origins: Mapping[int, Provenance]) -> None:
    """Show where the states of an article came from, the newest one first."""
    console.print(f"{escape(kept.article.title)}\n{escape(kept.article.address)}")
    if not origins:
        console.print("It came before this was noted.")
    for version, origin in sorted(origins.items(), reverse=True):
        table = Table(
            *(Column(name, overflow="fold") for name in ("", "")),
            title=f"Version {version}",
            box=SIMPLE_HEAD,
            show_header=False,
        )
        for receipt in origin.receipts:
            for name, value in _lines(receipt):
                table.add_row(name, escape(value))
            table.add_section()
        for field, rule in origin.rules.items():
            table.add_row(escape(field), escape(rule))
        console.print(table)


def _lines(receipt: Receipt) -> list[tuple[str, str]]:
    lines = [("asked", receipt.asked), ("at", f"{receipt.time:%Y-%m-%d %H:%M:%S} UTC")]
    if receipt.address != receipt.asked:
        lines.append(("led to", receipt.address))
    lines += [("status", str(receipt.status)), *receipt.headers.items(), ("sha256", receipt.digest)]
    return [*lines, ("robots.txt", receipt.robots)] if receipt.robots else lines
