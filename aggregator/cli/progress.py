"""Progress on stderr, where that is a terminal, of whatever takes more than a second."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

DELAY = 1.0  # seconds; what is over before needs no bar, nor the time to load one


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show progress (done, in all, if that is known); without a word of it, that something goes on."""
    with _bar(what) as bar:
        yield lambda done, total: bar.update(what, done, total)


@contextmanager
def walking_bar(name: str) -> Iterator[Callable[[int, int, int], None]]:
    """Show progress of a backfill (page, articles read, articles on the page)."""
    with _bar(name) as bar:
        yield lambda page, done, total: bar.update(f"{name}, page {page}", done, total)


@contextmanager
def _bar(what: str) -> Iterator[_Bar]:
    bar = _Bar(what)
    if sys.stderr.isatty():
        bar.timer.start()
    try:
        yield bar
    finally:
        bar.close()


class _Bar:
    """A bar that appears when its timer is over, with what it was told until then."""

    def __init__(self, what: str) -> None:
        self.timer = Timer(DELAY, self._appear)
        self.timer.daemon = True
        self._told: tuple[str, int, int | None] = (what, 0, None)
        self._shown: Progress | None = None

    def update(self, what: str, done: int, total: int | None) -> None:
        """Tell how far it is."""
        self._told = (what, done, total)
        if bar := self._shown:
            bar.update(bar.task_ids[0], description=what, completed=done, total=total)

    def close(self) -> None:
        """Take it away."""
        self.timer.cancel()
        if self.timer.ident:
            self.timer.join()
        if self._shown:
            self._shown.stop()

    def _appear(self) -> None:
        from rich.progress import Progress

        from aggregator.cli.tables.terminal import error_console

        # What is printed meanwhile stands above the bar; in a pipe it stays where it is.
        bar = Progress(console=error_console(), transient=True, redirect_stdout=sys.stdout.isatty())
        what, done, total = self._told
        bar.add_task(what, completed=done, total=total)
        bar.start()
        self._shown = bar
