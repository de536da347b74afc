"""What a list shows no more although it reaches further back."""

from collections.abc import Sequence
from datetime import datetime

from aggregator.decide.visit import Visit
from aggregator.model import Entry, InReach

MAX_PINNED = 3  # entries on top of a list that may be older than those below
MIN_KNOWN = 4  # known entries, without pinned ones, of a list whose order is known
MAX_GONE = 1 / 4
"""Share of the articles in its reach that a list may leave out; one that leaves out more is another list."""


def reach_of(visit: Visit, entries: Sequence[Entry]) -> tuple[datetime, datetime] | None:
    """Return the dates between which a list shows every article; None where its order does not tell.

    Both are of known entries; such a list has the newest articles first, but for some that are pinned.
    """
    met = [visit.known[entry.key] for entry in entries if entry.key in visit.known]
    dates = [known.published for known in met if known.dated and not known.removed]
    for pinned in range(MAX_PINNED + 1):
        rest = dates[pinned:]
        if len(rest) >= MIN_KNOWN and rest == sorted(rest, reverse=True):
            return (rest[-1], rest[0]) if rest[0] > rest[-1] else None
    return None


def find_unlisted(
    visit: Visit, entries: Sequence[Entry], held: Sequence[InReach]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the numbers of articles that a list has ceased to show, and of those that it shows again.

    ``held`` are the articles in its reach, and all that it was found not to show before.
    """
    keys = {visit.known[entry.key].article_key for entry in entries if entry.key in visit.known}
    keys |= {entry.key for entry in entries}
    again = tuple(one.number for one in held if one.unlisted and one.key in keys)
    gone = [one for one in held if one.key not in keys]
    if len(gone) > max(1, MAX_GONE * len(held)):
        return (), again
    return tuple(one.number for one in gone if not one.unlisted), again
