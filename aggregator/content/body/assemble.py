"""The article's markup: the page's own tree, without what was not chosen."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree, html

from aggregator.content.body.choose import cover
from aggregator.content.body.names import holds_file, is_furniture, stands_aside
from aggregator.content.body.tree import BLOCKS, MARK, MEDIA, NUMBER
from aggregator.content.body.units import Unit, leads_away, total

_UNWANTED = frozenset("nav form footer aside svg".split())
_KEPT = frozenset("table pre ul ol dl figure figcaption p blockquote".split())


def assemble(units: Sequence[Unit], chosen: Sequence[Unit], *, whole: bool = False) -> str:
    """Return the HTML of ``chosen``, with the tables, lists, images and files that belong to them.

    ``whole`` keeps everything but furniture: for containers that hold an article and nothing else.
    """
    root = cover(chosen)
    chosen = [*chosen, *_files(units, chosen, root)]
    root = cover(chosen)
    pruning = _Pruning(root, units, chosen, whole=whole)
    pruning.prune(root)
    root.tail = None
    for element in root.iter(etree.Element):
        element.attrib.pop(NUMBER, None)
        if MARK in element.attrib:
            element.tag = "span"
            element.attrib.pop(MARK)
    return str(html.tostring(root, encoding="unicode"))


def _files(units: Sequence[Unit], chosen: Sequence[Unit], root: html.HtmlElement) -> list[Unit]:
    """Return the units that link to files, in the article's block and the two around it."""
    around = root
    for _ in range(2):
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
    """One pass over a tree: what holds chosen text stays, the rest has to be worth it."""

    def __init__(
        self, root: html.HtmlElement, units: Sequence[Unit], chosen: Sequence[Unit], *, whole: bool
    ) -> None:
        self.chosen = {unit.element for unit in chosen}
        self.texts = {unit.element for unit in units}
        self.whole = whole
        self.counts: dict[html.HtmlElement, int] = {}
        for unit in chosen:
            for element in (unit.element, *unit.element.iterancestors(etree.Element)):
                self.counts[element] = self.counts.get(element, 0) + 1
        order = {element: at for at, element in enumerate(root.iter(etree.Element))}
        places = [order[element] for element in self.chosen]
        self.between = {
            element for element, at in order.items() if min(places) <= at <= max(places)
        }

    def prune(self, element: html.HtmlElement) -> None:
        """Take out of ``element`` what does not belong to the article; at most ``DEEPEST`` calls deep."""
        for child in list(element.iterchildren(etree.Element)):
            if child in self.counts:
                self.prune(child)
            elif _is_block(child) and not self._belongs(child, element):
                child.drop_tree()
        if element not in self.chosen and element in self.texts:
            self._empty(element)

    def _empty(self, element: html.HtmlElement) -> None:
        """Take out the text that an element holds itself, and leave the blocks inside."""
        element.text = None
        for child in list(element):
            child.tail = None
            if child not in self.counts and not _is_block(child):
                element.remove(child)

    def _belongs(self, child: html.HtmlElement, parent: html.HtmlElement) -> bool:
        inner = list(child.iter(etree.Element))
        if child.tag in _UNWANTED or any(map(is_furniture, inner)):
            return False
        if self.whole:
            return True
        if parent not in self.chosen and self.counts.get(parent, 0) < 2:
            return False
        size, linked = _measure(child)
        pictured = any(one.tag in MEDIA for one in inner)
        if child in self.between and pictured and size < 400 and linked <= 0.5 * size:
            return True
        if not size:
            return False
        if child.tag in ("ul", "ol", "dl"):
            return child in self.between and linked < 0.3 * size
        if child.tag in _KEPT or any(one.tag in ("table", "pre") for one in inner):
            return linked < (0.5 if child.tag in ("table", "pre") else 0.3) * size
        return False


def _is_block(element: html.HtmlElement) -> bool:
    return any(one.tag in BLOCKS or one.tag in MEDIA for one in element.iter(etree.Element))


def _measure(element: html.HtmlElement) -> tuple[int, int]:
    """Return the length of an element's text, and that of the links in it."""
    links = sum(len("".join(link.itertext()).strip()) for link in element.iter("a") if leads_away(link))
    return sum(len(piece.strip()) for piece in element.itertext()), links
