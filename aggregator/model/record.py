"""What is remembered of the visits of a source, for its owner."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

HEAD = frozenset(
    "age cache-control content-encoding content-length content-type date etag expires last-modified "
    "retry-after server vary via x-cache".split()
)
"""The headers of an answer that are remembered. Others may hold cookies and the like."""
MAX_LINE = 300
"""Characters of an error or a header."""


@dataclass(frozen=True, slots=True)
class PollRecord:
    """One visit that was worth a note: it found something, or went otherwise than the one before it.

    The visits between two records went as the first of them did, and found nothing.
    """

    at: datetime
    """When it began."""
    kind: Literal["poll", "push", "looks"] = "poll"
    """A visit of the list, what a hub brought of it, or a round of looks at articles."""
    took: int = 0
    """Milliseconds, the waits for the host's turn included."""
    status: str = ""
    """That of the source after it."""
    error: str = ""
    answered: int = 0
    """The HTTP status of the answer; 0 where none came."""
    size: int = 0
    """Bytes of the answer, unpacked."""
    listed: int = 0
    """Entries of the list, or articles that were looked at."""
    new: int = 0
    changed: int = 0
    owed: int = 0
    """How much is owed since then."""
    head: Mapping[str, str] = field(default_factory=dict)
    """Those headers of the answer that are in ``HEAD``."""
    repeats: int = 0
    """How many visits came between the record before it and this one, the last of them at ``until``."""
    until: datetime | None = None

    def __post_init__(self) -> None:
        """Shorten what strangers may have made long, and leave out headers that are not remembered."""
        head = {name: value[:MAX_LINE] for name, value in self.head.items() if name in HEAD}
        object.__setattr__(self, "head", head)
        object.__setattr__(self, "error", self.error[:MAX_LINE])
