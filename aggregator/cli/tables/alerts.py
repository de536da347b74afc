"""Receivers and what they were told, as text and as JSON."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from aggregator.cli.tables.terminal import dump, iso, show_time
from aggregator.model import Change, Event, KeptArticle
from aggregator.settings import Config
from aggregator.store.history.outbox import Standing
from aggregator.text.text import scrub

WIDE = 120
"""Characters of a terminal in which a table of events fits."""


def show_outbox(console: Console, config: Config, standings: Mapping[str, Standing]) -> None:
    """Show a line for each receiver, those that left the configuration included."""
    zone = ZoneInfo(config.site.timezone)
    table = Table(box=None, pad_edge=False)
    for column in ("receiver", "waiting", "told", "last", "trouble"):
        justify: JustifyMethod = "right" if column in ("waiting", "told") else "left"
        table.add_column(column, justify=justify, overflow="fold")
    for name in _names(config, standings):
        one = standings.get(name, Standing(name, 0, 0, None, ""))
        last = show_time(one.last, zone) if one.last else "never"
        table.add_row(name, str(one.waiting), str(one.told), last, Text(scrub(one.error)))
    console.print(table)


def outbox_json(config: Config, standings: Mapping[str, Standing]) -> str:
    """Write the receivers as JSON."""
    found = [standings.get(name, Standing(name, 0, 0, None, "")) for name in _names(config, standings)]
    return dump(
        [
            {
                "receiver": one.receiver,
                "waiting": one.waiting,
                "told": one.told,
                "last": iso(one.last),
                "error": one.error or None,
            }
            for one in found
        ]
    )


def show_events(console: Console, events: Sequence[Event], zone: ZoneInfo) -> None:
    """Show each event: when it came to stand so, whether it is over, and why; in lines where it is narrow."""
    table = Table(box=None, pad_edge=False)
    for column in ("since", "last", "event", "of", "over", "why"):
        table.add_column(column, overflow="fold")
    for one in events:
        over = show_time(one.ended, zone) if one.ended else "no"
        times = show_time(one.opened, zone), show_time(one.updated, zone)
        table.add_row(*times, one.kind, Text(one.subject), over, Text(scrub(one.detail)))
    if console.width >= WIDE:
        console.print(table)
        return
    for one in events:
        over = f", over {show_time(one.ended, zone)}" if one.ended else ""
        since = f"since {show_time(one.opened, zone)}{over}"
        why = f"\n  {one.detail}" if one.detail else ""
        line = f"{show_time(one.updated, zone)}  {one.kind}  {one.subject} ({since}){why}"
        console.print(Text(scrub(line)))


def events_json(events: Sequence[Event]) -> str:
    """Write events as JSON."""
    plain = ("id", "kind", "subject", "detail")
    times = ("since", "opened", "updated", "lasted", "ended")
    return dump(
        [
            {name: getattr(one, name) for name in plain} | {name: iso(getattr(one, name)) for name in times}
            for one in events
        ]
    )


def show_hits(console: Console, config: Config, hits: Sequence[tuple[Change, KeptArticle]]) -> None:
    """Show what a rule would have told, the last one last."""
    zone = ZoneInfo(config.site.timezone)
    for change, kept in hits:
        line = f"{show_time(change.at, zone)}  {change.kind:<9}  {kept.id}  {scrub(kept.article.title)}"
        console.print(Text(line))


def _names(config: Config, standings: Mapping[str, Standing]) -> list[str]:
    return list(dict.fromkeys([*(receiver.name for receiver in config.receivers), *standings]))
