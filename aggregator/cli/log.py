"""What the program says while it works: to stderr, for a person at a terminal or for journald."""

from __future__ import annotations

import contextlib
import logging
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

from aggregator.text.text import tame
from aggregator.worker.quiet import tame_libraries


class _Stderr:
    """Prints lines to stderr. Where its reader has gone away, a line that nobody hears stops nothing."""

    def msg(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            print(line, file=sys.stderr, flush=True)

    debug = info = warning = error = critical = exception = msg


def _tame(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Take out of what was read from strangers what would steer a terminal or begin a line of its own."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = tame(value if key == "exception" else value.replace("\n", "\ufffd"))
    return event


def open_journal(level: int = logging.INFO) -> None:
    """Send every log line to stderr; a terminal gets colours and the time, journald keeps its own."""
    terminal = sys.stderr.isatty()
    stamp = [structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False)] if terminal else []
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            *stamp,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            _tame,
            structlog.dev.ConsoleRenderer(
                colors=terminal,
                pad_event_to=0,
                pad_level=False,
                sort_keys=False,
                # The usual one shows the values of variables, and some of them are secrets.
                exception_formatter=structlog.dev.plain_traceback,
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *args: _Stderr(),
        cache_logger_on_first_use=False,
    )
    # A tick that takes longer than a second is no news; the next one does its work.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    tame_libraries()
