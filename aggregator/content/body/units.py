"""Units: the text that one block of a tree holds itself, without the blocks inside of it."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lxml import etree, html

from aggregator.content.body.tree import NUMBER
from aggregator.text.html import PAGE_BLOCKS

_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")


@dataclass(slots=True)
class Unit:
    """The text that one block holds itself."""

    element: html.HtmlElement
    runs: list[str] = field(default_factory=list)
    """Its text without white space, parted by inner blocks and line breaks."""
    size: int = 0
    """Its characters; a Chinese one counts as two."""
    linked: int = 0
    """The part of ``size`` that is links to elsewhere."""

    @property
    def number(self) -> str:
        """The number of its element, see ``tree.NUMBER``."""
        return str(self.element.get(NUMBER))


def read_units(body: html.HtmlElement) -> list[Unit]:
    """List the units of a tree that hold text, in document order."""
    units: list[Unit] = []
    stack: list[Unit] = []
    links = 0
    fresh = True
    for event, element in etree.iterwalk(body, events=("start", "end")):
        block = element.tag in PAGE_BLOCKS or element is body
        away = element.tag == "a" and leads_away(element)
        if event == "start":
            if block:
                stack.append(Unit(element))
                units.append(stack[-1])
            links += away
            fresh = fresh or block or element.tag == "br"
            text = element.text
        else:
            if block:
                stack.pop()
            links -= away
            fresh = fresh or block
            text = element.tail if stack else None
        squashed = "".join((text or "").split())
        if squashed:
            _add(stack[-1], squashed, fresh=fresh, linked=links > 0)
            fresh = False
    return [unit for unit in units if unit.runs]


def total(units: Iterable[Unit]) -> int:
    """Add up the sizes of units."""
    return sum(unit.size for unit in units)


def linked(units: Iterable[Unit]) -> int:
    """Add up the sizes of the links in units."""
    return sum(unit.linked for unit in units)


def sizes_by_element(units: Iterable[Unit]) -> Counter[html.HtmlElement]:
    """Add up the sizes of units for every element that holds some of them."""
    sizes: Counter[html.HtmlElement] = Counter()
    for unit in units:
        for element in (unit.element, *unit.element.iterancestors(etree.Element)):
            sizes[element] += unit.size
    return sizes


def units_within(element: html.HtmlElement, units: Sequence[Unit]) -> list[Unit]:
    """Return the units inside of an element."""
    inside = set(element.iter(etree.Element))
    return [unit for unit in units if unit.element in inside]


def leads_away(link: html.HtmlElement) -> bool:
    """Tell whether a link leads off the page: notes, tables of contents and buttons do not."""
    href = (link.get("href") or "").strip().lower()
    return bool(href) and not href.startswith(("#", "javascript:"))


def _add(unit: Unit, text: str, *, fresh: bool, linked: bool) -> None:
    size = len(text) + len(_WIDE.findall(text))
    unit.size += size
    if linked:
        unit.linked += size
    if fresh or not unit.runs:
        unit.runs.append(text)
    else:
        unit.runs[-1] += text
