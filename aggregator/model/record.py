"""What is remembered of the visits of a source, for its owner."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


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
    """Headers of the answer, in lower case; of a record that is kept, those that hold no secrets."""
    repeats: int = 0
    """How many visits came between the record before it and this one, the last of them at ``until``."""
    until: datetime | None = None
