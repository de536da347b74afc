"""The log: lines to stderr, for a person at a terminal or for journald."""

import contextlib
import logging
import os
import stat
import sys
from collections.abc import Iterator
from functools import partialmethod
from typing import Literal, TextIO

from aggregator.text.text import tame
from aggregator.worker.journal import JSON_LOG, for_stderr


@contextlib.contextmanager
def _not_installed(name: str) -> Iterator[None]:
    """Let a library that tries to import another one believe that it is not there."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


# It loads rich for tracebacks that show the values of variables: 0.1 s and 7 MB for nothing.
with _not_installed("rich"):
    import structlog
    from structlog.typing import EventDict, Processor, WrappedLogger


class _Stderr:
    """Prints lines to stderr, and goes on where the reader of stderr has gone away."""

    def _print(self, line: str, level: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            print(for_stderr(line, level), file=sys.stderr, flush=True)

    debug = partialmethod(_print, level="debug")
    info = partialmethod(_print, level="info")
    warning = partialmethod(_print, level="warning")
    error = partialmethod(_print, level="error")
    critical = partialmethod(_print, level="critical")


def _is_file(stream: TextIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def _tame(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Neutralise foreign characters that would control a terminal or begin another line."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = tame(value if key == "exception" else value.replace("\n", "\ufffd"))
    return event


def open_log(level: int = logging.INFO) -> None:
    """Send every log line to stderr, as text for people."""
    write_as("console")
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *args: _Stderr(),
        cache_logger_on_first_use=False,
    )
    # APScheduler warns when a tick takes longer than a second, which is harmless: the next one catches up.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def write_as(form: Literal["console", "json"]) -> None:
    """Write lines from here on as text, at a terminal with colours, or as JSON objects.

    At a terminal text has the time, in a file the day and the zone, too; journald adds its own. JSON always
    has the time, in UTC.
    """
    if form == "json":
        os.environ[JSON_LOG] = "1"
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            *(_as_json() if form == "json" else _as_text()),
        ]
    )


def _as_json() -> list[Processor]:
    return [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _tame,
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
    ]


def _as_text() -> list[Processor]:
    terminal = sys.stderr.isatty()
    stamp = [structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False)] if terminal else []
    if _is_file(sys.stderr):
        stamp = [structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S%z", utc=False)]
    return [
        *stamp,
        structlog.processors.format_exc_info,
        _tame,
        structlog.dev.ConsoleRenderer(
            colors=terminal and not os.environ.get("NO_COLOR"),
            pad_event_to=0,
            pad_level=False,
            sort_keys=False,
            # The default one shows the values of variables, and some of them are secrets.
            exception_formatter=structlog.dev.plain_traceback,
        ),
    ]
