"""Which units are the article: the two libraries' votes weighed, and our own rules after them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lxml import etree, html

from aggregator.content.body.names import holds_file, is_furniture, stands_aside
from aggregator.content.body.units import Unit, total

SAME = 0.8
"""The share of one answer in the other from which on it counts as held by it."""
FULL = 1500
"""A size at which an answer is believed to be whole, against one three times as long."""
LEAD = 60
"""The least size of a text before the article that can be its lead."""
ALSO = range(12, 250)
"""The sizes of a line that only links to another article."""


def choose(units: Sequence[Unit], readability: set[str], trafilatura: set[str]) -> tuple[str, list[Unit]]:
    """Return who was believed, and the units that are the article; none where there is no article."""
    first = _prose([unit for unit in units if unit.number in readability])
    second = _prose([unit for unit in units if unit.number in trafilatura])
    who, chosen = _weigh(units, first, second)
    if not chosen:
        return who, []
    kept = {unit.number for unit in chosen} | _lead(units, chosen)
    chosen = drop_furniture([unit for unit in units if unit.number in kept])
    also = [unit for unit in chosen if _is_link_only(unit)]
    if len(also) <= 0.3 * len(chosen):
        only = {unit.number for unit in also}
        chosen = [unit for unit in chosen if unit.number not in only]
    return who, _without_title(chosen)


def _without_title(chosen: list[Unit]) -> list[Unit]:
    """Leave out the title where the article begins with it: whoever asks has it already."""
    start = next((at for at, unit in enumerate(chosen) if unit.size > LEAD and not _is_title(unit)), 0)
    titles = {unit.number for unit in chosen[:start] if _is_title(unit)}
    return [unit for unit in chosen if unit.number not in titles]


def _is_title(unit: Unit) -> bool:
    return any(around.tag == "h1" for around in (unit.element, *unit.element.iterancestors(etree.Element)))


def _prose(answer: list[Unit]) -> list[Unit]:
    """Return an answer, or nothing where most of it is links: that is a list of articles, and no article."""
    return answer if sum(unit.linked for unit in answer) <= 0.5 * total(answer) else []


def _weigh(units: Sequence[Unit], first: list[Unit], second: list[Unit]) -> tuple[str, list[Unit]]:
    """Decide between readability's answer and trafilatura's.

    readability finds the block and keeps what is in it; where it errs it takes the wrong block. So it is
    believed where trafilatura knows its text as well. trafilatura picks paragraphs: it finds nearly every
    article, and now and then adds what stands around one.
    """
    ours = {unit.number for unit in first}
    theirs = {unit.number for unit in second}
    both = [unit for unit in first if unit.number in theirs]
    sizes = total(first), total(second), total(both)
    if not sizes[0] or not sizes[1]:
        return ("readability", first) if sizes[0] else ("trafilatura", second)
    in_second, in_first = sizes[2] / sizes[0], sizes[2] / sizes[1]
    added = [unit for unit in second if unit.number not in ours]
    if in_second >= 0.5 and sizes[0] >= FULL and sizes[1] > 3 * sizes[0]:
        return "readability", first
    if in_second >= SAME:
        if in_first < SAME:
            if sum(unit.linked for unit in added) > 0.4 * total(added):
                return "readability", first
            if total(added) >= sizes[0] or sizes[0] < 100:
                return "trafilatura and readability", [*first, *added]
        inside = _inside(both)
        return "readability and trafilatura", [*first, *(unit for unit in added if unit.element in inside)]
    if in_first >= SAME:
        inside = _inside(both)
        return "what both take", [*both, *(unit for unit in added if unit.element in inside)]
    return "trafilatura", second


def drop_furniture(chosen: Sequence[Unit]) -> list[Unit]:
    """Leave out what stands in share bars, comments, related lists and their like.

    Nothing that holds a good part of the text is furniture, whatever it is called.
    """
    weights: dict[html.HtmlElement, int] = {}
    for unit in chosen:
        for element in (unit.element, *unit.element.iterancestors(etree.Element)):
            weights[element] = weights.get(element, 0) + unit.size
    whole = total(chosen)
    marked = {
        element
        for element, weight in weights.items()
        if weight < 0.3 * whole and element.tag not in ("body", "article", "main") and is_furniture(element)
    }
    return [
        unit
        for unit in chosen
        if unit.element not in marked and not any(around in marked for around in unit.element.iterancestors())
    ]


def cover(elements: Iterable[html.HtmlElement]) -> html.HtmlElement:
    """Return the smallest element around all of ``elements``, of which there must be one."""
    common: list[html.HtmlElement] = []
    for element in elements:
        path = [element, *element.iterancestors()][::-1]
        if common:
            length = next(
                (at for at, pair in enumerate(zip(common, path, strict=False)) if pair[0] is not pair[1]),
                min(len(common), len(path)),
            )
            common = common[:length]
        else:
            common = path
    return common[-1]


def _inside(units: Sequence[Unit]) -> set[html.HtmlElement]:
    """Return the elements inside of the smallest one that holds nearly all of the text of ``units``."""
    weights: dict[html.HtmlElement, int] = {}
    for unit in units:
        for element in (unit.element, *unit.element.iterancestors(etree.Element)):
            weights[element] = weights.get(element, 0) + unit.size
    enough = 0.95 * total(units)
    holders = [element for element, weight in weights.items() if weight >= enough]
    innermost = max(holders, key=lambda element: sum(1 for _ in element.iterancestors()))
    return set(innermost.iter(etree.Element))


def _lead(units: Sequence[Unit], chosen: Sequence[Unit]) -> set[str]:
    """Return the numbers of the paragraphs between the title and the article, which both libraries miss."""
    numbers = {unit.number for unit in chosen}
    start = next((at for at, unit in enumerate(units) if unit.number in numbers and unit.size > LEAD), 0)
    title = next(
        (at for at in range(start - 1, -1, -1) if _is_title(units[at])),
        start,
    )
    return {
        unit.number
        for unit in units[title + 1 : start]
        if unit.size >= LEAD
        and unit.linked <= 0.2 * unit.size
        and unit.element.tag in ("p", "div", "h2", "h3")
        and not stands_aside(unit.element)
    }


def _is_link_only(unit: Unit) -> bool:
    """Tell whether a paragraph is a link to another article and nothing more."""
    element = unit.element
    return (
        unit.size in ALSO
        and unit.linked >= 0.7 * unit.size
        and element.tag in ("p", "div", "h2", "h3", "h4", "h5", "h6")
        and not any(around.tag in ("table", "li", "dd", "dt") for around in element.iterancestors())
        and not holds_file(element)
    )
