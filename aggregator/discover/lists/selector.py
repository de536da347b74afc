"""CSS selectors for elements of a page, short and made of names that will be there tomorrow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import soupsieve
from bs4 import BeautifulSoup, Tag

from aggregator.text.html import attribute

_UP = 7
"""Ancestors that are asked for a name: further ones are the page's frame."""
_TRIES = 80

# Names of a moment (active), of a place (first, item-3), of looks (clearfix, mt-2, md:flex).
_MOMENT = frozenset(
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


def classes(element: Tag) -> list[str]:
    """Give the classes of an element that say what it is, in the page's order."""
    value = element.get("class")
    names = value if isinstance(value, list) else (value or "").split()
    return [name for name in dict.fromkeys(names) if is_lasting(name)]


def identity(element: Tag) -> str:
    """Give the id of an element if it is one that a person gave; empty without one."""
    value = element.get("id")
    name = value if isinstance(value, str) else ""
    return name if name and not re.search(r"\s", name) and is_lasting(name) else ""


def is_lasting(name: str) -> bool:
    """Tell a class or id that names a kind of thing from a passing, counted or generated one."""
    if len(name) < 2 or name.lower() in _MOMENT or len(name) > 50 or _GENERATED.fullmatch(name):
        return False
    # newslist2 and Three_list_02 name; item2, card-3 and n7 only count.
    counted = _COUNTED.fullmatch(name)
    if counted is None:
        return True
    stem, mark, number = counted.groups()
    return len(stem) > 2 and stem.lower() not in _COUNTED_WORDS and (not mark or number.startswith("0"))


def common_classes(elements: Sequence[Tag]) -> list[str]:
    """Give the lasting classes that all elements share."""
    shared = classes(elements[0])
    for element in elements[1:]:
        if not shared:
            break
        own = set(classes(element))
        shared = [name for name in shared if name in own]
    return shared


def named(tag: str, name: str) -> str:
    """Write a tag with a class."""
    return f"{tag}.{soupsieve.escape(name)}"


def find_selector(
    soup: BeautifulSoup, wanted: Sequence[Tag], narrower: Sequence[str] = ()
) -> tuple[str, list[Tag]]:
    """Find a selector that reads these elements, of one tag, and no others of the page.

    ``narrower`` are conditions to try behind it (``:has(time)``). Returns it with what it does read: where
    no selector is exact, the one that comes nearest.
    """
    own = {id(element) for element in wanted}
    best: tuple[float, str, list[Tag]] = (0.0, "", [])
    forms = list(dict.fromkeys(_forms(wanted)))
    looks = [wanted[0].name + look + narrow for look in _looks(wanted) for narrow in ("", *narrower)]
    conditions = ["", *dict.fromkeys(narrower)]
    tries = (form + condition for condition in conditions for form in forms)
    for selector in chain(islice(tries, _TRIES), looks, _positions(wanted)):
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
    records = [tag, *(named(tag, name) for name in common_classes(wanted))]
    if tag in ("div", "span", "p", "section", "table", "ul", "dl"):
        records = records[1:] + records[:1]  # tags that are about anything
    level = _unique(element.parent for element in wanted)
    parents = list(_steps(level))
    for step in parents:
        yield from (f"{step} > {record}" for record in records)
    yield from (record for record in records if record != tag or tag == "article")
    below = level[0].name if level and len({element.name for element in level}) == 1 else ""
    for height in range(_UP):
        level = _unique(element.parent for element in level)
        if not level:
            return
        for step in _steps(level):
            if below and not height:
                yield f"{step} > {below} > {tag}"
            yield from (f"{step} {record}" for record in records)
            for parent in parents:
                yield from (f"{step} {parent} > {record}" for record in records)
            if below and height:
                yield f"{step} {below} > {tag}"


def _looks(wanted: Sequence[Tag]) -> list[str]:
    """Give what the class of all shares besides names: better than counting.

    The part before a build's hash (``Card_title__3kX9a``), else classes of looks (``col-4``).
    """
    shared = set.intersection(*(set(attribute(element, "class").split()) for element in wanted))
    stems = [match[0] for name in sorted(shared) if (match := _BEFORE_HASH.match(name))]
    plain = [name for name in sorted(shared) if not _GENERATED.fullmatch(name)]
    return [f'[class*="{stem}"]' for stem in stems] + [named("", name) for name in plain[:5]]


def _positions(wanted: Sequence[Tag]) -> Iterator[str]:
    """Count siblings, as a last resort, as far up as it takes."""
    level = _unique(element.parent for element in wanted)
    if len(level) != 1:
        return
    path = wanted[0].name
    for element in (level[0], *level[0].parents):
        if element.name in ("body", "html", "[document]"):
            yield f"body > {path}"
            return
        before = sum(other.name == element.name for other in element.find_previous_siblings())
        alone = not before and not element.find_next_sibling(element.name)
        step = next(_steps([element]), element.name)
        path = f"{step}{'' if alone or step.startswith('#') else f':nth-of-type({before + 1})'} > {path}"
        yield path


def _steps(level: Sequence[Tag]) -> Iterator[str]:
    """Write the names that all elements of a level share: the id of a single one, tag and class."""
    if not level or len({element.name for element in level}) > 1 or level[0].name in ("body", "html"):
        return
    tag = level[0].name
    names = [named(tag, name) for name in common_classes(level)]
    own = identity(level[0]) if len(level) == 1 else ""
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
