"""The state of the sources, as a table and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.segment import Segment, Segments
from rich.text import Text

from aggregator.cli.tables.terminal import dump, iso, short_time, show_time
from aggregator.model import STOPPED, PollState
from aggregator.settings import Config, Source
from aggregator.store import MirrorState, SourceOverview

COLUMNS = ("kind", "status", "articles", "owed", "left out", "last visit", "next visit")
DAY = timedelta(days=1)
Cell = tuple[str, str]
"""A text and its style."""
WIDE = 100
"""Characters of a terminal in which every column fits."""
MIN_NAME_WIDTH = 20
MARGIN, GAP = "  ", "   "


@dataclass(frozen=True, slots=True)
class Extras:
    """What is shown of sources beside their visits, by source name."""

    mirrored: Mapping[str, MirrorState]
    pushed: Mapping[str, str]
    """The status of the subscription with their hub."""
    published: Mapping[str, int]
    """How many of the entries that its rules leave out are published, since they came before the rules."""
    revisits: Mapping[str, Mapping[int, int]]
    """How many of its articles wait in each step of the schedule by which they are looked at again."""


def overview_of(config: Config, known: Sequence[SourceOverview], now: datetime) -> list[SourceOverview]:
    """Give the state of each configured source; one that was never polled is due ``now``."""
    by_name = {item.state.name: item for item in known}
    new = SourceOverview(PollState("", now), articles=0, leased=False, owed=())
    return [
        by_name.get(source.name) or replace(new, state=replace(new.state, name=source.name))
        for source in config.sources
    ]


def sources_json(config: Config, overview: Sequence[SourceOverview], extras: Extras) -> str:
    """Write the state of the sources as JSON: one object a source, with what it owes."""
    return dump([_source_item(config, item, extras) for item in overview])


def show_sources(
    console: Console, config: Config, overview: Sequence[SourceOverview], extras: Extras
) -> None:
    """Show the state of the sources, and beneath the table what failed, waits or is owed."""
    columns = [name for name in COLUMNS if console.width >= WIDE or name not in ("kind", "left out")]
    zone = ZoneInfo(config.site.timezone)
    rows = [_cells(item, config.source(item.state.name), zone) for item in overview]
    _show_table(console, columns, rows)
    for line in _beside(config, extras):
        console.print(line)
    for item in overview:
        for line in (*_troubles(item.state, zone), *_debts(item, zone)):
            console.print(line)


def _show_table(console: Console, columns: Sequence[str], rows: Sequence[Mapping[str, Cell]]) -> None:
    """Print rows below a head; long names are folded. A table of Rich's takes a millisecond for each row."""
    head: dict[str, Cell] = {name: (name, "bold") for name in ("source", *columns)} | {"label": ("", "")}
    widths = {name: max(cell_len(row[name][0]) for row in (head, *rows)) for name in head}
    others = sum(len(GAP) + widths[name] for name in columns)
    longest = max(widths["source"], widths["label"])
    first = max(MIN_NAME_WIDTH, min(longest, console.width - others - 2 * len(MARGIN)))
    table: list[Cell] = [("\n", "")]
    for row in (head, *rows):
        cells = [row[name] for name in ("source", "label")]
        (line, style), *further = [
            (one, style) for text, style in cells for one in _fold(console, text, first)
        ]
        table.append((MARGIN + line, style))
        end = first - cell_len(line)
        for name in columns:
            text, style = row[name]
            table += [(" " * end + GAP, ""), (text, style)]
            end = widths[name] - cell_len(text)
        table += [(f"\n{MARGIN}{line}", style) for line, style in further]
        rule = f"\n {'─' * (first + others + len(MARGIN))}" if row is head else ""
        table.append((f"{rule}\n", ""))
    # Every piece that is printed takes time, so neighbours of one style are one.
    pieces = [("".join(text for text, _ in some), style) for style, some in groupby(table, itemgetter(1))]
    console.print(Segments(Segment(text, console.get_style(style)) for text, style in pieces), soft_wrap=True)
    console.print()


def _fold(console: Console, text: str, width: int) -> Sequence[str]:
    """Part a text into lines; most are short, and Rich takes long to find that out."""
    if cell_len(text) <= width and text.isprintable():
        return [text] if text else []
    return [line.plain for line in Text(text).wrap(console, width, overflow="fold")]


def _cells(item: SourceOverview, source: Source | None, zone: ZoneInfo) -> dict[str, Cell]:
    """Give a source's row by ``COLUMNS``, with its name as "source" and its "label"."""
    state = item.state
    return {
        "source": (state.name, ""),
        "label": (source.label if source else "", "dim"),
        "kind": (source.kind if source else "", ""),
        "status": _status(item),
        "articles": (str(item.articles), ""),
        "owed": (str(len(item.owed) or ""), ""),
        "left out": (str(item.filtered or ""), ""),
        "last visit": (short_time(state.polled, zone) if state.polled else "never", ""),
        "next visit": ("never" if state.due >= STOPPED or state.paused else short_time(state.due, zone), ""),
    }


def _status(item: SourceOverview) -> Cell:
    state = item.state
    if item.leased or state.paused:
        return ("polling", "") if item.leased else ("paused", "yellow")
    colour = {"ok": "green", "new": "dim"}.get(state.status, "red" if state.failures else "yellow")
    return state.status, colour


def _beside(config: Config, extras: Extras) -> Iterator[str]:
    """Say what each source mirrors, whether its hub pushes, and what came before its rules."""
    for name, mirrored in extras.mirrored.items():
        if (source := config.source(name)) and source.mirror:
            missing = f", {mirrored.refused} not to be had" if mirrored.refused else ""
            waiting = f", {mirrored.waiting} waiting" if mirrored.waiting else ""
            size = f"{mirrored.size / 1024**2:.1f} MB"
            yield f"{escape(name)} mirrors {mirrored.kept} files ({size}){waiting}{missing}"
    for name, steps in extras.revisits.items():
        if (source := config.source(name)) and source.revisit:
            looks, most = _looks_per_day(source, steps), source.revisits_per_day
            bound = f"revisits_per_day, of the {looks:,.0f} due" if looks > most else f"at most {most}"
            yield f"{escape(name)} looks at articles again {min(looks, most):,.0f} times a day ({bound})"
    words = {"active": "is pushed by its hub", "denied": "is refused by its hub"}
    for name, status in extras.pushed.items():
        if status in words and config.source(name):
            yield f"{escape(name)} {words[status]}"
    for name, count in extras.published.items():
        if count:
            yield f"{escape(name)}: {count} of what its rules leave out came before them, and is published"


def _looks_per_day(source: Source, steps: Mapping[int, int]) -> float:
    """Say how many looks a day a schedule means; ``steps`` counts articles by the waits that are over."""
    waits = source.revisit or ()
    return (
        sum(count * (DAY / waits[min(step, len(waits) - 1)]) for step, count in steps.items()) if waits else 0
    )


def _troubles(state: PollState, zone: ZoneInfo) -> Iterator[str]:
    """Say what stands in a source's way."""
    name = escape(state.name)
    if state.error:
        times = f" ({state.failures} in a row)" if state.failures else ""
        yield f"[red]{name}[/] {state.status}: {escape(state.error)}{times}"
    if state.wait_until:
        yield f"{name}: asked us to wait until {show_time(state.wait_until, zone)}"
    if state.moved and state.moved_since:
        yield f"{name}: moved to {escape(state.moved)} (since {show_time(state.moved_since, zone)})"


def _debts(item: SourceOverview, zone: ZoneInfo) -> Iterator[str]:
    """Say what a source owes, and when it is tried again."""
    for debt in item.owed:
        again = f"again {show_time(debt.retry_at, zone)}"
        when = "waits for its list" if debt.reason == "incomplete" else again
        what = escape(f"{debt.key}: {debt.message}")
        yield f"[yellow]{escape(item.state.name)}[/] {debt.reason}: {what} ({when})"


def _source_item(config: Config, item: SourceOverview, extras: Extras) -> dict[str, Any]:
    state = item.state
    source = config.source(state.name)
    plain = ("key", "reason", "message", "attempts")
    owed = [
        {name: getattr(debt, name) for name in plain} | {"retry_at": iso(debt.retry_at)} for debt in item.owed
    ]
    return {
        "name": state.name,
        "label": source.shown_as if source else state.name,
        "kind": source.kind if source else None,
        "url": source.url if source else None,
        "status": state.status,
        "error": state.error,
        "failures": state.failures,
        "articles": item.articles,
        "polled": iso(state.polled),
        "succeeded": iso(state.succeeded),
        "due": None if state.due >= STOPPED else iso(state.due),
        "wait_until": iso(state.wait_until),
        "moved": state.moved or None,
        "moved_since": iso(state.moved_since),
        "paused": iso(state.paused),
        "robots": state.robots or None,
        "filtered": item.filtered,
        "filtered_published": extras.published.get(state.name, 0),
        "push": extras.pushed.get(state.name),
        "mirrored": asdict(extras.mirrored[state.name]) if state.name in extras.mirrored else None,
        "revisits_per_day": round(_looks_per_day(source, extras.revisits.get(state.name, {})), 1)
        if source
        else 0,
        "owed": owed,
    }
