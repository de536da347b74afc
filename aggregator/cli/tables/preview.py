"""Previews of a source, as a table and as JSON."""

from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from aggregator.cli.tables.terminal import dump, iso
from aggregator.discover.preview import NOT_FETCHED, Preview, PreviewItem
from aggregator.model import Article
from aggregator.settings import Source
from aggregator.text.excerpt import opening
from aggregator.text.text import plain

FIELDS = ("key", "title", "published", "address", "author", "origin", "summary", "content")
MAX_VALUE_LENGTH = 300
"""Characters of a field in the table of one entry."""
FIRST_WORDS_LENGTH = 60
WIDE = 120
"""Characters of a terminal in which every column fits."""


def preview_json(source: Source, seen: Preview) -> str:
    """Write a preview as JSON: one object an entry, with the rule that gave each field."""
    return dump(
        {
            "source": source.name,
            "entries": [
                _preview_item(item) | {"published_before": item.entry.key in seen.published}
                for item in seen.items
            ],
            "unreadable": [{"key": item.key, "reason": item.message} for item in seen.unreadable],
            "notes": seen.notes,
        }
    )


def show_preview(console: Console, source: Source, seen: Preview, number: int | None = None) -> None:
    """Show a source's entries, then one of them with the rule that gave each field.

    That is the first article, shortened, or the ``number``-th entry, whole.
    """
    show_found(console, source, seen)
    for problem in seen.unreadable:
        console.print(f"[red]unreadable[/] {escape(problem.key)}: {escape(problem.message)}")
    for note in seen.notes:
        console.print(f"[yellow]odd[/] {escape(note)}")
    first = next((index for index, item in enumerate(seen.items, 1) if item.article), 1)
    shown = number or first
    if 1 <= shown <= len(seen.items):
        console.print(
            _rules_table(seen.items[shown - 1], shown, ZoneInfo(source.timezone), whole=number is not None)
        )


def show_found(console: Console, source: Source, seen: Preview) -> None:
    """Show what a source's list gives: date, title, category, address, first words.

    Where there is little room, addresses stand below the titles and categories are left out.
    """
    narrow = console.width < WIDE
    names = ("date", "title") if narrow else ("date", "title", "category", "address")
    table = Table(
        "",
        *(Column(name, overflow="fold") for name in (*names, "first words")),
        title=f"{escape(source.shown_as)}: {len(seen.items)} entries, times in {source.timezone}",
        box=SIMPLE_HEAD,
    )
    for number, item in enumerate(seen.items, 1):
        date, title, category, address, words = map(escape, _row(item, source))
        middle = (f"{title}\n[dim]{address}[/]",) if narrow else (title, category, address)
        table.add_row(str(number), date, *middle, words)
    console.print(table)


def show_filters(console: Console, source: Source, seen: Preview) -> None:
    """Show what a source's rules take and leave, each with the rule, and what is published already."""
    table = Table(
        "",
        *(Column(name, overflow="fold") for name in ("rules", "title", "why", "published")),
        title=f"{escape(source.shown_as)}: what its rules take and leave",
        box=SIMPLE_HEAD,
    )
    for number, item in enumerate(seen.items, 1):
        article = item.article
        words = escape(article.title if article else item.entry.title or "no title")
        held = "yes" if item.entry.key in seen.published else ""
        table.add_row(str(number), _verdict(item), words, escape(item.rule or item.reason), held)
    console.print(table)
    left = [item for item in seen.items if item.rule]
    counts = Counter(_verdict(item) for item in seen.items)
    console.print(", ".join(f"{verdict}: {count}" for verdict, count in sorted(counts.items())))
    if old := sum(item.entry.key in seen.published for item in left):
        console.print(
            f"{old} of what they leave are published and stay; `aggregator remove` takes an article out."
        )


def _verdict(item: PreviewItem) -> str:
    """Say what a source's rules do with an entry."""
    if item.rule:
        return "leave"
    if item.article:
        return "take"
    return "its page decides" if item.reason == NOT_FETCHED else "cannot be read"


def _row(item: PreviewItem, source: Source) -> tuple[str, str, str, str, str]:
    entry, article = item.entry, item.article
    if article is None:
        text = item.reason or plain(entry.summary or entry.content or "")
        return entry.published, entry.title or "no title", "", entry.address, text
    dated = f"no date: {entry.published}" if entry.published else "no date"
    return (
        _stated(article, ZoneInfo(source.timezone)) if article.dated else dated,
        article.title,
        ", ".join(label.category for label in article.labels),
        article.address,
        item.reason or opening(article.content, FIRST_WORDS_LENGTH),
    )


def _stated(article: Article, zone: ZoneInfo) -> str:
    """Write when an article was published: the time with its zone, or the day where no time is stated."""
    return str(article.day or article.published.astimezone(zone).isoformat(" ", "seconds"))


def _rules_table(item: PreviewItem, number: int, zone: ZoneInfo, *, whole: bool) -> Table:
    table = Table(
        "field",
        *(Column(name, overflow="fold") for name in ("value", "given by")),
        title=f"Entry {number}, field by field",
        box=SIMPLE_HEAD,
    )
    for field in FIELDS:
        value = _value(item, field, zone)
        if value or field in item.entry.rules:
            shown = value if whole else value[:MAX_VALUE_LENGTH]
            table.add_row(field, escape(shown), escape(_rule(item, field)))
    for one in item.article.fields if item.article else ():
        table.add_row(f"{one.name} ({one.type})", escape(", ".join(one.values)), escape(one.rule))
    for part in item.article.attachments if item.article else ():
        table.add_row("attachment", escape(part.title), escape(part.address))
    return table


def _value(item: PreviewItem, field: str, zone: ZoneInfo) -> str:
    if item.article is None:
        return str(getattr(item.entry, field) or "").replace("\n", ", " if field == "author" else "\n")
    if field == "published":
        return _stated(item.article, zone)
    if field == "content":
        return plain(item.article.content)
    return str(getattr(item.article, "byline" if field == "author" else field))


def _rule(item: PreviewItem, field: str) -> str:
    if field == "content" and item.article and not item.article.complete:
        return "the summary stands in, since the article's own text is empty"
    if field == "published" and item.article and not item.article.dated:
        written = item.entry.published
        if item.article.future:
            return f"the time first seen, since {written!r} lies in the future"
        reason = f"{written!r} is no date" if written else "there is no date"
        return f"the time first seen, since {reason}"
    return item.entry.rules.get(field, "")


def _preview_item(item: PreviewItem) -> dict[str, Any]:
    entry, article = item.entry, item.article
    shown: dict[str, Any] = {
        "key": entry.key,
        "title": entry.title,
        "address": entry.address,
        "published": None,
        "published_as_said": entry.published,
        "author": entry.author.replace("\n", ", "),
        "origin": entry.origin,
        "categories": [],
        "tags": [],
        "summary": entry.summary,
        "content": entry.content,
        "future": None,
        "attachments": [],
        "fields": {},
        "complete": False,
        "reason": item.reason,
        "left_out_by": item.rule,
        "rules": {field: rule for field in FIELDS if (rule := _rule(item, field))},
        "notes": entry.notes,
    }
    if article is None:
        return shown
    return shown | {
        "title": article.title,
        "address": article.address,
        "published": (article.day or article.published).isoformat() if article.dated else None,
        "categories": [label.category for label in article.labels],
        "tags": [label.tag or label.category for label in article.labels],
        "content": article.content,
        "future": iso(article.future),
        "attachments": [part.address for part in article.attachments],
        "fields": article.facts,
        "rules": shown["rules"] | {f"fields.{one.name}": one.rule for one in article.fields},
        "complete": article.complete,
    }
