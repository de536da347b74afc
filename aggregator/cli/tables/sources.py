"""The state of the sources, as a table and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
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
from aggregator.decide.explanation import Explanation, explain
from aggregator.model import PollState
from aggregator.settings import Config, Source
from aggregator.store import MirrorState, SourceOverview

COLUMNS = ("kind", "status", "articles", "owed", "left out", "last visit", "next visit")
DISPENSABLE = ("left out", "kind", "last visit", "owed", "articles")
"""Columns that go where the terminal is narrow, the first ones first."""
COLOURS = {"good": "green", "waiting": "dim", "doubtful": "yellow", "bad": "red"}
MOODS = tuple(COLOURS)
"""From the best one to the worst."""
DAY = timedelta(days=1)
Cell = tuple[str, str]
"""A text and its style."""
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


@dataclass(frozen=True, slots=True)
class Row:
    """A configured source, how it does, and that in words."""

    source: Source
    item: SourceOverview
    told: Explanation


def rows_of(config: Config, known: Sequence[SourceOverview], now: datetime) -> list[Row]:
    """Give a row for each configured source; one that was never polled is due ``now``."""
    by_name = {item.state.name: item for item in known}
    rows = []
    for source in config.sources:
        new = SourceOverview(PollState(source.name, now), articles=0, leased=False, owed=())
        item = by_name.get(source.name, new)
        told = explain(source, item.state, now, owed=item.owed, leased=item.leased)
        rows.append(Row(source, item, told))
    return rows


def select_rows(rows: Sequence[Row], words: Sequence[str], *, failing: bool = False) -> list[Row]:
    """Give the rows with every word in name, label, kind, category or state; of those in trouble alone."""
    chosen = []
    for row in rows:
        source = row.source
        said = (
            source.name,
            source.label,
            source.kind,
            source.category,
            row.item.state.status,
            row.told.state,
        )
        text = "\n".join(said).casefold()
        in_trouble = row.told.mood in ("doubtful", "bad")
        if (in_trouble or not failing) and all(word.casefold() in text for word in words):
            chosen.append(row)
    return chosen


def trouble_first(rows: Sequence[Row]) -> list[Row]:
    """Put the sources that fail in front, then those that somebody should look at."""
    return sorted(rows, key=lambda row: MOODS.index(row.told.mood), reverse=True)


def sources_json(rows: Sequence[Row], extras: Extras) -> str:
    """Write the state of the sources as JSON: one object a source, with what it owes."""
    return dump([_source_item(row, extras) for row in rows])


def show_sources(console: Console, config: Config, rows: Sequence[Row], extras: Extras) -> None:
    """Show the state of the sources, and beneath the table what failed, waits or is owed."""
    zone = ZoneInfo(config.site.timezone)
    _show_table(console, [_cells(row, zone) for row in rows])
    for line in _beside({row.source.name: row.source for row in rows}, extras):
        console.print(line)
    for row in rows:
        for line in (*_troubles(row, zone), *_debts(row.item, zone)):
            console.print(line)


def _show_table(console: Console, rows: Sequence[Mapping[str, Cell]]) -> None:
    """Print rows below a head; long names are folded. A table of Rich's takes a millisecond for each row."""
    head: dict[str, Cell] = {name: (name, "bold") for name in ("source", *COLUMNS)} | {"label": ("", "")}
    widths = {name: max(cell_len(row[name][0]) for row in (head, *rows)) for name in head}
    columns = _fitting(widths, console.width - MIN_NAME_WIDTH - 2 * len(MARGIN))
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


def _fitting(widths: Mapping[str, int], room: int) -> list[str]:
    """Give the columns for which there is room; the least important ones go first."""
    columns = list(COLUMNS)
    for name in DISPENSABLE:
        if sum(len(GAP) + widths[one] for one in columns) > room:
            columns.remove(name)
    return columns


def _fold(console: Console, text: str, width: int) -> Sequence[str]:
    """Part a text into lines; most are short, and Rich takes long to find that out."""
    if cell_len(text) <= width and text.isprintable():
        return [text] if text else []
    return [line.plain for line in Text(text).wrap(console, width, overflow="fold")]


def _cells(row: Row, zone: ZoneInfo) -> dict[str, Cell]:
    """Give a source's cells by ``COLUMNS``, with its name as "source" and its "label"."""
    item, state, told = row.item, row.item.state, row.told
    status = "polling" if item.leased else "paused" if state.paused else state.status
    return {
        "source": (state.name, ""),
        "label": (row.source.label, "dim"),
        "kind": (row.source.kind, ""),
        "status": (status, "" if item.leased else COLOURS[told.mood]),
        "articles": (str(item.articles), ""),
        "owed": (str(len(item.owed) or ""), ""),
        "left out": (str(item.filtered or ""), ""),
        "last visit": (short_time(state.polled, zone) if state.polled else "never", ""),
        "next visit": (short_time(told.due, zone) if told.due else "never", ""),
    }


def _beside(sources: Mapping[str, Source], extras: Extras) -> Iterator[str]:
    """Say what each source mirrors, whether its hub pushes, and what came before its rules.

    How often its articles are looked at is said of one source alone, and of those whose bound is too low.
    """
    for name, mirrored in extras.mirrored.items():
        if (source := sources.get(name)) and source.mirror:
            yield f"{escape(name)} mirrors {_files_of(mirrored)}"
    for name, steps in extras.revisits.items():
        if (source := sources.get(name)) and source.revisit:
            looks, most = _looks_per_day(source, steps), source.revisits_per_day
            if looks <= most and len(sources) > 1:
                continue
            bound = f"revisits_per_day, of the {looks:,.0f} due" if looks > most else f"at most {most}"
            yield f"{escape(name)} looks at articles again {min(looks, most):,.0f} times a day ({bound})"
    words = {"active": "is pushed by its hub", "denied": "is refused by its hub"}
    for name, status in extras.pushed.items():
        if status in words and name in sources:
            yield f"{escape(name)} {words[status]}"
    for name, count in extras.published.items():
        if count:
            yield f"{escape(name)}: {count} of what its rules leave out came before them, and is published"


def _files_of(mirrored: MirrorState) -> str:
    missing = f", {mirrored.refused} not to be had" if mirrored.refused else ""
    waiting = f", {mirrored.waiting} waiting" if mirrored.waiting else ""
    return f"{mirrored.kept} files ({mirrored.size / 1024**2:.1f} MB){waiting}{missing}"


def _looks_per_day(source: Source, steps: Mapping[int, int]) -> float:
    """Say how many looks a day a schedule means; ``steps`` counts articles by the waits that are over."""
    waits = source.revisit or ()
    return (
        sum(count * (DAY / waits[min(step, len(waits) - 1)]) for step, count in steps.items()) if waits else 0
    )


def _troubles(row: Row, zone: ZoneInfo) -> Iterator[str]:
    """Say what stands in a source's way, and what to do about it."""
    name, state, told = escape(row.source.name), row.item.state, row.told
    if told.obstacle:
        times = f" ({state.failures} times in a row)" if state.failures > 1 else ""
        yield f"[{COLOURS[told.mood]}]{name}[/] {told.state}: {escape(told.obstacle)}{times}"
    if state.wait_until:
        yield f"{name}: asked us to wait until {show_time(state.wait_until, zone)}"
    if state.moved and state.moved_since:
        yield f"{name}: moved to {escape(state.moved)} (since {show_time(state.moved_since, zone)})"
    if state.paused:
        yield f"[{COLOURS[told.mood]}]{name}[/] {told.state} (since {show_time(state.paused, zone)})"
    if told.mend:
        yield f"  → {escape(told.mend)}"


def _debts(item: SourceOverview, zone: ZoneInfo) -> Iterator[str]:
    """Say what a source owes, and when it is tried again."""
    for debt in item.owed:
        again = f"again {show_time(debt.retry_at, zone)}"
        when = "waits for its list" if debt.reason == "incomplete" else again
        what = escape(f"{debt.key}: {debt.message}")
        yield f"[yellow]{escape(item.state.name)}[/] {debt.reason}: {what} ({when})"


def _source_item(row: Row, extras: Extras) -> dict[str, Any]:
    source, item, state = row.source, row.item, row.item.state
    plain = ("key", "reason", "message", "attempts")
    owed = [
        {name: getattr(debt, name) for name in plain} | {"retry_at": iso(debt.retry_at)} for debt in item.owed
    ]
    return {
        "name": state.name,
        "label": source.shown_as,
        "kind": source.kind,
        "url": source.url,
        "status": state.status,
        "state": row.told.state,
        "error": state.error,
        "failures": state.failures,
        "articles": item.articles,
        "polled": iso(state.polled),
        "succeeded": iso(state.succeeded),
        "due": iso(row.told.due),
        "why": row.told.why,
        "mend": row.told.mend or None,
        "wait_until": iso(state.wait_until),
        "moved": state.moved or None,
        "moved_since": iso(state.moved_since),
        "paused": iso(state.paused),
        "robots": state.robots or None,
        "filtered": item.filtered,
        "filtered_published": extras.published.get(state.name, 0),
        "push": extras.pushed.get(state.name),
        "mirrored": asdict(extras.mirrored[state.name]) if state.name in extras.mirrored else None,
        "revisits_per_day": round(_looks_per_day(source, extras.revisits.get(source.name, {})), 1),
        "owed": owed,
    }
