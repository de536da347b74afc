"""The value that one poll hands from decision to decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from aggregator.model import Article, Known, Owed, PollState
from aggregator.settings import Source


@dataclass(frozen=True, slots=True)
class Visit:
    """One poll of a source, and what the store said of it."""

    source: Source
    state: PollState
    """The source as the last poll left it."""
    owed: Mapping[str, Owed]
    """What is owed before this poll, by key."""
    known: Mapping[str, Known]
    """What is known of the keys that this poll has met so far."""
    now: datetime
    before: Mapping[str, Article] = field(default_factory=dict)
    """The articles that are held, by key, where what was made of an entry differs from them."""

    @property
    def reconfigured(self) -> bool:
        """Whether the configuration reads answers in another way than at the last poll."""
        return self.state.fingerprint != self.source.fingerprint

    def knowing(self, more: Mapping[str, Known]) -> Self:
        """Give the visit with what is known of further keys."""
        return replace(self, known={**self.known, **more}) if more else self
