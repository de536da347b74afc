"""The errors that rooms raise to each other; messages are for the person who runs the program."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Literal, get_args

Fault = Literal[
    "failed", "gated", "gone", "disallowed", "empty", "cut-off", "wrong-type", "too-large", "no-body"
]
"""What is wrong with an answer, as the state of its source or entry.

``gated``: a challenge, captcha or login page came instead; ``gone``: removed for good (410);
``disallowed``: robots.txt forbids it; ``empty``: a list without entries; ``cut-off``: an incomplete answer;
``wrong-type``: another type than expected; ``no-body``: a page without its article; ``failed``: the rest.
"""
FAULTS: tuple[Fault, ...] = get_args(Fault)

EventKind = Literal[
    "source-broken",
    "source-gated",
    "source-suspect",
    "source-silent",
    "source-gone",
    "source-back",
    "source-moved",
    "configuration-loaded",
    "configuration-refused",
    "disk-short",
    "backup-failed",
    "receiver-dead",
    "schema-released",
]
"""How an event stands; a source's trouble may go through several. Rules and events have these names."""


class AggregatorError(Exception):
    """A foreseen failure, with a message that needs no traceback."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a configuration."""

    file: str
    """As the user named it."""
    table: str
    """Such as ``source "samr"`` or ``[site]``; empty for the whole file."""
    key: str
    """Dotted, inside the table; empty for the whole table."""
    message: str

    def __str__(self) -> str:
        where = " ".join(part for part in (self.table, self.key) if part)
        return f"{self.file}: {where}: {self.message}" if where else f"{self.file}: {self.message}"


class ConfigError(AggregatorError):
    """The configuration cannot be used; ``problems`` has every fault."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


class FetchError(AggregatorError):
    """An address gave no usable answer.

    ``status`` is the HTTP status, if there was one; ``retry_after`` is the wait that the server asked for
    (RFC 9110, section 10.2.3); ``fault`` becomes the state of the source or entry. ``headers`` are those of
    the answer, in lower case.
    """

    def __init__(
        self,
        address: str,
        reason: str,
        *,
        status: int | None = None,
        retry_after: timedelta | None = None,
        fault: Fault = "failed",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.fault = fault
        self.headers = headers
        self.address = address
        self.reason = reason
        self.status = status
        self.retry_after = retry_after
        super().__init__(f"{reason} ({address})")


class TellError(AggregatorError):
    """A receiver was not told; ``retry_after`` is the wait that it asked for."""

    def __init__(self, reason: str, retry_after: timedelta | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(reason)


class ReadError(AggregatorError):
    """An answer cannot be read by its source's kind: not a feed, not JSON, a page without a body."""

    def __init__(self, message: str, *, fault: Fault = "failed") -> None:
        self.fault = fault
        super().__init__(message)


class IncompleteError(AggregatorError):
    """An entry lacks something that an article needs, such as a title; it is owed until it has it."""


class StoreError(AggregatorError):
    """The database cannot be opened, read or written to, or is of another version of the program.

    ``refused``: the database is healthy but rejected this write, for a bad value in it.
    """

    def __init__(self, message: str, *, refused: bool = False) -> None:
        self.refused = refused
        super().__init__(message)


class LeaseLostError(StoreError):
    """What came of a poll is not kept, since its source was given to another process meanwhile."""


class ArchiveError(AggregatorError):
    """An answer cannot be archived, or the archive cannot be read."""


class BusyError(AggregatorError):
    """Another process has what this one needs: a lock of ours, or a port."""


class PublishError(AggregatorError):
    """A page could not be rendered or put in place."""
