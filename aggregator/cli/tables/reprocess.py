"""What making articles again changes, as tables."""

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from aggregator.model import Article
from aggregator.poll.reprocess import Remade
from aggregator.text.text import plain

FIELDS = ("title", "published", "author", "origin", "summary", "address", "attachments", "content")
MAX_VALUE_LENGTH = 200
"""Characters of a value before and after."""
AROUND = 20
"""Characters of what is the same before the first difference."""


def show_remade(console: Console, batches: Sequence[Remade]) -> None:
    """Show every difference, what is new, and what could not be made again; then how many there are."""
    new = [article for batch in batches for article in batch.outcome.new]
    pairs = [(batch.before.get(one.key), one) for batch in batches for one in batch.outcome.changed]
    unread = [item for batch in batches for item in batch.unread]
    for before, after in pairs:
        columns = (Column(name, overflow="fold") for name in ("field", "before", "after"))
        table = Table(*columns, title=escape(f"{after.title} ({after.address})"), box=SIMPLE_HEAD)
        for field, was, now in _differences(before, after):
            table.add_row(field, escape(was), escape(now))
        console.print(table)
    for article in new:
        console.print(f"new: {escape(article.title)} ({escape(article.address)})")
    for entry, why in unread:
        console.print(f"not made again: {escape(entry.title or entry.key)}: {escape(why)}")
    console.print(f"{len(pairs)} changed, {len(new)} new, {len(unread)} could not be made again")


def _differences(before: Article | None, after: Article) -> Iterator[tuple[str, str, str]]:
    for field in FIELDS:
        was, now = _value(before, field) if before else "", _value(after, field)
        if was != now:
            begin = next((at for at, pair in enumerate(zip(was, now, strict=False)) if pair[0] != pair[1]), 0)
            start = max(begin - AROUND, 0)
            cut = slice(start, start + MAX_VALUE_LENGTH)
            yield field, ("…" if start else "") + was[cut], ("…" if start else "") + now[cut]


def _value(article: Article, field: str) -> str:
    value = getattr(article, field)
    if field == "content":
        return plain(value)
    if field == "attachments":
        return ", ".join(one.address for one in value)
    return str(value)
