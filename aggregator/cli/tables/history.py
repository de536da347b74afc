"""What happened to a source: its visits, its events, its articles, as lines and as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from aggregator.cli.tables.terminal import dump, show_time
from aggregator.model import Change, Event, PollRecord, PollState

COLOURS = {
    **{"ok": "green", "event": "yellow", "changed": "yellow", "withdrawn": "red", "missing": "magenta"},
    **{"back": "green", "new": "dim", "unsteady": "dim"},
}
"""Of what happened, and of the state after a visit; other states are failures."""


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened."""

    at: datetime
    what: str
    """The state after a visit, ``event``, or what happened to an article."""
    said: str


def lines_of(
    state: PollState | None,
    records: Sequence[PollRecord],
    events: Sequence[Event],
    changes: Sequence[Change],
    zone: ZoneInfo,
) -> list[Line]:
    """Put together what happened to a source, the last of it last; before its first poll it has no state."""
    lines = [
        *(line for one in records for line in _visits(one)),
        *(_repeats(state.repeats, state.polled) if state else ()),
        *(Line(one.updated, "event", _event(one, zone)) for one in events),
        *(Line(one.at, one.kind, f"{one.id} {one.title}") for one in changes),
    ]
    return sorted(lines, key=lambda line: line.at)


def lines_json(lines: Sequence[Line]) -> str:
    """Write what happened as JSON, the last of it last."""
    return dump([asdict(line) | {"at": line.at.isoformat()} for line in lines])


def show_lines(console: Console, lines: Sequence[Line], zone: ZoneInfo) -> None:
    """Show a line for each that happened."""
    for line in lines:
        colour = COLOURS.get(line.what, "red")
        text = Text.assemble(f"{show_time(line.at, zone)}  ", (f"{line.what:<10}", colour), f"  {line.said}")
        console.print(text)


def _visits(record: PollRecord) -> Iterator[Line]:
    """Say what a visit saw and took, and before it, that some went as the one before them."""
    yield from _repeats(record.repeats, record.until)
    parts = [
        {"push": "its hub brought", "looks": "looks at articles"}.get(record.kind, "visit"),
        f"answered {record.answered}" if record.answered else "",
        f"{max(1, round(record.size / 1024))} KB" if record.size else "",
        f"{record.listed} {'looked at' if record.kind == 'looks' else 'listed'}" if record.listed else "",
        *(f"{count} {what}" for what, count in _found(record) if count),
        f"{record.took / 1000:.1f} s",
    ]
    error = f": {record.error}" if record.error else ""
    yield Line(record.at, record.status, ", ".join(filter(None, parts)) + error)


def _repeats(count: int, until: datetime | None) -> Iterator[Line]:
    """Say that visits went as the one before them."""
    if count and until:
        times = f"{count} visits" if count > 1 else "one visit"
        yield Line(until, "as before", f"{times} like the one before, the last of them now")


def _found(record: PollRecord) -> Iterator[tuple[str, int]]:
    yield from (("new", record.new), ("changed", record.changed), ("owed", record.owed))


def _event(event: Event, zone: ZoneInfo) -> str:
    over = f", over {show_time(event.ended, zone)}" if event.ended else ""
    why = f": {event.detail}" if event.detail else ""
    return f"{event.kind} (since {show_time(event.since, zone)}{over}){why}"
