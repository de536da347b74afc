"""Sets of elements read as the entries of a list, each with how likely it is one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, takewhile
from statistics import mean

from bs4 import Tag

from aggregator.discover.lists.dates import Dates
from aggregator.discover.lists.fields import find_rules
from aggregator.discover.lists.links import Link, PageLinks, address_score, address_start, title_score
from aggregator.model import Entry
from aggregator.settings import ListRules
from aggregator.sources.listing import find_link, read_entry
from aggregator.text.html import attribute

_MAX_CANDIDATES = 18
"""Sets whose fields are read, the most promising ones: reading fields takes most of the time."""
SAMPLE = 60
"""Entries of a set that are looked at."""

# The weights were set by hand on the pages of tests/discover, which hold them in place.
_COUNT_WEIGHT, _TITLE_WEIGHT, DATE_WEIGHT, _ADDRESS_WEIGHT = 0.15, 0.3, 0.3, 0.25
"""Shares in a likelihood: of the number of entries, of titles, dates and addresses like those of articles."""
_FULL_COUNT = 10
"""Entries from which more make a list no likelier."""
_TITLE_SCORE = 0.5
"""Score from which the text of a link could be a title."""
_TOLD_SCORE = 0.6
"""The score of an entry whose headline may be no link."""
_CROWD = 1.3
"""Links of one entry that could be titles; where more stand in each, the entries are lists themselves."""
_SIZE_WEIGHT = 0.3
"""Share of a likelihood that depends on the size of a set beside the largest one."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A set of elements, read as entries by rules."""

    records: list[Tag]
    rules: ListRules
    keys: frozenset[str]
    """The keys of its entries."""
    likelihood: float
    weight: float
    """The sum of the scores of its titles."""
    dated: float
    """The share of its entries that have a date."""


def read_candidates(
    sets: Iterable[list[Tag]], page: PageLinks, base: str, dates: Dates, *, fewest: int
) -> list[tuple[Candidate, float]]:
    """Read the most promising sets, and give them with the factors of their sizes, the likeliest first."""
    unique = {tuple(map(id, records)): records for records in sets}
    promising = sorted(unique.values(), key=lambda records: -_promise(page, records))[:_MAX_CANDIDATES]
    read = [_read(records, page, base, dates, fewest=fewest) for records in promising]
    candidates = [candidate for candidate in read if candidate]
    largest = max((one.weight for one in candidates), default=0) or 1.0
    ranked = [(one, 1 - _SIZE_WEIGHT + _SIZE_WEIGHT * one.weight / largest) for one in candidates]
    return sorted(ranked, key=lambda pair: -pair[0].likelihood * pair[1])


def _read(records: list[Tag], page: PageLinks, base: str, dates: Dates, *, fewest: int) -> Candidate | None:
    """Find the rules of a set and what they read; None where that is no list."""
    rules = find_rules(records, page, base, dates)
    entries = read_entries(rules, records, base)
    if len(entries) < (fewest):
        return None
    sample = list(entries.values())[:: max(1, len(entries) // SAMPLE)]
    scores = [title_score(entry.title) for entry in sample]
    # Every second one far below the others is a line below a headline, or a button.
    titled = mean(scores) * mean(score > max(0.1, mean(scores) / 2) for score in scores)
    dated = mean(dates.is_date(entry.published) for entry in sample)
    addressed = mean(address_score(entry.address) for entry in sample)
    likelihood = (
        _COUNT_WEIGHT * min(1.0, len(entries) / _FULL_COUNT)
        + _TITLE_WEIGHT * titled
        + DATE_WEIGHT * dated
        + _ADDRESS_WEIGHT * addressed
    )
    distinct = len({entry.title for entry in sample}) / len(sample)
    crowd = _crowd(page, records[:SAMPLE], rules.link)
    likelihood *= distinct * len(entries) / len(records) * min(1.0, _CROWD / crowd) ** 1.5
    weight = sum(title_score(entry.title) for entry in entries.values())
    return Candidate(records, rules, frozenset(entries), likelihood, weight, dated)


def read_entries(rules: ListRules, records: Sequence[Tag], base: str) -> dict[str, Entry]:
    """Read the entries that have titles, as a listing does."""
    read = (read_entry(rules, record, base) for record in records)
    found: dict[str, Entry] = {}
    for entry in read:
        if entry and entry.title:
            found.setdefault(entry.key, entry)
    return found


def _promise(page: PageLinks, records: list[Tag]) -> float:
    """Score how likely a set is a list, before its fields are read."""
    some = records[:: max(1, len(records) // SAMPLE)]
    best = mean(
        max(_TOLD_SCORE * (id(record) in page.told), *(link.score for link in page.held[id(record)]))
        for record in some
    )
    crowd = mean(count_titles(page, record) for record in some)
    return float(best * len(records) ** 0.5 * min(1.0, _CROWD / crowd) ** 2)


def _crowd(page: PageLinks, records: Sequence[Tag], selector: str) -> float:
    """Count the links in an entry that stand as its own link does, on average: a list in it has many.

    Addresses that several entries share do not count: they are a category's or an author's.
    """
    likes = []
    for record in records:
        link = find_link(selector, record)
        own = _way(link, record) if link else ()
        held = [other for other in page.held.get(id(record), ()) if other.score >= _TITLE_SCORE]
        likes.append({_page_of(other) for other in held if _way(other.element, record) == own})
    shared = Counter(chain.from_iterable(likes))
    alike = mean(max(1, sum(shared[address] == 1 for address in like)) for like in likes)
    # The links in a column of a page stand in many ways.
    return max(alike, mean(count_titles(page, record) for record in records) / 3)


def _way(link: Tag, record: Tag) -> tuple[str, ...]:
    """Give how a link's address begins, and the tags from it up to its entry."""
    between = takewhile(lambda parent: parent is not record, link.parents)
    return (address_start(attribute(link, "href")), link.name, *(parent.name for parent in between))


def count_titles(page: PageLinks, record: Tag) -> int:
    """Count the addresses in an entry whose texts could be titles: where it is a list, it has many."""
    held = page.held.get(id(record), [])
    best = max((link.score for link in held), default=0.0)
    good = [link for link in held if link.address and link.score >= max(_TITLE_SCORE, 0.6 * best)]
    return max(1, len(set(map(_page_of, good))))


def _page_of(link: Link) -> str:
    """Give a link's address without its fragment: the comments of an article are no other one."""
    return link.address.partition("#")[0]
