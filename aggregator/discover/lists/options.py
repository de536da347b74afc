"""Selectors that the entries of a list suggest for their headlines and links, each with a cost."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from bs4 import Tag

from aggregator.discover.lists.links import PageLinks, address_start
from aggregator.discover.lists.selector import class_selector, lasting_classes, places
from aggregator.sources.page import EMPHASIS, own_text
from aggregator.text.elements import HEADINGS, PAGE_BLOCKS
from aggregator.text.html import attribute

_SUGGESTING = 5
"""Entries that suggest selectors."""
_MAX_ELEMENTS = 60
"""Elements of one entry that suggest selectors."""
_MAX_OPTIONS = 60
"""Selectors that are tried."""
TITLE_CLASS = re.compile(r"title|headline|subject|biaoti|(?:^|[-_])(?:tit|bt)(?:$|[-_\d])", re.IGNORECASE)
BOLD_TAGS = frozenset({"b", "strong", "dt", "th"})
"""Elements in which a short text is a headline, more likely than elsewhere."""


def cheapest(options: Iterator[tuple[str, float]]) -> list[tuple[str, float]]:
    """Give each selector once, at its least cost."""
    costs: dict[str, float] = {}
    for selector, cost in options:
        costs[selector] = min(cost, costs.get(selector, cost))
        if len(costs) > _MAX_OPTIONS:
            break
    return list(costs.items())


def link_options(records: Sequence[Tag], page: PageLinks) -> Iterator[tuple[str, float]]:
    """Suggest selectors of links inside an entry, each with its cost."""
    yield "", 0.0
    starts: Counter[str] = Counter()
    for record in records[:_SUGGESTING]:
        for link in page.held[id(record)][:_MAX_ELEMENTS]:
            if link.element is not record and link.address:
                yield from _named_link(link.element, record)
                yield from ((place, 0.1 + cost) for place, cost in places(link.element, record))
                starts[address_start(attribute(link.element, "href"))] += 1
    for start in [start for start, count in starts.most_common(6) if start and count > 2]:
        yield f'a[href*="{start}"]', 0.15
        yield f'a:not([href*="{start}"])', 0.16


def _named_link(link: Tag, record: Tag) -> Iterator[tuple[str, float]]:
    """Suggest selectors of a link by the names and classes on its path."""
    path = [link]
    for parent in link.parents:
        if parent is record:
            break
        path.append(parent)
    if heading := next((element.name for element in path if element.name in HEADINGS), ""):
        yield f"{heading} a", 0.02
    for name in lasting_classes(link):
        yield class_selector("a", name), 0.03
    for parent in path[1:]:
        for name in lasting_classes(parent)[:2]:
            yield f"{class_selector('', name)} a", 0.03
    if len(path) > 1 and path[1].name in ("dt", "dd", "strong", "b", "p"):
        yield f"{path[1].name} a", 0.04
    if link.get("title"):
        yield "a[title]", 0.04
    if len(path) == 1 and not link.find_next_sibling("a"):
        yield "a:last-of-type", 0.08


def text_options(records: Sequence[Tag]) -> Iterator[tuple[str, float]]:
    """Suggest selectors of texts that are a part of a link, or stand beside one."""
    for record in records[:_SUGGESTING]:
        for element in record.find_all(True, limit=_MAX_ELEMENTS):
            if element.name == "a" or element.name in EMPHASIS - BOLD_TAGS or not own_text(element):
                continue
            if element.name in HEADINGS:
                yield element.name, 0.0
            for name in lasting_classes(element):
                yield class_selector("" if TITLE_CLASS.search(name) else element.name, name), 0.03
            if element.name in BOLD_TAGS:
                yield element.name, 0.05
            if element.name not in PAGE_BLOCKS and element.parent is not None and element.parent.name == "a":
                yield f"a {element.name}" if element.parent is not record else element.name, 0.07
            yield from ((place, 0.08 + cost) for place, cost in places(element, record))
