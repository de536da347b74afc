"""Pages that list articles: many blocks alike, each with a link for a title."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lxml import etree, html

from aggregator.content.body.units import Unit, total

LEAST_ITEMS = 6
LONGEST = 600
"""The mean size from which on an item is no teaser: a weblog's page of whole posts is worth reading."""
_ITEMS = frozenset("li div article section tr dl dd".split())


def is_list(units: Sequence[Unit], chosen: Sequence[Unit]) -> bool:
    """Tell whether most of the text chosen stands in items that are alike and begin with a link."""
    weights: Counter[html.HtmlElement] = Counter()
    for unit in chosen:
        for element in (unit.element, *unit.element.iterancestors(etree.Element)):
            weights[element] += unit.size
    whole = total(chosen)
    for parent, weight in weights.items():
        if weight < 0.6 * whole:
            continue
        kinds = Counter(_kind(child) for child in parent if child.tag in _ITEMS)
        kind, count = kinds.most_common(1)[0] if kinds else (("", ""), 0)
        if count < LEAST_ITEMS:
            continue
        items = [child for child in parent if _kind(child) == kind]
        if not 0.6 * whole <= sum(weights[item] for item in items) <= LONGEST * count:
            continue
        inner = _units_of(items, units)
        if sum(map(_is_card, inner)) >= 0.7 * count:
            return True
    return False


def _kind(element: html.HtmlElement) -> tuple[str, str]:
    # The first class is what an element is; those behind it tell one item from the next.
    return str(element.tag), next(iter((element.get("class") or "").split()), "")


def _units_of(items: Sequence[html.HtmlElement], units: Sequence[Unit]) -> list[list[Unit]]:
    at = {item: number for number, item in enumerate(items)}
    inner: list[list[Unit]] = [[] for _ in items]
    for unit in units:
        for element in (unit.element, *unit.element.iterancestors()):
            if element in at:
                inner[at[element]].append(unit)
                break
    return inner


def _is_card(units: Sequence[Unit]) -> bool:
    """Tell whether an item has a title that is a link, and a text beside it that is none."""
    title = next((unit for unit in units[:3] if unit.size >= 8 and unit.linked >= 0.7 * unit.size), None)
    return title is not None and any(unit.linked < 0.5 * unit.size for unit in units if unit is not title)
