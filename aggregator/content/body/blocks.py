"""Blocks: the elements of a page that part its text, each with the text that it holds itself and in all."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from lxml import etree, html

from aggregator.text.elements import PAGE_BLOCKS
from aggregator.text.furniture import AROUND_ARTICLES, is_furniture_within, words_in

_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_PUNCTUATION = re.compile(r"[.!?…。！？।،؟,，、;；:：]")
_DIGITS = re.compile(r"\d+")
_ABOUT = re.compile(
    r"byline|author|date|time|meta|source|kicker|credit|tag|category|crumb|info", re.IGNORECASE
)
_PICTURED = re.compile(r"caption|credit|figure|image|photo|media|gallery|video|embed", re.IGNORECASE)

ASIDE, FIGURE, TABLE, QUOTE, FURNITURE, AROUND, ABOUT, PICTURED = (1 << bit for bit in range(8))
"""What an element is or is called, and with it whatever is inside: a landmark beside the article, …"""
_BITS = {
    **dict.fromkeys(("aside", "dialog", "footer", "nav", "menu"), ASIDE),
    **dict.fromkeys(("figure", "figcaption"), FIGURE),
    "table": TABLE,
    "blockquote": QUOTE,
}
MIN_PROSE, MAX_PROSE_LINKS = 80, 0.5
"""The size from which on a text is prose, and the share of links up to which it is."""


class Block:
    """An element that parts text, with the text that it holds itself."""

    __slots__ = (
        "count",
        "depth",
        "digits",
        "element",
        "inner",
        "inner_linked",
        "is_prose",
        "key",
        "linked",
        "number",
        "own",
        "parent",
        "prose",
        "punctuation",
        "runs",
        "size",
        "traits",
    )  # fmt: skip

    def __init__(self, element: html.HtmlElement, parent: "Block | None", number: int) -> None:
        self.element = element
        self.parent = parent
        self.number = number
        """Its place among the page's blocks."""
        self.depth: int = parent.depth + 1 if parent else 0
        name = element.get("class") or ""
        self.key = (str(element.tag), next(iter(name.split(None, 1)), ""))
        """Its kind: the first class names it, later ones differ from item to item."""
        self.own = _BITS.get(self.key[0], 0) | _name_bits(f"{name} {element.get('id') or ''}"[:300])
        self.traits: int = self.own | (parent.traits if parent else 0)
        self.runs: list[str] = []
        """Its text without white space, parted by inner blocks and line breaks."""
        self.size = 0
        """Its characters; a Chinese one counts as two."""
        self.linked = 0
        """The part of ``size`` that is links to elsewhere."""
        self.punctuation = 0
        self.digits = 0
        self.is_prose = False
        self.inner = self.inner_linked = self.prose = self.count = 0
        """Its size with the blocks inside, that of the links, that of prose; how many of them hold text."""

    def around(self) -> "Iterator[Block]":
        """Yield the block itself, and those around it."""
        block: Block | None = self
        while block:
            yield block
            block = block.parent


def read_blocks(body: html.HtmlElement) -> list[Block]:
    """List the blocks of a tree in document order, ``body`` first."""
    blocks: list[Block] = []
    stack: list[Block] = []
    links = 0
    fresh = True
    for event, element in etree.iterwalk(body, events=("start", "end")):
        is_block = element.tag in PAGE_BLOCKS or element is body
        away = element.tag == "a" and leads_away(element)
        fresh = fresh or is_block
        if event == "start":
            if is_block:
                stack.append(Block(element, stack[-1] if stack else None, len(blocks)))
                blocks.append(stack[-1])
            links += away
            fresh = fresh or element.tag == "br"
            text = element.text
        else:
            if is_block:
                stack.pop()
            links -= away
            text = element.tail if stack else None
        if text and (squashed := "".join(text.split())):
            _add(stack[-1], squashed, fresh=fresh, linked=links > 0)
            fresh = False
    _add_up(blocks)
    return blocks


def total(units: Iterable[Block]) -> int:
    """Add up the sizes of units."""
    return sum(unit.size for unit in units)


def linked(units: Iterable[Block]) -> int:
    """Add up the sizes of the links in units."""
    return sum(unit.linked for unit in units)


def sizes_by_element(units: Iterable[Block]) -> Counter[html.HtmlElement]:
    """Add up the sizes of units for every element that holds some of them."""
    sizes: Counter[html.HtmlElement] = Counter()
    for unit in units:
        for block in unit.around():
            sizes[block.element] += unit.size
    return sizes


def units_within(element: html.HtmlElement, units: Sequence[Block]) -> list[Block]:
    """Return the units inside of an element."""
    inside = set(element.iter(etree.Element))
    return [unit for unit in units if unit.element in inside]


def size_of(element: html.HtmlElement) -> int:
    """Return the size of all text inside of an element."""
    text = "".join("".join(element.itertext()).split())
    return len(text) + len(_WIDE.findall(text))


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


def leads_away(link: html.HtmlElement) -> bool:
    """Tell whether a link leads off the page: notes, tables of contents and buttons do not."""
    href = (link.get("href") or "").strip()
    return bool(href) and not href.lower().startswith(("#", "javascript:"))


def _add(block: Block, text: str, *, fresh: bool, linked: bool) -> None:
    size = len(text) if text.isascii() else len(text) + len(_WIDE.findall(text))
    block.size += size
    block.punctuation += len(_PUNCTUATION.findall(text))
    block.digits += len(text) - len(_DIGITS.sub("", text))
    if linked:
        block.linked += size
    if fresh or not block.runs:
        block.runs.append(text)
    else:
        block.runs[-1] += text


def _add_up(blocks: Sequence[Block]) -> None:
    for block in reversed(blocks):
        block.is_prose = block.size >= MIN_PROSE and block.linked < MAX_PROSE_LINKS * block.size
        block.inner += block.size
        block.inner_linked += block.linked
        block.prose += (block.size - block.linked) * block.is_prose
        block.count += bool(block.runs)
        if block.parent:
            block.parent.inner += block.inner
            block.parent.inner_linked += block.inner_linked
            block.parent.prose += block.prose
            block.parent.count += block.count


@lru_cache(4096)
def _name_bits(names: str) -> int:
    return (
        FURNITURE * is_furniture_within(names)
        | AROUND * (not AROUND_ARTICLES.isdisjoint(words_in(names)))
        | ABOUT * bool(_ABOUT.search(names))
        | PICTURED * bool(_PICTURED.search(names))
    )
