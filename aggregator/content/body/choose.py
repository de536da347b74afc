"""The choice of the units that are the article: two libraries vote, and our own rules decide."""

import re
from collections.abc import Iterable, Sequence

from lxml import etree, html

from aggregator.content.body.names import holds_file, is_furniture, stands_aside
from aggregator.content.body.units import Unit, linked, sizes_by_element, total, units_within

# These weights were set by hand on the corpora that docs/extraction.md names.
SAME = 0.8
"""The share of an answer that the other must hold to count as the same."""
HALF = 0.5
"""The share of links above which an answer is a list, and of readability's text that both must have."""
FULL, TOO_MUCH = 1500, 3
"""The size from which on readability is believed against an answer that is so many times as long."""
LITTLE = 100
"""The size below which readability has found only a part."""
LINKS_ADDED = 0.4
"""The share of links above which what trafilatura adds is teasers."""
LEAD = 60
"""The least size of a text before the article that can be its lead."""
LEAD_LINKS = 0.2
"""The share of links up to which such a text is a lead and no menu."""
ALSO = range(12, 250)
"""Sizes of a line that only links to another article ("see also")."""
ALSO_LINKS = 0.7
"""The share of links that such a line has at least."""
ALSO_PART = 0.3
"""The share of an article's lines up to which such lines are dropped; above, the article consists of them."""
FURNITURE = 0.3
"""The share of the text from which on nothing is furniture, whatever it is called."""
_BYLINE = re.compile(r"(?:信息|文章|稿件)?(?:来源|稿源|作者|发布(?:时间|日期)|责任编辑)[:：][^。！？]{0,100}")
NEARLY_ALL = 0.95
"""The share of a text that the element around it must hold; the rest may stand outside."""


def choose(units: Sequence[Unit], readability: set[str], trafilatura: set[str]) -> tuple[str, list[Unit]]:
    """Return whose answer was believed and the units that are the article, none where there is no article."""
    first = _prose([unit for unit in units if unit.number in readability])
    second = _prose([unit for unit in units if unit.number in trafilatura])
    who, chosen = _weigh(first, second)
    if not chosen:
        return who, []
    kept = {unit.number for unit in chosen} | _lead(units, chosen)
    chosen = drop_furniture([unit for unit in units if unit.number in kept])
    return who, _without_title(_without_links(chosen))


def _without_links(chosen: list[Unit]) -> list[Unit]:
    """Leave out lines that only link to other articles, if there are few."""
    kept = [unit for unit in chosen if not _is_link_only(unit)]
    return kept if len(chosen) - len(kept) <= ALSO_PART * len(chosen) else chosen


def _without_title(chosen: list[Unit]) -> list[Unit]:
    """Leave out the title and the byline where the article begins with them, since metadata has them."""
    heads = [is_title(unit) or is_byline(unit) for unit in chosen]
    start = next((at for at, unit in enumerate(chosen) if unit.size > LEAD and not heads[at]), 0)
    # Where there is nothing else, a title stays for the caller to judge.
    first = heads.index(False) if False in heads else len(heads)
    return [
        unit
        for at, unit in enumerate(chosen)
        if not (heads[at] and at < start) and not (at < first and is_byline(unit))
    ]


def is_title(unit: Unit) -> bool:
    """Tell whether a unit is a main heading or a part of one."""
    return any(around.tag == "h1" for around in (unit.element, *unit.element.iterancestors(etree.Element)))


def is_byline(unit: Unit) -> bool:
    """Tell whether a unit is a line such as 来源：海事局 发布时间：2026-03-05."""
    return bool(_BYLINE.fullmatch("".join(unit.runs)))


def _prose(answer: list[Unit]) -> list[Unit]:
    """Return an answer, or nothing where most of it is links: that is a list of articles."""
    return answer if linked(answer) <= HALF * total(answer) else []


def _weigh(first: list[Unit], second: list[Unit]) -> tuple[str, list[Unit]]:
    """Decide between readability's answer and trafilatura's.

    readability finds the block and keeps what is in it; where it errs it takes the wrong block. So it is
    believed where trafilatura knows its text as well. trafilatura picks paragraphs: it finds nearly every
    article, and now and then adds what stands around one.
    """
    if not first or not second:
        return ("readability", first) if first else ("trafilatura", second)
    both, added = _parted(second, first)
    in_second, in_first = total(both) / total(first), total(both) / total(second)
    if in_second >= HALF and total(first) >= FULL and total(second) > TOO_MUCH * total(first):
        return "readability", first
    if in_second >= SAME and in_first < SAME:
        if linked(added) > LINKS_ADDED * total(added):
            return "readability", first
        if total(added) >= total(first) or total(first) < LITTLE:
            return "trafilatura and readability", [*first, *added]
    if in_second >= SAME:
        return "readability and trafilatura", [*first, *_within(both, added)]
    if in_first >= SAME:
        return "what both take", [*both, *_within(both, added)]
    return "trafilatura", second


def _parted(answer: list[Unit], other: list[Unit]) -> tuple[list[Unit], list[Unit]]:
    """Part an answer into the units that another has as well, and those that it has not."""
    numbers = {unit.number for unit in other}
    shared = [unit for unit in answer if unit.number in numbers]
    return shared, [unit for unit in answer if unit.number not in numbers]


def drop_furniture(chosen: Sequence[Unit]) -> list[Unit]:
    """Leave out what stands in share bars, comments, related lists and their like.

    Nothing that holds a good part of the text is furniture, whatever it is called.
    """
    most = FURNITURE * total(chosen)
    marked = {
        element
        for element, size in sizes_by_element(chosen).items()
        if size < most and element.tag not in ("body", "article", "main") and is_furniture(element)
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


def _within(held: Sequence[Unit], units: Sequence[Unit]) -> list[Unit]:
    """Return those of ``units`` inside of the smallest element around nearly all of the text of ``held``."""
    enough = NEARLY_ALL * total(held)
    holders = [element for element, size in sizes_by_element(held).items() if size >= enough]
    return units_within(max(holders, key=lambda element: sum(1 for _ in element.iterancestors())), units)


def _lead(units: Sequence[Unit], chosen: Sequence[Unit]) -> set[str]:
    """Return the numbers of paragraphs between the title and the article, which both libraries miss."""
    numbers = {unit.number for unit in chosen}
    start = next((at for at, unit in enumerate(units) if unit.number in numbers and unit.size > LEAD), 0)
    title = next((at for at in range(start - 1, -1, -1) if is_title(units[at])), start)
    return {
        unit.number
        for unit in units[title + 1 : start]
        if unit.size >= LEAD
        and unit.linked <= LEAD_LINKS * unit.size
        and unit.element.tag in ("p", "div", "h2", "h3")
        and not stands_aside(unit.element)
    }


def _is_link_only(unit: Unit) -> bool:
    """Tell whether a paragraph is a link to another article and nothing more."""
    element = unit.element
    return (
        unit.size in ALSO
        and unit.linked >= ALSO_LINKS * unit.size
        and element.tag in ("p", "div", "h2", "h3", "h4", "h5", "h6")
        and not any(around.tag in ("table", "li", "dd", "dt") for around in element.iterancestors())
        and not holds_file(element)
    )
