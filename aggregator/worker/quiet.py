"""Logging of libraries and of Python itself: only warnings, and nothing that steers a terminal."""

import logging
import sys
import traceback
import warnings
from types import TracebackType

from aggregator.text.text import tame
from aggregator.worker.journal import as_log_line


class _Tame(logging.Formatter):
    """Writes a record with nothing in it that steers a terminal; a library's warnings need nobody."""

    def format(self, record: logging.LogRecord) -> str:
        return as_log_line(
            tame(super().format(record)), "error" if record.levelno >= logging.ERROR else "info"
        )


def tame_libraries() -> None:
    """Send warnings of libraries and uncaught errors to stderr, for this whole process."""
    if not sys.warnoptions:
        # beautifulsoup4 and feedparser warn of odd markup, which sources often have.
        warnings.simplefilter("ignore")
    # Libraries log through the standard library; only their warnings are news.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Tame("%(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    sys.excepthook = _say_uncaught


def _say_uncaught(kind: type[BaseException], exc: BaseException, trace: TracebackType | None) -> None:
    """Print an uncaught error as Python does."""
    trace_back = tame("".join(traceback.format_exception(kind, exc, trace))).rstrip("\n")
    print(as_log_line(trace_back, "critical"), file=sys.stderr)
