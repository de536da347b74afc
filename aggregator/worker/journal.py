"""Levels of lines that go to journald: one that begins with ``<4>`` is a warning (sd-daemon(3))."""

import os
import sys
from datetime import UTC, datetime
from typing import TextIO

LEVELS = {"debug": 7, "info": 6, "warning": 4, "error": 3, "exception": 3, "critical": 2}
"""By their names in the log, as syslog counts them (RFC 5424, section 6.2.1)."""


JSON_LOG = "AGGREGATOR_LOG_JSON"
"""What the environment has where the log is JSON, so that worker processes know of it."""


def as_log_line(text: str, level: str) -> str:
    """Write what comes past the log of events, such as a traceback, as a line or an object of the log."""
    if JSON_LOG in os.environ:
        import json  # most commands need none

        when = datetime.now(UTC).isoformat()
        text = json.dumps({"event": text, "level": level, "timestamp": when}, ensure_ascii=False)
    return for_stderr(text, level)


def leads_to_journal(stream: TextIO) -> bool:
    """Tell whether journald reads a stream: it names the file in JOURNAL_STREAM (systemd.exec(5))."""
    try:
        file = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{file.st_dev}:{file.st_ino}"


def for_stderr(text: str, level: str) -> str:
    """Put a level before each line of a text where journald reads stderr; elsewhere the text stays."""
    if not leads_to_journal(sys.stderr):
        return text
    return "\n".join(f"<{LEVELS[level]}>{line}" for line in text.split("\n"))
