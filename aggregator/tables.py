"""What the commands show: results as tables for people and as JSON for programs, and progress."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Column, Table

from aggregator.content.text import plain, scrub
from aggregator.model import PollState, Unreadable
from aggregator.preview import Previewed
from aggregator.settings import Config, Source
from aggregator.store import SourceOverview

FIELDS = ("key", "title", "published", "address", "author", "origin", "summary", "content")
TEXT_SHOWN = 300


def console() -> Console:
    """Make a console for results on stdout."""
    # Without a terminal a table is for another program or a file, which is wider than 80 characters.
    narrow = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=None if narrow else 160, highlight=False, soft_wrap=False)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show how far long work is (done, in all) on a terminal's stderr, and nothing elsewhere."""
    stderr = Console(stderr=True)
    with Progress(console=stderr, transient=True, disable=not stderr.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def preview_json(source: Source, items: Sequence[Previewed], unreadable: Sequence[Unreadable]) -> str:
    """Write a preview as JSON: one object an entry, with the rule that gave each field."""
    return _dump(
        {
            "source": source.name,
            "entries": [_preview_item(item) for item in items],
            "unreadable": [{"key": item.key, "reason": item.message} for item in unreadable],
        }
    )


def show_preview(
    console: Console, source: Source, items: Sequence[Previewed], unreadable: Sequence[Unreadable]
) -> None:
    """Show a source's entries, then one of them whole with the rule that gave each field."""
    table = Table(
        *(Column(name, overflow="fold") for name in ("date", "title", "category", "address")),
        title=f"{source.name}: {len(items)} entries",
        box=SIMPLE_HEAD,
    )
    zone = ZoneInfo(source.timezone)
    for item in items:
        if item.article:
            labels = ", ".join(label.category for label in item.article.labels)
            said = f"no date: {item.entry.published}" if item.entry.published else "no date"
            when = _time(item.article.published, zone) if item.article.dated else escape(said)
            table.add_row(when, escape(item.article.title), escape(labels), escape(item.article.address))
        else:
            title = escape(item.entry.title or "no title")
            table.add_row(
                item.entry.published, title, f"[yellow]{escape(item.reason)}[/]", escape(item.entry.address)
            )
    console.print(table)
    for problem in unreadable:
        console.print(f"[red]unreadable[/] {escape(problem.key)}: {escape(problem.message)}")
    shown = next((item for item in items if item.article), items[0] if items else None)
    if shown:
        console.print(_rules_table(shown))


def _rules_table(item: Previewed) -> Table:
    table = Table(
        "field",
        *(Column(name, overflow="fold") for name in ("value", "given by")),
        title="The first entry, field by field",
        box=SIMPLE_HEAD,
    )
    for field in FIELDS:
        value = str(_value(item, field))
        if value or field in item.entry.rules:
            table.add_row(field, escape(value[:TEXT_SHOWN]), escape(_rule(item, field)))
    return table


def _value(item: Previewed, field: str) -> str:
    if item.article is None:
        return str(getattr(item.entry, field) or "")
    if field == "published":
        return item.article.published.isoformat()
    return plain(item.article.content) if field == "content" else str(getattr(item.article, field))


def _rule(item: Previewed, field: str) -> str:
    if field == "content" and item.article and not item.article.complete:
        return "the summary stands in, since the article's own text is empty"
    if field == "published" and item.article and not item.article.dated:
        said = item.entry.published
        return f"the time first seen, since {f'{said!r} is no date' if said else 'there is no date'}"
    return item.entry.rules.get(field, "")


def _preview_item(item: Previewed) -> dict[str, Any]:
    entry, article = item.entry, item.article
    return {
        "key": entry.key,
        "title": article.title if article else entry.title,
        "address": article.address if article else entry.address,
        "published": article.published.isoformat() if article and article.dated else None,
        "published_as_said": entry.published,
        "author": entry.author,
        "origin": entry.origin,
        "categories": [label.category for label in article.labels] if article else [],
        "tags": [label.tag or label.category for label in article.labels] if article else [],
        "summary": entry.summary,
        "content": article.content if article else entry.content,
        "attachments": [part.address for part in article.attachments] if article else [],
        "complete": article.complete if article else False,
        "reason": item.reason,
        "rules": {field: rule for field in FIELDS if (rule := _rule(item, field))},
    }


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
    return _dump([_source_item(config, item) for item in overview])


def show_sources(console: Console, config: Config, overview: Sequence[SourceOverview]) -> None:
    """Show how the sources do, and beneath the table what failed, waits or is owed."""
    table = Table("source", "kind", "status", "articles", "owed", "last visit", "next visit", box=SIMPLE_HEAD)
    zone = ZoneInfo(config.site.timezone)
    for item in overview:
        state = item.state
        source = config.source(state.name)
        colour = {"ok": "green", "new": "dim"}.get(state.status, "red")
        table.add_row(
            escape(state.name),
            source.kind if source else "",
            "polling" if item.leased else f"[{colour}]{state.status}[/]",
            str(item.articles),
            str(len(item.owed) or ""),
            _time(state.polled, zone) if state.polled else "never",
            _time(state.due, zone),
        )
    console.print(table)
    for item in overview:
        state = item.state
        if state.error:
            console.print(f"[red]{escape(state.name)}[/]: {escape(state.error)} ({state.failures} in a row)")
        if state.wait_until:
            console.print(f"{escape(state.name)}: asked us to wait until {_time(state.wait_until, zone)}")
        for debt in item.owed:
            when = (
                f"again {_time(debt.retry_at, zone)}" if debt.reason != "incomplete" else "waits for its list"
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
        "filtered": item.filtered,
        "polled": _iso(state.polled),
        "succeeded": _iso(state.succeeded),
        "due": _iso(state.due),
        "wait_until": _iso(state.wait_until),
        "owed": [
            {
                "key": debt.key,
                "reason": debt.reason,
                "message": debt.message,
                "attempts": debt.attempts,
                "retry_at": _iso(debt.retry_at),
            }
            for debt in item.owed
        ],
    }


def _time(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _dump(value: object) -> str:
    return scrub(json.dumps(value, ensure_ascii=False, indent=2))
