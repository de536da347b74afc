"""The check for pages that list articles: many blocks alike, each with a link for a title."""

from collections import Counter
from collections.abc import Sequence

from lxml import html

from aggregator.content.body.blocks import Block, sizes_by_element, total

MIN_ITEMS = 6
MAX_TEASER = 600
"""The mean size of an item above which it is no teaser: a weblog may show whole posts."""
LISTED = 0.6
"""The share of the text chosen that stands in such items."""
CARDS = 0.7
"""The share of items that have a title and a text."""
LINKED = 0.7
"""The share of a title that is its link."""
_ITEMS = frozenset("li div article section tr dl dd".split())


def is_list(units: Sequence[Block], chosen: Sequence[Block]) -> bool:
    """Tell whether most of the text chosen stands in items that are alike and begin with a link."""
    sizes = sizes_by_element(chosen)
    listed = LISTED * total(chosen)
    for parent, size in sizes.items():
        if size < listed:
            continue
        kinds = Counter(_kind(child) for child in parent if child.tag in _ITEMS)
        kind, count = kinds.most_common(1)[0] if kinds else (("", ""), 0)
        if count < MIN_ITEMS:
            continue
        items = [child for child in parent if _kind(child) == kind]
        if not listed <= sum(sizes[item] for item in items) <= MAX_TEASER * count:
            continue
        inner = _units_of(items, units)
        if sum(map(_is_card, inner)) >= CARDS * count:
            return True
    return False


def _kind(element: html.HtmlElement) -> tuple[str, str]:
    # The first class names the kind of an element; later ones differ from item to item.
    return str(element.tag), next(iter((element.get("class") or "").split()), "")


def _units_of(items: Sequence[html.HtmlElement], units: Sequence[Block]) -> list[list[Block]]:
    at = {item: number for number, item in enumerate(items)}
    inner: list[list[Block]] = [[] for _ in items]
    for unit in units:
        for block in unit.around():
            if block.element in at:
                inner[at[block.element]].append(unit)
                break
    return inner


def _is_card(units: Sequence[Block]) -> bool:
    """Tell whether an item has a title that is a link, and a text beside it that is none."""
    title = next((unit for unit in units[:3] if unit.size >= 8 and unit.linked >= LINKED * unit.size), None)
    return title is not None and any(unit.linked < 0.5 * unit.size for unit in units if unit is not title)
