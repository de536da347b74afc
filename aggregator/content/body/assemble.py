"""The article's markup: the page's own tree, pruned to what was chosen."""

from collections import Counter
from collections.abc import Sequence

from lxml import etree, html

from aggregator.content.body.blocks import Block, cover, leads_away
from aggregator.content.body.names import holds_file, is_furniture, stands_aside
from aggregator.content.body.tree import MARK
from aggregator.text.elements import LANDMARKS, MEDIA, PAGE_BLOCKS

_UNWANTED = LANDMARKS | {"form", "svg"}
_KEPT = frozenset({"figure", "figcaption"})
_LISTS = ("ul", "ol", "dl")
MAX_CAPTION = 400
"""Characters beside a picture up to which they are its caption."""
MAX_LINKED, MAX_LINKED_TABLE, MAX_LINKED_CAPTION = 0.3, 0.5, 0.5
"""Shares of links from which on a block leads elsewhere: tables link their rows, captions their sources."""
NEAR = 2
"""Levels around the article's block in which links to files are its own."""


def assemble(
    units: Sequence[Block],
    chosen: Sequence[Block],
    container: html.HtmlElement | None = None,
) -> str:
    """Return the HTML of ``chosen``, with the tables, lists, images and files that belong to them.

    All of ``container`` belongs to them, its furniture aside.
    """
    elements = [unit.element for unit in chosen]
    if container is not None:
        elements.append(container)
    files = _files(units, chosen, cover(elements))
    root = cover([*elements, *(unit.element for unit in files)])
    _Pruning(root, units, [*chosen, *files], container).prune(root)
    root.tail = None
    for element in root.iter(etree.Element):
        element.attrib.pop(MARK, None)
    return str(html.tostring(root, encoding="unicode"))


def _files(units: Sequence[Block], chosen: Sequence[Block], root: html.HtmlElement) -> list[Block]:
    """Return the units that link to files, in the article's block and the two around it."""
    around = root
    for _ in range(NEAR):
        parent = around.getparent()
        if parent is None or parent.tag in ("body", "html"):
            break
        around = parent
    near = set(around.iter(etree.Element))
    taken = {unit.number for unit in chosen}
    start = next((at for at, unit in enumerate(units) if unit.number in taken), 0)
    return [
        unit
        for unit in units[start:]
        if unit.number not in taken
        and unit.element in near
        and unit.linked
        and holds_file(unit.element)
        and not stands_aside(unit.element)
    ]


class _Pruning:
    """One pass over a tree that keeps elements with chosen text, and others only if they belong to it."""

    def __init__(
        self,
        root: html.HtmlElement,
        units: Sequence[Block],
        chosen: Sequence[Block],
        container: html.HtmlElement | None,
    ) -> None:
        self.chosen = {unit.element for unit in chosen}
        self.texts = {unit.element for unit in units}
        self.whole = set() if container is None else set(container.iter(etree.Element))
        self.counts: Counter[html.HtmlElement] = Counter()
        for element in self.chosen if container is None else {*self.chosen, container}:
            self.counts.update((element, *element.iterancestors(etree.Element)))
        order = {element: at for at, element in enumerate(root.iter(etree.Element))}
        places = sorted(order[element] for element in self.chosen) or [0]
        self.between = {element for element, at in order.items() if places[0] <= at <= places[-1]}

    def prune(self, element: html.HtmlElement, block: html.HtmlElement | None = None) -> None:
        """Take out of ``element`` what does not belong to the article; at most ``MAX_DEPTH`` calls deep.

        ``block`` is the block whose text a ``<span>`` around blocks holds.
        """
        owner = element if block is None else block
        for child in list(element.iterchildren(etree.Element)):
            if child in self.counts:
                self.prune(child, None if child.tag in PAGE_BLOCKS else owner)
            elif _is_block(child):
                if child.tag not in PAGE_BLOCKS and child.tag not in MEDIA and owner in self.chosen:
                    self.prune(child, owner)
                    continue
                _drop_furniture(child)
                if _is_unwanted(child) or not self._belongs(child, owner):
                    child.drop_tree()
        if owner not in self.chosen and owner in self.texts:
            self._empty(element)

    def _empty(self, element: html.HtmlElement) -> None:
        """Take out the text that an element holds itself, and leave the blocks inside."""
        element.text = None
        for child in list(element):
            child.tail = None
            if child not in self.counts and not _is_block(child):
                element.remove(child)

    def _belongs(self, child: html.HtmlElement, parent: html.HtmlElement) -> bool:
        """Tell whether a block without chosen text, its furniture dropped, is the article's."""
        if child in self.whole:
            return True
        size, linked = _measure(child)
        tags = {element.tag for element in child.iter(etree.Element)}
        if tags & MEDIA and size < MAX_CAPTION and _is_captioned(tags, size, linked):
            return child in self.between or self._is_beside_text(parent)
        if not size or (parent not in self.chosen and self.counts[parent] < 2):
            return False
        return self._is_of_text(child, tags, size, linked)

    def _is_of_text(self, child: html.HtmlElement, tags: set[str], size: int, linked: int) -> bool:
        """Tell whether a block with text beside chosen text goes with it; lists and tables may link more."""
        if child.tag in _LISTS:
            return child in self.between and linked < MAX_LINKED * size
        if child.tag in ("table", "pre"):
            return linked < MAX_LINKED_TABLE * size
        if child in self.between and not linked and self._lines(child):
            return True
        return linked < MAX_LINKED * size and (child.tag in _KEPT or not tags.isdisjoint(("table", "pre")))

    def _lines(self, block: html.HtmlElement) -> bool:
        """Tell whether a block holds lines alike: code, or a grid of dates and fees."""
        lines = [element for element in block.iter(etree.Element) if element in self.texts]
        return len(lines) > 1 and len({(line.tag, line.get("class")) for line in lines}) <= len(lines) / 2

    def _is_beside_text(self, parent: html.HtmlElement) -> bool:
        """Tell whether a picture before or behind the text stands in a figure, or beside most of the text."""
        framed = parent.tag == "figure" or next(parent.iterancestors("figure"), None) is not None
        return framed or 2 * self.counts[parent] > len(self.chosen)


def _drop_furniture(block: html.HtmlElement) -> None:
    for element in list(block.iterdescendants(etree.Element)):
        if _is_unwanted(element):
            element.drop_tree()


def _is_unwanted(element: html.HtmlElement) -> bool:
    return element.tag in _UNWANTED or is_furniture(element)


def _is_captioned(tags: set[str], size: int, linked: int) -> bool:
    """Tell whether the text beside a picture is its caption: a figure's may link to its source."""
    return not linked or (
        not tags.isdisjoint(("figure", "figcaption")) and linked <= MAX_LINKED_CAPTION * size
    )


def _is_block(element: html.HtmlElement) -> bool:
    return any(one.tag in PAGE_BLOCKS or one.tag in MEDIA for one in element.iter(etree.Element))


def _measure(element: html.HtmlElement) -> tuple[int, int]:
    """Return the characters of an element's text, and those of the links in it."""
    links = sum(len("".join(link.itertext()).strip()) for link in element.iter("a") if leads_away(link))
    return sum(len(piece.strip()) for piece in element.itertext()), links
