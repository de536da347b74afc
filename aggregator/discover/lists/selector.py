"""CSS selectors for elements of a page, short and made of names that the site will keep."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import soupsieve
from bs4 import BeautifulSoup, Tag

from aggregator.settings import ListRules
from aggregator.text.html import attribute

_MAX_ANCESTORS = 7
"""Ancestors whose names are used: further ones are the page's frame."""
_SAMPLE = 60
"""Entries, and elements in each, that are compared with their siblings."""
_MAX_TRIES = 80
"""Selectors by names that are tried on a page."""

# Names of a state (active), of a position (first, item-3), of looks (clearfix, mt-2, md:flex).
_PASSING = frozenset(
    (
        "active actived current cur curr now on off open opened show shown hide hidden hover selected select"
        " focus disabled visited unread read lazy loaded animated fadein fadeinup wow sticky new hot"
        " first last odd even alt even-row odd-row top bottom left right center middle begin end fl fr cl"
        " clear clearfix cf clr row col flex grid block inline relative absolute"
        " pull-right pull-left pull_right pull_left float-left float-right text-left text-right"
        " bold line nobg bg has-post-thumbnail"
    ).split()
)
_COUNTED = re.compile(r"(.*?)([-_]?)(\d{1,4})")
_COUNTED_WORDS = frozenset(
    "item items li list post page box news col row slide div link nav tab content block id section".split()
)
_GENERATED = re.compile(
    r".*\d{5,}.*"  # post-20318
    r"|(?:css|sc|jss|jsx|svelte|emotion|_ngcontent|_nghost|styled|ember|yui|ext-gen)[-_].*"
    r"|(?:category|tag|format|author|status|hentry|postid)-.*"  # WordPress, of one article
    r"|.*(?:__|--|_|-)(?=\w*\d)(?=\w*[a-zA-Z])[A-Za-z0-9]{5,}"  # Card_title__3kX9a
    r"|(?=.*[A-Z].*[a-z].*[A-Z])(?=.*\d)[A-Za-z0-9]{6,12}"  # aB3dEf
    r"|.*[:/\[\]!.@%].*"  # md:flex, w-1/2
    r"|(?:[mpwhz][xytrbl]?|shadow|text|font|bg|border|rounded|gap|space|items|justify|max|min|leading|tracking)"
    r"-(?:auto|\w{1,2}|full|bold|medium|center|left|right|none|between|screen|gray|white|black)"
)
_BEFORE_HASH = re.compile(r"[A-Za-z][\w-]{2,40}?__(?=[A-Za-z0-9_-]{5,12}$)")


def lasting_classes(element: Tag) -> list[str]:
    """Give the classes of an element that say what it is, in their order."""
    value = element.get("class")
    names = value if isinstance(value, list) else (value or "").split()
    return [name for name in dict.fromkeys(names) if is_lasting(name)]


def lasting_id(element: Tag) -> str:
    """Give the id of an element if a person named it so; else ""."""
    value = element.get("id")
    name = value if isinstance(value, str) else ""
    return name if name and not re.search(r"\s", name) and is_lasting(name) else ""


def is_lasting(name: str) -> bool:
    """Tell whether a class or id names a kind of thing, and is not passing, counted or generated."""
    if len(name) < 2 or name.lower() in _PASSING or len(name) > 50 or _GENERATED.fullmatch(name):
        return False
    # newslist2 and Three_list_02 are names; item2, card-3 and n7 only count.
    counted = _COUNTED.fullmatch(name)
    if counted is None:
        return True
    stem, mark, number = counted.groups()
    return len(stem) > 2 and stem.lower() not in _COUNTED_WORDS and (not mark or number.startswith("0"))


def common_classes(elements: Sequence[Tag]) -> list[str]:
    """Give the lasting classes that all elements share."""
    shared = lasting_classes(elements[0])
    for element in elements[1:]:
        if not shared:
            break
        own = set(lasting_classes(element))
        shared = [name for name in shared if name in own]
    return shared


def class_selector(tag: str, name: str) -> str:
    """Write the selector of a tag with a class."""
    return f"{tag}.{soupsieve.escape(name)}"


def find_selector(
    soup: BeautifulSoup, wanted: Sequence[Tag], narrower: Sequence[str] = ()
) -> tuple[str, list[Tag]]:
    """Find a selector that reads these elements, of one tag, and no others of the page.

    ``narrower`` are conditions to try behind it (``:has(time)``). Returns the selector, or the nearest where
    none is exact, and what it reads.
    """
    own = {id(element) for element in wanted}
    best: tuple[float, str, list[Tag]] = (0.0, "", [])
    forms = list(dict.fromkeys(_forms(wanted)))
    looks = [wanted[0].name + look + narrow for look in _looks(wanted) for narrow in ("", *narrower)]
    conditions = ["", *dict.fromkeys(narrower)]
    tries = (form + condition for condition in conditions for form in forms)
    positions = [path + narrow for path in _positions(wanted) for narrow in conditions]
    for selector in chain(islice(tries, _MAX_TRIES), looks, positions):
        found = soup.select(selector, limit=3 * len(own) + 20)
        both = sum(id(element) in own for element in found)
        likeness = both / (len(own) + len(found) - both)
        if likeness > best[0]:
            best = (likeness, selector, found)
        if likeness == 1:
            break
    return best[1], best[2]


def _forms(wanted: Sequence[Tag]) -> Iterator[str]:
    """Write selectors from the nearest named ancestor outward, plain ones first."""
    tag = wanted[0].name
    records = [tag, *(class_selector(tag, name) for name in common_classes(wanted))]
    if tag in ("div", "span", "p", "section", "table", "ul", "dl"):
        # These tags are used for anything: their classes go first.
        records = records[1:] + records[:1]
    level = _unique(element.parent for element in wanted)
    parents = list(_steps(level))
    for step in parents:
        yield from (f"{step} > {record}" for record in records)
    yield from (record for record in records if record != tag or tag == "article")
    endings = [*records, *(f"{parent} > {record}" for parent in parents for record in records)]
    like = bool(level) and len({element.name for element in level}) == 1
    unnamed = f"{level[0].name} > {tag}" if like else ""
    yield from _forms_above(level, endings, unnamed)


def _forms_above(level: Sequence[Tag], endings: Sequence[str], unnamed: str) -> Iterator[str]:
    """Write selectors that begin above a level; ``unnamed`` ends one by tags alone."""
    for height in range(_MAX_ANCESTORS):
        level = _unique(element.parent for element in level)
        for step in _steps(level):
            if unnamed and not height:
                yield f"{step} > {unnamed}"
            yield from (f"{step} {ending}" for ending in endings)
            if unnamed and height:
                yield f"{step} {unnamed}"


def _looks(wanted: Sequence[Tag]) -> list[str]:
    """Write selectors by what all classes share besides names, which is better than counting siblings.

    It is the part before a build's hash (``Card_title__3kX9a``), else classes of looks (``col-4``).
    """
    shared = set.intersection(*(set(attribute(element, "class").split()) for element in wanted))
    stems = [match[0] for name in sorted(shared) if (match := _BEFORE_HASH.match(name))]
    plain = [name for name in sorted(shared) if not _GENERATED.fullmatch(name)]
    return [f'[class*="{stem}"]' for stem in stems] + [class_selector("", name) for name in plain[:5]]


def _positions(wanted: Sequence[Tag]) -> Iterator[str]:
    """Write selectors by tags alone that count siblings, as a last resort, ever further up."""
    level, path = _unique(element.parent for element in wanted), wanted[0].name
    while len(level) > 1:
        if len({element.name for element in level}) > 1:
            return
        path = f"{level[0].name} > {path}"
        level = _unique(element.parent for element in level)
    for element in (*level, *(parent for one in level for parent in one.parents)):
        if element.name in ("body", "html", "[document]"):
            yield f"body > {path}"
            return
        before = sum(other.name == element.name for other in element.find_previous_siblings())
        alone = not before and not element.find_next_sibling(element.name)
        step = next(_steps([element]), element.name)
        path = f"{step}{'' if alone or step.startswith('#') else f':nth-of-type({before + 1})'} > {path}"
        yield path


def _steps(level: Sequence[Tag]) -> Iterator[str]:
    """Write selectors of all elements of a level: by tag and class, or by the id of a single one."""
    if not level or len({element.name for element in level}) > 1 or level[0].name in ("body", "html"):
        return
    tag = level[0].name
    names = [class_selector(tag, name) for name in common_classes(level)]
    own = lasting_id(level[0]) if len(level) == 1 else ""
    yield from names[:2]
    if own:
        yield f"#{soupsieve.escape(own)}"
    if tag in ("main", "article"):
        yield tag


def _unique(elements: Iterable[Tag | None]) -> list[Tag]:
    found = {
        id(element): element for element in elements if element is not None and element.name != "[document]"
    }
    return list(found.values())


def places(element: Tag, record: Tag) -> list[tuple[str, float]]:
    """Write selectors of an element by its position inside an entry, each with a cost: shorter ones first."""
    steps: list[str] = []
    for one in (element, *element.parents):
        if one is record:
            break
        alone = not (one.find_next_sibling(one.name) or one.find_previous_sibling(one.name))
        steps.insert(0, one.name if alone else f"{one.name}:nth-of-type({ordinal(one)})")
    if not steps:
        return []
    found = dict.fromkeys((steps[-1], " > ".join(steps[-2:]), f":scope > {' > '.join(steps)}"))
    return [(selector, 0.01 * number) for number, selector in enumerate(found)]


def ordinal(element: Tag) -> int:
    """Count an element among its siblings of the same tag, from 1."""
    return sum(before.name == element.name for before in element.find_previous_siblings()) + 1


def conditions(rules: ListRules, records: Sequence[Tag]) -> list[str]:
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
