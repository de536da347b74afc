"""Lists of articles found on a page that nobody has described: selectors for people who know no CSS."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, takewhile
from statistics import mean

import soupsieve
from bs4 import BeautifulSoup, Tag

from aggregator.discover.lists.fields import Dates, find_rules
from aggregator.discover.lists.links import Survey, articleness, width, worth
from aggregator.discover.lists.position import is_article, standing
from aggregator.discover.lists.selector import classes, find_selector
from aggregator.errors import ReadError
from aggregator.model import Entry
from aggregator.settings import ListRules
from aggregator.sources.families import expand_datastore
from aggregator.sources.listing import find_link, read_entry
from aggregator.sources.page import element_text

MOST = 5
_CANDIDATES = 14
_FEWEST = 3
_READ = 60
_LIKELY = 0.5
_LEAST = 0.1


@dataclass(frozen=True, slots=True)
class InferredList:
    """A list found on a page: the selectors of ``[source.list]`` that read it, and how sure we are (0..1).

    ``why`` is for people ("20 li with dates in ul.news"); ``count`` is how many entries the rules read
    on this page. Below 0.4 it is a guess: a menu, or the links beside an article.
    """

    rules: ListRules
    confidence: float
    why: str
    count: int


def infer_lists(
    soup: BeautifulSoup, base: str, now: datetime, timezone: str, *, select: str = ""
) -> list[InferredList]:
    """Find the lists of a page, the likeliest first, at most five.

    ``base`` is the address that relative ones count from; ``now`` and ``timezone`` are for its dates.
    ``select`` is a selector of the list's container, of one entry or of all, and keeps the search there.
    The rules name only what is needed: an empty ``link`` is the first link, an empty ``title`` its text.
    Raises ReadError where ``select`` is no selector.
    """
    soup = expand_datastore(soup)
    survey = Survey(soup, base)
    dates = Dates(now, timezone)
    if not select:
        return _judged(_sets(survey, _FEWEST), survey, base, dates)
    try:
        hinted = soup.select(select)
    except (soupsieve.SelectorSyntaxError, ValueError, NotImplementedError) as exc:
        raise ReadError(f"{select!r} is not a CSS selector: {str(exc).splitlines()[0]}") from exc
    return _judged(_hinted_sets(survey, hinted), survey, base, dates, hinted=True)


def _sets(survey: Survey, fewest: int) -> Iterator[list[Tag]]:
    """Give every set of like siblings with links; also of cousins, where like containers are siblings."""
    cousins: dict[tuple[int, str, tuple[str, ...], str], list[list[Tag]]] = defaultdict(list)
    for parent in [survey.soup, *survey.elements.values()]:
        for tag, children in _children(survey, parent).items():
            if parent.parent is not None and tag not in ("td", "th"):
                kin = (id(parent.parent), parent.name, tuple(classes(parent)), tag)
                cousins[kin].append(children)
            if len(children) < fewest:
                continue
            yield children
            by_class: dict[str, list[Tag]] = defaultdict(list)
            for child in children:
                for name in classes(child):
                    by_class[name].append(child)
            yield from (some for some in by_class.values() if fewest <= len(some) < len(children))
    for groups in cousins.values():
        if len(groups) > 1 and max(map(len, groups)) > 1 and sum(map(len, groups)) >= fewest:
            yield [child for children in groups for child in children]


def _children(survey: Survey, parent: Tag) -> dict[str, list[Tag]]:
    """Give the children that may be entries, by tag: they hold a link, and say something."""
    found: dict[str, list[Tag]] = defaultdict(list)
    for child in parent.find_all(True, recursive=False):
        held = survey.held.get(id(child), ())
        told = any(link.address for link in held) and max(link.worth for link in held) > 0.1
        if told and child.name not in ("body", "html"):
            found[child.name].append(child)
    # Links in running text are no list.
    if "a" in found and width("".join(parent.find_all(string=True, recursive=False))) > sum(
        width(element_text(link)) for link in found["a"]
    ):
        del found["a"]
    return found


def _hinted_sets(survey: Survey, hinted: list[Tag]) -> Iterator[list[Tag]]:
    """Give the sets that a hint can mean: what it selects, what is inside of it, what is like it."""
    held = [element for element in hinted if survey.held.get(id(element))]
    inside = {id(element) for element in held}
    if len(held) > 1 and len({element.name for element in held}) == 1:
        yield held
    for records in _sets(survey, 2):
        if all(not inside.isdisjoint(map(id, record.parents)) for record in records):
            yield records
    if len(held) == 1 and held[0].parent is not None:
        like = _children(survey, held[0].parent).get(held[0].name, [])
        own = classes(held[0])
        same = [element for element in like if classes(element) == own]
        if len(same) > 1 and _several(survey, held[0]) < 3:
            yield same


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Records and their fields. ``weight`` is how much the titles say together, ``dated`` a share."""

    records: list[Tag]
    rules: ListRules
    keys: frozenset[str]
    likelihood: float
    weight: float
    dated: float


def _judged(
    sets: Iterator[list[Tag]], survey: Survey, base: str, dates: Dates, *, hinted: bool = False
) -> list[InferredList]:
    unique = {tuple(map(id, records)): records for records in sets}
    likely = sorted(unique.values(), key=lambda records: -_promise(survey, records))[:_CANDIDATES]
    read = [one for records in likely if (one := _read(records, survey, base, dates, hinted=hinted))]
    most = max((one.weight for one in read), default=0) or 1.0
    article = 0.35 if not hinted and is_article(survey) else 1.0
    found: list[InferredList] = []
    seen: set[str] = set()
    taken: set[int] = set()
    for one in sorted(read, key=lambda one: -one.likelihood * (0.7 + 0.3 * one.weight / most)):
        inside = not taken.isdisjoint(map(id, one.records[0].parents))
        if inside or len(one.keys & seen) * 2 >= len(one.keys):
            continue
        seen |= one.keys
        place = 1.0 if hinted else standing(one.records, survey, one.weight, one.dated) * article
        if list_ := _inferred(one, survey, base, place * (0.7 + 0.3 * one.weight / most)):
            if list_.rules.entry in {other.rules.entry for other in found}:
                continue
            found.append(list_)
            taken.update(map(id, one.records))
            if len(found) == MOST:
                break
    return sorted((one for one in found if one.confidence >= _LEAST), key=lambda one: -one.confidence)


def _read(records: list[Tag], survey: Survey, base: str, dates: Dates, *, hinted: bool) -> _Candidate | None:
    rules = find_rules(records, survey, base, dates)
    entries = _entries(rules, records, base)
    if len(entries) < (2 if hinted else _FEWEST):
        return None
    some = list(entries.values())[:: max(1, len(entries) // _READ)]
    worths = [worth(entry.title) for entry in some]
    title = mean(worths) * mean(value > 0.1 for value in worths)
    dated = mean(dates.is_date(entry.published) for entry in some)
    like = mean(articleness(entry.address) for entry in some)
    distinct = len({entry.title for entry in some}) / len(some)
    crowd = _crowd(survey, records[:_READ], rules.link)
    likelihood = 0.15 * min(1.0, len(entries) / 10) + 0.3 * title + 0.3 * dated + 0.25 * like
    likelihood *= distinct * len(entries) / len(records) * min(1.0, 1.3 / crowd) ** 1.5
    weight = sum(worth(entry.title) for entry in entries.values())
    return _Candidate(records, rules, frozenset(entries), likelihood, weight, dated)


def _inferred(one: _Candidate, survey: Survey, base: str, factor: float) -> InferredList | None:
    """Find the selector of a candidate's entries, and see what it really reads."""
    entry, matched = find_selector(survey.soup, one.records, _conditions(one.rules, one.records))
    if not entry:
        return None
    rules = one.rules.model_copy(update={"entry": entry})
    entries = _entries(rules, matched, base)
    both = len(one.keys & entries.keys())
    fit = both / (len(one.keys) + len(entries) - both) if both else 0.0
    if fit < _LIKELY:
        return None
    said = ["links", *(["dates"] if one.dated > 0.5 else []), *(["summaries"] if rules.summary else [])]
    why = f"{len(entries)} <{one.records[0].name}> with {' and '.join(said)}, as {entry}"
    return InferredList(rules, round(min(0.98, one.likelihood * factor * fit), 2), why, len(entries))


def _entries(rules: ListRules, records: Sequence[Tag], base: str) -> dict[str, Entry]:
    """Read entries as a listing does, those with titles."""
    read = (read_entry(rules, record, base) for record in records)
    found: dict[str, Entry] = {}
    for entry in read:
        if entry and entry.title:
            found.setdefault(entry.key, entry)
    return found


def _conditions(rules: ListRules, records: Sequence[Tag]) -> list[str]:
    """Give what tells these entries from their siblings, where no name does."""
    if records[0].name == "a":
        return []
    # Only the first step of each: CSS allows no combinators in :has() that soupsieve would all take.
    steps = [re.split(r"[ :]", selector)[0] for selector in (rules.title, rules.date, rules.link, "a[href]")]
    return [f":has({step})" for step in steps if step]


def _promise(survey: Survey, records: list[Tag]) -> float:
    """Say how much a set may be, before its fields are read."""
    some = records[:: max(1, len(records) // _READ)]
    best = mean(max(link.worth for link in survey.held[id(record)]) for record in some)
    crowd = mean(_several(survey, record) for record in some)
    return float(best * len(records) ** 0.5 * min(1.0, 1.3 / crowd) ** 2)


def _crowd(survey: Survey, records: Sequence[Tag], selector: str) -> float:
    """Count the links in an entry that stand as its own does, on average: a list in it has many.

    An address that several entries have is a category's or an author's.
    """
    likes = []
    for record in records:
        link = find_link(selector, record)
        own = _path(link, record) if link else ()
        held = [other for other in survey.held.get(id(record), ()) if other.worth >= _LIKELY]
        likes.append({other.address for other in held if _path(other.element, record) == own})
    shared = Counter(chain.from_iterable(likes))
    alike = mean(max(1, sum(shared[address] == 1 for address in like)) for like in likes)
    # The columns of a page hold links of every kind.
    return max(alike, mean(_several(survey, record) for record in records) / 3)


def _path(element: Tag, record: Tag) -> tuple[str, ...]:
    """Give the tags from an element up to its entry."""
    between = takewhile(lambda parent: parent is not record, element.parents)
    return (element.name, *(parent.name for parent in between))


def _several(survey: Survey, record: Tag) -> int:
    """Count the different addresses in one entry whose texts could be titles: a list in it has many."""
    held = survey.held.get(id(record), [])
    best = max((link.worth for link in held), default=0.0)
    good = [link for link in held if link.address and link.worth >= max(_LIKELY, 0.6 * best)]
    return max(1, len({link.address for link in good}))
