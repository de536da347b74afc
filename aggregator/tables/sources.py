"""How the sources do, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from aggregator.model import PollState
from aggregator.settings import Config
from aggregator.store import SourceOverview
from aggregator.tables.terminal import dump, iso, short_time, show_time


def overview_of(config: Config, known: Sequence[SourceOverview], now: datetime) -> list[SourceOverview]:
    """Give how each configured source does; one that was never polled is due ``now``."""
    by_name = {item.state.name: item for item in known}
    new = SourceOverview(PollState("", now), articles=0, leased=False, owed=())
    return [
        by_name.get(source.name) or replace(new, state=replace(new.state, name=source.name))
        for source in config.sources
    ]


def sources_json(config: Config, overview: Sequence[SourceOverview]) -> str:
    """Write how the sources do as JSON: one object a source, what it owes included."""
    return dump([_source_item(config, item) for item in overview])


def show_sources(console: Console, config: Config, overview: Sequence[SourceOverview]) -> None:
    """Show how the sources do, and beneath the table what failed, waits or is owed."""
    table = Table(
        Column("source", overflow="fold"),
        *(Column(name, no_wrap=True) for name in ("kind", "status", "articles", "owed", "left out")),
        *(Column(name, no_wrap=True) for name in ("last visit", "next visit")),
        box=SIMPLE_HEAD,
    )
    zone = ZoneInfo(config.site.timezone)
    for item in overview:
        state = item.state
        source = config.source(state.name)
        colour = {"ok": "green", "new": "dim"}.get(state.status, "red" if state.failures else "yellow")
        table.add_row(
            escape(state.name),
            source.kind if source else "",
            "polling" if item.leased else f"[{colour}]{state.status}[/]",
            str(item.articles),
            str(len(item.owed) or ""),
            str(item.filtered or ""),
            short_time(state.polled, zone) if state.polled else "never",
            short_time(state.due, zone),
        )
    console.print(table)
    for item in overview:
        state = item.state
        if state.error:
            times = f" ({state.failures} in a row)" if state.failures else ""
            console.print(f"[red]{escape(state.name)}[/] {state.status}: {escape(state.error)}{times}")
        if state.wait_until:
            console.print(f"{escape(state.name)}: asked us to wait until {show_time(state.wait_until, zone)}")
        for debt in item.owed:
            when = (
                f"again {show_time(debt.retry_at, zone)}"
                if debt.reason != "incomplete"
                else "waits for its list"
            )
            what = escape(f"{debt.key}: {debt.message}")
            console.print(f"[yellow]{escape(state.name)}[/] {debt.reason}: {what} ({when})")


def _source_item(config: Config, item: SourceOverview) -> dict[str, Any]:
    state = item.state
    source = config.source(state.name)
    return {
        "name": state.name,
        "kind": source.kind if source else None,
        "url": source.url if source else None,
        "status": state.status,
        "error": state.error,
        "failures": state.failures,
        "articles": item.articles,
        "polled": iso(state.polled),
        "succeeded": iso(state.succeeded),
        "due": iso(state.due),
        "wait_until": iso(state.wait_until),
        "filtered": item.filtered,
        "owed": [
            {
                "key": debt.key,
                "reason": debt.reason,
                "message": debt.message,
                "attempts": debt.attempts,
                "retry_at": iso(debt.retry_at),
            }
            for debt in item.owed
        ],
    }
