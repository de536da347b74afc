"""What the operator may do, as the pages ask for it; the daemon does it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from aggregator.errors import AggregatorError
from aggregator.model import PollState
from aggregator.model.digest import hexdigest
from aggregator.render.status import Match
from aggregator.settings import Source


class StaleError(AggregatorError):
    """Something stands otherwise than on the page by which it was to be changed."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A source that an address was found to be, as it would be written, and what it gives."""

    key: str
    """Names it until the operator has decided."""
    table: str
    said: Sequence[str]
    """How it was found out, step by step."""
    matches: Sequence[Match]


class Controls(Protocol):
    """Does what the commands of the same names do.

    Each action on a source returns the name of what was done. ``seen`` is of the state by which the operator
    decided, or empty. All raise StoreError.
    """

    async def poll(self, source: Source, seen: str) -> str:
        """Begin to visit a source, due or not, paused or not."""

    async def pause(self, source: Source, seen: str) -> str:
        """Visit a source no more. Raises StaleError."""

    async def resume(self, source: Source, seen: str) -> str:
        """Visit a paused source again. Raises StaleError."""

    async def accept(self, source: Source, seen: str) -> str:
        """Trust what a suspect source shows. Raises StaleError, BusyError."""

    async def preview(self, source: Source) -> tuple[Sequence[Match], Sequence[str]]:
        """Return what a source gives right now, and notes on it. Raises FetchError, ReadError."""

    async def find(self, address: str) -> Planned:
        """Find out what an address would be as a source; nothing is written.

        Raises FetchError, ReadError, ConfigError, and ValueError for what is no address.
        """

    async def add(self, key: str) -> str:
        """Write a source as it was shown, and have it taken up; return its name.

        Raises StaleError where it was shown too long ago, or is added already; ConfigError.
        """


def state_seen(state: PollState) -> str:
    """Return what tells the state that a page showed from a later one, as far as somebody decides by it."""
    return hexdigest(f"{state.status}\n{state.error}\n{state.paused}")[:16]
