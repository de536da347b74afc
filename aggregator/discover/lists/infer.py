"""Lists of articles on a page, found by its links, with the selectors that read them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, takewhile
from statistics import mean

import soupsieve
from bs4 import BeautifulSoup, Tag

from aggregator.discover.lists.dates import Dates
from aggregator.discover.lists.fields import find_rules
from aggregator.discover.lists.links import PageLinks, address_score, address_start, title_score
from aggregator.discover.lists.position import is_article, position_factor
from aggregator.discover.lists.selector import class_selector, find_selector, lasting_classes, ordinal
from aggregator.discover.lists.sets import find_sets, possible_entries
from aggregator.errors import ReadError
from aggregator.model import Entry
from aggregator.settings import ListRules
from aggregator.sources.families import expand_datastore
from aggregator.sources.listing import find_link, read_entry
from aggregator.text.html import attribute

MAX_LISTS = 5
MIN_ENTRIES, MIN_HINTED_ENTRIES = 3, 2
"""Entries of a list, and of one to which the user pointed."""
MIN_CONFIDENCE, MAX_CONFIDENCE = 0.1, 0.98
_MAX_CANDIDATES = 14
"""Sets whose fields are read, the most promising ones: reading fields takes most of the time."""
_SAMPLE = 60
"""Entries of a set that are looked at."""
_MIN_FIT = 0.5
"""The least share that the entries of a set and those of its selector must have in common."""

# The weights were set by hand on the pages of tests/discover/test_infer.py, which hold them in place.
_COUNT_WEIGHT, _TITLE_WEIGHT, _DATE_WEIGHT, _ADDRESS_WEIGHT = 0.15, 0.3, 0.3, 0.25
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
_ARTICLE_PAGE_FACTOR = 0.35
"""What is left of a likelihood on the page of an article, whose lists lead to other articles."""


@dataclass(frozen=True, slots=True)
class InferredList:
    """A list found on a page."""

    rules: ListRules
    """The selectors of ``[source.list]`` that read it."""
    confidence: float
    """How sure we are (0 to 1); below 0.4 it is a guess: a menu, or the links beside an article."""
    why: str
    """What was found, for people ("20 li with dates in ul.news")."""
    count: int
    """The number of entries that the rules read on this page."""


def infer_lists(
    soup: BeautifulSoup, base: str, now: datetime, timezone: str, *, select: str = ""
) -> list[InferredList]:
    """Find the lists of a page, the likeliest first, at most five.

    ``base`` is the address that relative ones count from; ``now`` and ``timezone`` are for dates. ``select``
    is a selector of the list's container, of one entry or of all, and keeps the search there. The rules name
    only what is needed: an empty ``link`` is the first link, an empty ``title`` its text. Raises ReadError
    where ``select`` is no selector.
    """
    soup = expand_datastore(soup)
    page = PageLinks(soup, base)
    dates = Dates(now, timezone)
    if not select:
        return _judge(find_sets(page, MIN_ENTRIES), page, base, dates)
    try:
        hinted = soup.select(select)
    except (soupsieve.SelectorSyntaxError, ValueError, NotImplementedError) as exc:
        raise ReadError(f"{select!r} is not a CSS selector: {str(exc).splitlines()[0]}") from exc
    return _judge(_hinted_sets(page, hinted), page, base, dates, hinted=True)


def _hinted_sets(page: PageLinks, hinted: list[Tag]) -> Iterator[list[Tag]]:
    """Give the sets that a hint can mean: what it selects, sets inside of that, and the siblings like it."""
    held = [element for element in hinted if page.held.get(id(element))]
    if len(held) > 1 and len({element.name for element in held}) == 1:
        yield held
    hinted_ids = set(map(id, held))
    for records in find_sets(page, MIN_HINTED_ENTRIES):
        if all(not hinted_ids.isdisjoint(map(id, record.parents)) for record in records):
            yield records
    if len(held) == 1 and _several(page, held[0]) < 3:
        yield from _siblings_like(page, held[0])


def _siblings_like(page: PageLinks, entry: Tag) -> Iterator[list[Tag]]:
    """Give the set of siblings with the tag and classes of an entry, if there are others."""
    if entry.parent is None:
        return
    siblings = possible_entries(page, entry.parent).get(entry.name, [])
    alike = [element for element in siblings if lasting_classes(element) == lasting_classes(entry)]
    if len(alike) > 1:
        yield alike


@dataclass(frozen=True, slots=True)
class _Candidate:
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


def _judge(
    sets: Iterable[list[Tag]], page: PageLinks, base: str, dates: Dates, *, hinted: bool = False
) -> list[InferredList]:
    """Give the sets that are lists of their own, the likeliest first."""
    page_factor = _ARTICLE_PAGE_FACTOR if not hinted and is_article(page) else 1.0
    found: dict[str, InferredList] = {}
    seen: set[str] = set()
    taken: set[int] = set()
    for one, size_factor in _ranked(sets, page, base, dates, hinted=hinted):
        inside = not taken.isdisjoint(map(id, one.records[0].parents))
        if inside or len(one.keys & seen) * 2 >= len(one.keys):
            continue
        seen |= one.keys
        position = 1.0 if hinted else position_factor(one.records, page, one.weight, one.dated)
        inferred = _inferred(one, page, base, position * page_factor * size_factor)
        if inferred and inferred.rules.entry not in found:
            found[inferred.rules.entry] = inferred
            taken.update(map(id, one.records))
            if len(found) == MAX_LISTS:
                break
    likely = [inferred for inferred in found.values() if inferred.confidence >= MIN_CONFIDENCE]
    return sorted(likely, key=lambda inferred: -inferred.confidence)


def _ranked(
    sets: Iterable[list[Tag]], page: PageLinks, base: str, dates: Dates, *, hinted: bool
) -> list[tuple[_Candidate, float]]:
    """Read the most promising sets, and give them with the factors of their sizes, the likeliest first."""
    unique = {tuple(map(id, records)): records for records in sets}
    promising = sorted(unique.values(), key=lambda records: -_promise(page, records))[:_MAX_CANDIDATES]
    read = [_read(records, page, base, dates, hinted=hinted) for records in promising]
    candidates = [candidate for candidate in read if candidate]
    largest = max((one.weight for one in candidates), default=0) or 1.0
    ranked = [(one, 1 - _SIZE_WEIGHT + _SIZE_WEIGHT * one.weight / largest) for one in candidates]
    return sorted(ranked, key=lambda pair: -pair[0].likelihood * pair[1])


def _read(records: list[Tag], page: PageLinks, base: str, dates: Dates, *, hinted: bool) -> _Candidate | None:
    """Find the rules of a set and what they read; None where that is no list."""
    rules = find_rules(records, page, base, dates)
    entries = _entries(rules, records, base)
    if len(entries) < (MIN_HINTED_ENTRIES if hinted else MIN_ENTRIES):
        return None
    sample = list(entries.values())[:: max(1, len(entries) // _SAMPLE)]
    scores = [title_score(entry.title) for entry in sample]
    # Every second one far below the others is a line below a headline, or a button.
    titled = mean(scores) * mean(score > max(0.1, mean(scores) / 2) for score in scores)
    dated = mean(dates.is_date(entry.published) for entry in sample)
    addressed = mean(address_score(entry.address) for entry in sample)
    likelihood = (
        _COUNT_WEIGHT * min(1.0, len(entries) / _FULL_COUNT)
        + _TITLE_WEIGHT * titled
        + _DATE_WEIGHT * dated
        + _ADDRESS_WEIGHT * addressed
    )
    distinct = len({entry.title for entry in sample}) / len(sample)
    crowd = _crowd(page, records[:_SAMPLE], rules.link)
    likelihood *= distinct * len(entries) / len(records) * min(1.0, _CROWD / crowd) ** 1.5
    weight = sum(title_score(entry.title) for entry in entries.values())
    return _Candidate(records, rules, frozenset(entries), likelihood, weight, dated)


def _inferred(one: _Candidate, page: PageLinks, base: str, factor: float) -> InferredList | None:
    """Find the selector of a candidate's entries; None where none reads about the same entries."""
    entry, matched = find_selector(page.soup, one.records, _conditions(one.rules, one.records))
    if not entry:
        return None
    rules = one.rules.model_copy(update={"entry": entry})
    entries = _entries(rules, matched, base)
    both = len(one.keys & entries.keys())
    fit = both / (len(one.keys) + len(entries) - both) if both else 0.0
    if fit < _MIN_FIT:
        return None
    fields = ["links", *(["dates"] if one.dated > 0.5 else []), *(["summaries"] if rules.summary else [])]
    why = f"{len(entries)} <{one.records[0].name}> with {' and '.join(fields)}, as {entry}"
    confidence = round(min(MAX_CONFIDENCE, one.likelihood * factor * fit), 2)
    return InferredList(rules, confidence, why, len(entries))


def _entries(rules: ListRules, records: Sequence[Tag], base: str) -> dict[str, Entry]:
    """Read the entries that have titles, as a listing does."""
    read = (read_entry(rules, record, base) for record in records)
    found: dict[str, Entry] = {}
    for entry in read:
        if entry and entry.title:
            found.setdefault(entry.key, entry)
    return found


def _conditions(rules: ListRules, records: Sequence[Tag]) -> list[str]:
    """Give selectors that tell these entries from their siblings where no name does."""
    if records[0].name == "a":
        return []
    # The first step of each is enough, and avoids combinators in :has(), not all of which soupsieve takes.
    selectors = (rules.title, rules.date, rules.link, "a[href]")
    steps = [selector.removeprefix(":scope > ").split(" ")[0] for selector in selectors]
    kept = set(map(id, records))
    others = [one for one in _siblings(records[0]) if id(one) not in kept][:_SAMPLE]
    shared = set.intersection(*map(_marks, records[:_SAMPLE]))
    alone = shared.difference(*map(_marks, others))
    marks = sorted(alone, key=lambda mark: (":" in mark, mark))[:3] if others else []
    return [f":has({step})" for step in (*steps, *marks) if step and not step.startswith(":")]


def _siblings(element: Tag) -> list[Tag]:
    parent = element.parent
    return parent.find_all(element.name, recursive=False) if parent else []


def _marks(record: Tag) -> set[str]:
    """Give selectors of what stands in an entry, by names and by positions."""
    held = record.find_all(True, limit=_SAMPLE)
    named = {class_selector(element.name, name) for element in held for name in lasting_classes(element)}
    return named | {f"{element.name}:nth-of-type({ordinal(element)})" for element in held}


def _promise(page: PageLinks, records: list[Tag]) -> float:
    """Score how likely a set is a list, before its fields are read."""
    some = records[:: max(1, len(records) // _SAMPLE)]
    best = mean(
        max(_TOLD_SCORE * (id(record) in page.told), *(link.score for link in page.held[id(record)]))
        for record in some
    )
    crowd = mean(_several(page, record) for record in some)
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
        likes.append({other.address for other in held if _way(other.element, record) == own})
    shared = Counter(chain.from_iterable(likes))
    alike = mean(max(1, sum(shared[address] == 1 for address in like)) for like in likes)
    # The links in a column of a page stand in many ways.
    return max(alike, mean(_several(page, record) for record in records) / 3)


def _way(link: Tag, record: Tag) -> tuple[str, ...]:
    """Give how a link's address begins, and the tags from it up to its entry."""
    between = takewhile(lambda parent: parent is not record, link.parents)
    return (address_start(attribute(link, "href")), link.name, *(parent.name for parent in between))


def _several(page: PageLinks, record: Tag) -> int:
    """Count the addresses in an entry whose texts could be titles: where it is a list, it has many."""
    held = page.held.get(id(record), [])
    best = max((link.score for link in held), default=0.0)
    good = [link for link in held if link.address and link.score >= max(_TITLE_SCORE, 0.6 * best)]
    return max(1, len({link.address for link in good}))
