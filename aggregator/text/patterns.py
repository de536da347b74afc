"""Regular expressions of users, stopped after a time because some are slow on some texts."""

import regex

from aggregator.errors import ReadError

PATTERN_TIMEOUT = 1.0
"""Seconds for one pattern in one text."""


def is_found(pattern: str, text: str) -> bool:
    """Tell whether a pattern is found in a text. Raises ReadError where that takes too long."""
    try:
        return regex.search(pattern, text, timeout=PATTERN_TIMEOUT, concurrent=True) is not None
    except TimeoutError as exc:
        raise _too_slow(pattern, text) from exc


def find(pattern: str, text: str) -> str:
    """Return the first group of a pattern in a text, or all that it finds; empty without anything.

    Raises ReadError where that takes too long.
    """
    try:
        match = regex.search(pattern, text, timeout=PATTERN_TIMEOUT, concurrent=True)
    except TimeoutError as exc:
        raise _too_slow(pattern, text) from exc
    return str(match[1 if match.re.groups else 0] or "").strip() if match else ""


def substitute(pattern: str, with_: str, text: str) -> str:
    """Replace what a pattern finds in a text. Raises ReadError where that takes too long."""
    try:
        return str(regex.sub(pattern, with_, text, timeout=PATTERN_TIMEOUT, concurrent=True))
    except TimeoutError as exc:
        raise _too_slow(pattern, text) from exc


def _too_slow(pattern: str, text: str) -> ReadError:
    return ReadError(
        f"the pattern {pattern!r} takes more than {PATTERN_TIMEOUT:g} s on a text of {len(text)} characters;"
        " one with repetitions inside of repetitions is slow"
    )
