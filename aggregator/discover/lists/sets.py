"""Sets of like elements on a page, each of which may be a list of entries."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain

from bs4 import Tag

from aggregator.discover.lists.links import PageLinks, width
from aggregator.discover.lists.selector import lasting_classes
from aggregator.sources.page import element_text
from aggregator.text.html import HEADINGS


def find_sets(page: PageLinks, fewest: int) -> Iterator[list[Tag]]:
    """Give every set of like elements with links: siblings, those of one class among them, and cousins."""
    parents = [page.soup, *page.elements.values()]
    families = [(parent, some) for parent in parents for some in possible_entries(page, parent).values()]
    for _, children in families:
        if len(children) >= fewest:
            yield children
            yield from (some for some in _by_class(children) if fewest <= len(some) < len(children))
    yield from (cousins for cousins in _cousins(families) if len(cousins) >= fewest)
    yield from (stories for stories in _stories(families) if len(stories) >= fewest)


def _by_class(children: list[Tag]) -> Iterable[list[Tag]]:
    found: dict[str, list[Tag]] = defaultdict(list)
    for child in children:
        for name in lasting_classes(child):
            found[name].append(child)
    return found.values()


def _cousins(families: Iterable[tuple[Tag, list[Tag]]]) -> Iterator[list[Tag]]:
    """Join the children of like containers that are siblings; the cells of a table are no entries."""
    kin: dict[tuple[object, ...], list[list[Tag]]] = defaultdict(list)
    for parent, children in families:
        tag = children[0].name
        if parent.parent is not None and tag not in ("td", "th"):
            kin[id(parent.parent), parent.name, tuple(lasting_classes(parent)), tag].append(children)
    for groups in kin.values():
        if len(groups) > 1 and max(map(len, groups)) > 1:
            yield list(chain.from_iterable(groups))


def _stories(families: Iterable[tuple[Tag, list[Tag]]]) -> Iterator[list[Tag]]:
    """Join what is alike and has a heading, in whatever section: the stories of a front page."""
    alike: dict[tuple[str, str, str], list[Tag]] = defaultdict(list)
    for _, children in families:
        for child in children:
            heading = child.find(HEADINGS)
            for name in lasting_classes(child) or [""] if heading else ():
                alike[child.name, name, heading.name if heading else ""].append(child)
    for records in alike.values():
        if len({id(record.parent) for record in records}) > 1:
            yield records


def possible_entries(page: PageLinks, parent: Tag) -> dict[str, list[Tag]]:
    """Give the children that may be entries, by tag: those that hold an address and a text."""
    found: dict[str, list[Tag]] = defaultdict(list)
    for child in parent.find_all(True, recursive=False):
        held = page.held.get(id(child), ())
        says_something = any(link.address for link in held) and max(link.score for link in held) > 0.1
        if says_something and child.name not in ("body", "html"):
            found[child.name].append(child)
    own_width = width("".join(parent.find_all(string=True, recursive=False)))
    if "a" in found and own_width > sum(width(element_text(link)) for link in found["a"]):
        # These links stand in running text.
        del found["a"]
    return found
