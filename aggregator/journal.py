"""What the program says while it works: to stderr, for a person at a terminal or for journald."""

from __future__ import annotations

import contextlib
import logging
import sys
import warnings

import structlog


class _Stderr:
    """Prints lines to stderr. Where its reader has gone away, a line that nobody hears stops nothing."""

    def msg(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            print(line, file=sys.stderr, flush=True)

    debug = info = warning = error = critical = exception = msg


def open_journal(level: int = logging.INFO) -> None:
    """Send every log line to stderr; a terminal gets colours and the time, journald keeps its own."""
    terminal = sys.stderr.isatty()
    stamp = [structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False)] if terminal else []
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            *stamp,
            structlog.processors.StackInfoRenderer(),
            structlog.dev.ConsoleRenderer(colors=terminal, pad_event_to=0, pad_level=False, sort_keys=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *args: _Stderr(),
        cache_logger_on_first_use=False,
    )
    # A tick that takes longer than a second is no news; the next one does its work.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    if not sys.warnoptions:
        # beautifulsoup4 and feedparser warn programmers of odd markup, which is our daily bread.
        warnings.simplefilter("ignore")
    # Libraries speak through the standard library; only what they warn of is news.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s", force=True)
