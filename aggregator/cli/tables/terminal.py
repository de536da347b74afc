"""The terminal: consoles, and how times and JSON are written."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from aggregator.text.text import scrub, tame, tame_json

UNITS = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}
"""Seconds of the units in which spans are written, the largest one that fits twice."""
ENDLESS = 10_000
"""Columns of what is no terminal."""


class _Console(Console):
    """Makes control characters in foreign text visible, so that it does not steer the terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(tame(text), style)


def console() -> Console:
    """Make a console for results on stdout."""
    # Without a terminal the text goes to a program or a file, where nothing is to be folded or cut.
    narrow = sys.stdout.isatty() or "COLUMNS" in os.environ
    return _Console(width=None if narrow else ENDLESS, highlight=False, emoji=False)


def error_console() -> Console:
    """Make a console for progress on stderr."""
    return _Console(stderr=True)


def show_time(moment: datetime, zone: ZoneInfo) -> str:
    """Write a moment as people of a zone read it, to the second."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def show_time_from(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Write a moment, and how far it is from now: ``2026-03-05 10:20:30 (in 5 minutes)``."""
    seconds = (moment - now).total_seconds()
    unit = next((one for one, size in UNITS.items() if abs(seconds) >= 2 * size), "second")
    count = round(abs(seconds) / UNITS[unit])
    span = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{show_time(moment, zone)} ({f'in {span}' if seconds > 0 else f'{span} ago'})"


def short_time(moment: datetime, zone: ZoneInfo) -> str:
    """Write a moment without its year, to the minute."""
    return f"{moment.astimezone(zone):%m-%d %H:%M}"


def iso(moment: datetime | None) -> str | None:
    """Write a moment for programs (ISO 8601)."""
    return moment.isoformat() if moment else None


def dump(value: object) -> str:
    """Write a value as JSON that UTF-8 can carry and that steers no terminal."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return scrub(tame_json(text))
