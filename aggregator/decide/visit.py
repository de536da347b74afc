"""The value that one poll hands from decision to decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from aggregator.model import Article, InReach, Known, Owed, OwedReason, PollState
from aggregator.settings import Source


@dataclass(frozen=True, slots=True)
class Moves:
    """What the entries that are new by their keys have of known articles."""

    titled: Mapping[str, Sequence[Known]] = field(default_factory=dict)
    """The source's last articles by title, as far as a list has it."""
    alike: frozenset[str] = frozenset()
    """The keys of entries that may be known articles: they have the title of one, and no other day."""
    most: bool = False
    """Whether most entries of a list have title and day of one known article each."""
    moved: frozenset[str] = frozenset()
    """The keys of entries that are a known article, or one that is still owed, by the list alone."""
    known: Mapping[str, Known] = field(default_factory=dict)
    """By entries' keys the articles that these are, where the list has no text that could tell otherwise."""
    settled: frozenset[str] = frozenset()
    """The keys of debts for which entries under other keys stand now."""
    whole: bool = False
    """Whether all of a list is new by its keys, and each entry has the title of one known article."""

    def joined(self, more: Self) -> Self:
        """Give these moves with those of a further page."""
        return replace(
            self,
            titled={**self.titled, **more.titled},
            alike=self.alike | more.alike,
            most=self.most or more.most,
            moved=self.moved | more.moved,
            known={**self.known, **more.known},
            settled=self.settled | more.settled,
            whole=self.whole or more.whole,
        )


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
    moves: Moves = field(default_factory=Moves)
    """What the entries of the list, as far as it was read, have of known articles."""
    in_reach: Sequence[InReach] = ()
    """The articles that the list should show, and all that it was found not to show; of a list whose order
    does not tell, none."""
    anew: bool = False
    """Whether nothing of the list is known by its key."""
    telling: bool | None = None
    """Whether what is new is news, whatever it is; None where it depends."""

    @property
    def reconfigured(self) -> bool:
        """Whether the configuration reads answers in another way than at the last poll."""
        return self.state.fingerprint != self.source.fingerprint

    def without(self, reason: OwedReason) -> Self:
        """Give the visit without what is owed for a reason."""
        return replace(self, owed={key: debt for key, debt in self.owed.items() if debt.reason != reason})

    def knowing(self, more: Mapping[str, Known]) -> Self:
        """Give the visit with what is known of further keys."""
        return replace(self, known={**self.known, **more}) if more else self

    def moving(self, more: Moves) -> Self:
        """Give the visit with what was found of a page of the list."""
        return replace(self.knowing(more.known), moves=self.moves.joined(more))
