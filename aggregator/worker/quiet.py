"""What libraries and Python itself say: only what they warn of, and nothing that steers a terminal."""

from __future__ import annotations

import logging
import sys
import traceback
import warnings
from types import TracebackType

from aggregator.text.text import tame


class _Tame(logging.Formatter):
    """Writes a record with nothing in it that steers a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return tame(super().format(record))


def tame_libraries() -> None:
    """Send what libraries and uncaught errors say to stderr, for this whole process."""
    if not sys.warnoptions:
        # beautifulsoup4 and feedparser warn programmers of odd markup, which is our daily bread.
        warnings.simplefilter("ignore")
    # Libraries speak through the standard library; only what they warn of is news.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Tame("%(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    sys.excepthook = _say_uncaught


def _say_uncaught(kind: type[BaseException], exc: BaseException, trace: TracebackType | None) -> None:
    """Say what nobody caught as Python does."""
    print(tame("".join(traceback.format_exception(kind, exc, trace))), end="", file=sys.stderr)
