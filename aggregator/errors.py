"""The few errors that cross a room's door; each message is written for the person who runs the program."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

Fault = Literal[
    "failed", "gated", "gone", "disallowed", "empty", "cut-off", "wrong-type", "too-large", "no-body"
]
"""What an answer has wrong, as a state of its source or entry.

``gated``: a challenge, a captcha or a login stands before it; ``gone``: taken away for good (410);
``disallowed``: its robots.txt forbids it; ``empty``: a list without entries;
``cut-off``: half an answer; ``wrong-type``: not what was due; ``no-body``: a page without its article;
``failed``: the rest.
"""
FAULTS: tuple[Fault, ...] = get_args(Fault)


class AggregatorError(Exception):
    """Something that the program foresaw and can say plainly."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a configuration: where it stands and what to do about it.

    ``file`` as the user named it, ``table`` such as ``source "samr"`` or ``site``, ``key`` dotted
    inside the table (empty where the whole table or file is meant).
    """

    file: str
    table: str
    key: str
    message: str

    def __str__(self) -> str:
        where = " ".join(part for part in (self.table, self.key) if part)
        return f"{self.file}: {where}: {self.message}" if where else f"{self.file}: {self.message}"


class ConfigError(AggregatorError):
    """The configuration cannot be used; ``problems`` names every fault at once."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


class FetchError(AggregatorError):
    """An address gave no usable answer.

    ``status`` is the HTTP status where there was one; ``retry_after`` is what the server asked for
    (RFC 9110, section 10.2.3); ``fault`` names the state in which that leaves the source or entry.
    """

    def __init__(
        self,
        address: str,
        reason: str,
        *,
        status: int | None = None,
        retry_after: timedelta | None = None,
        fault: Fault = "failed",
    ) -> None:
        self.fault = fault
        self.address = address
        self.reason = reason
        self.status = status
        self.retry_after = retry_after
        super().__init__(f"{reason} ({address})")


class ReadError(AggregatorError):
    """An answer is not what its source's kind reads: not a feed, not JSON, no body where one should be."""

    def __init__(self, message: str, *, fault: Fault = "failed") -> None:
        self.fault = fault
        super().__init__(message)


class IncompleteError(AggregatorError):
    """An entry lacks what an article needs (a title, say) and is set aside until it has it."""


class StoreError(AggregatorError):
    """The database cannot be opened, read or written to, or is of another version of the program.

    ``refused`` where the database is well and takes one writing not: what was written is to blame.
    """

    def __init__(self, message: str, *, refused: bool = False) -> None:
        self.refused = refused
        super().__init__(message)


class BusyError(AggregatorError):
    """Another process of ours holds what this one needs."""


class PublishError(AggregatorError):
    """A page could not be rendered or put in place."""
