"""Lists of articles on a page, found by its links, with the selectors that read them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import soupsieve
from bs4 import BeautifulSoup, Tag

from aggregator.discover.lists.candidates import (
    DATE_WEIGHT,
    Candidate,
    count_titles,
    read_candidates,
    read_entries,
)
from aggregator.discover.lists.dates import Dates
from aggregator.discover.lists.links import PageLinks
from aggregator.discover.lists.position import is_article, position_factor
from aggregator.discover.lists.prominence import is_rival, see
from aggregator.discover.lists.selector import conditions, find_selector, lasting_classes
from aggregator.discover.lists.sets import find_sets, possible_entries
from aggregator.errors import ReadError
from aggregator.settings import ListRules
from aggregator.sources.families import expand_datastore

MAX_LISTS = 5
MIN_ENTRIES, MIN_HINTED_ENTRIES = 3, 2
"""Entries of a list, and of one to which the user pointed."""
MIN_CONFIDENCE, MAX_CONFIDENCE = 0.1, 0.98
MIN_SURE = 0.5
"""Confidence from which a list may be meant."""
MIN_NATIVE = 0.4
"""Confidence from which a list that leads to its own site's pages beats one that leads to others."""
_FOREIGN_FACTOR = 0.5
"""What is left of the prominence of a list that leads to other sites, where there is one that does not."""
_MIN_FIT = 0.5
"""The least share that the entries of a set and those of its selector must have in common."""

# The weights were set by hand on the pages of tests/discover/test_infer.py, which hold them in place.
_UNDATED = 0.7
"""Share of dated entries that any list is taken to have where it is compared with others."""
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
    doubtful: bool = False
    """Whether another list of the page may be meant as well."""


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
    if len(held) == 1 and count_titles(page, held[0]) < 3:
        yield from _siblings_like(page, held[0])


def _siblings_like(page: PageLinks, entry: Tag) -> Iterator[list[Tag]]:
    """Give the set of siblings with the tag and classes of an entry, if there are others."""
    if entry.parent is None:
        return
    siblings = possible_entries(page, entry.parent).get(entry.name, [])
    alike = [element for element in siblings if lasting_classes(element) == lasting_classes(entry)]
    if len(alike) > 1:
        yield alike


def _judge(
    sets: Iterable[list[Tag]], page: PageLinks, base: str, dates: Dates, *, hinted: bool = False
) -> list[InferredList]:
    """Give the sets that are lists of their own, the likeliest first."""
    page_factor = _ARTICLE_PAGE_FACTOR if not hinted and is_article(page) else 1.0
    found: dict[str, tuple[Candidate, InferredList]] = {}
    seen: set[str] = set()
    taken: set[int] = set()
    for one, size_factor in read_candidates(
        sets, page, base, dates, fewest=MIN_HINTED_ENTRIES if hinted else MIN_ENTRIES
    ):
        inside = not taken.isdisjoint(map(id, one.records[0].parents))
        if inside or len(one.keys & seen) * 2 >= len(one.keys):
            continue
        position = 1.0 if hinted else position_factor(one.records, page, one.weight, one.dated)
        inferred = _inferred(one, page, base, position * page_factor * size_factor)
        if inferred and inferred.rules.entry not in found:
            seen |= one.keys
            found[inferred.rules.entry] = one, inferred
            taken.update(map(id, one.records))
    likely = [pair for pair in found.values() if pair[1].confidence >= MIN_CONFIDENCE]
    if hinted:
        return sorted((inferred for _, inferred in likely), key=lambda one: -one.confidence)[:MAX_LISTS]
    return _by_prominence(likely, page)[:MAX_LISTS]


def _by_prominence(likely: Sequence[tuple[Candidate, InferredList]], page: PageLinks) -> list[InferredList]:
    """Order lists by how they are shown on the page; where several may be meant, none is sure."""
    views = [see(one.records, one.keys, page, summed=bool(one.rules.summary)) for one, _ in likely]
    native = any(
        not view.foreign and inferred.confidence >= MIN_NATIVE
        for view, (_, inferred) in zip(views, likely, strict=True)
    )
    ranked = []
    for (one, inferred), view in zip(likely, views, strict=True):
        # Top stories seldom have dates: in this comparison they are taken to have what a date adds.
        missing = max(0.0, min(1.0, _UNDATED + view.look - 1) - one.dated)
        prominence = (
            inferred.confidence * (1 + DATE_WEIGHT * missing / one.likelihood) * view.look * view.place
        )
        prominence *= _FOREIGN_FACTOR if view.foreign and native else 1.0
        confidence = round(min(MAX_CONFIDENCE, inferred.confidence * view.look**0.5), 2)
        ranked.append((prominence, replace(inferred, confidence=confidence)))
    return _with_rivals(sorted(ranked, key=lambda pair: -pair[0]))


def _with_rivals(ranked: Sequence[tuple[float, InferredList]]) -> list[InferredList]:
    """Doubt all lists, by prominence, where the first one is a guess or another one may as well be meant."""
    if not ranked:
        return []
    first, best = ranked[0]
    may = [
        inferred.confidence >= MIN_SURE
        and (best.confidence < MIN_SURE or is_rival(first, best.count, prominence, inferred.count))
        for prominence, inferred in ranked
    ]
    if sum(may) < 2 and may[0]:
        return [inferred for _, inferred in ranked]
    in_order = sorted(zip(may, ranked, strict=True), key=lambda pair: (not pair[0], -pair[1][1].confidence))
    return [replace(inferred, doubtful=True) for _, (_, inferred) in in_order]


def _inferred(one: Candidate, page: PageLinks, base: str, factor: float) -> InferredList | None:
    """Find the selector of a candidate's entries; None where none reads about the same, or it is no list."""
    if one.likelihood * factor < MIN_CONFIDENCE:
        return None
    entry, matched = find_selector(page.soup, one.records, conditions(one.rules, one.records))
    if not entry:
        return None
    rules = one.rules.model_copy(update={"entry": entry})
    entries = read_entries(rules, matched, base)
    both = len(one.keys & entries.keys())
    fit = both / (len(one.keys) + len(entries) - both) if both else 0.0
    if fit < _MIN_FIT:
        return None
    fields = ["links", *(["dates"] if one.dated > 0.5 else []), *(["summaries"] if rules.summary else [])]
    blocks = len({id(element.parent) for element in matched})
    where = f" in {blocks} blocks alike" if 1 < blocks < len(entries) else ""
    why = f"{len(entries)} <{one.records[0].name}> with {' and '.join(fields)}{where}, as {entry}"
    confidence = round(min(MAX_CONFIDENCE, one.likelihood * factor * fit), 2)
    return InferredList(rules, confidence, why, len(entries))
