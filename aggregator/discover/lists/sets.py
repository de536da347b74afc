"""Sets of like elements on a page, each of which may be a list of entries."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from itertools import chain, islice

from bs4 import Tag

from aggregator.discover.lists.links import PageLinks, width
from aggregator.discover.lists.selector import lasting_classes
from aggregator.sources.page import element_text
from aggregator.text.elements import HEADINGS
from aggregator.text.html import attribute

_MAX_HEIGHT = 4
"""How far above their containers entries may have a common ancestor: days, columns and tabs hold lists."""

_HIDING = frozenset({"hide", "hidden", "none", "d-none", "dn", "undis"})
"""Classes of what is not shown."""


def find_sets(page: PageLinks, fewest: int) -> Iterator[list[Tag]]:
    """Give every set of like elements with links: siblings, those alike among them, and cousins."""
    parents = [page.soup, *page.elements.values()]
    families = [(parent, some) for parent in parents for some in possible_entries(page, parent).values()]
    for _, children in families:
        if len(children) >= fewest:
            yield children
            alike = chain(_by_class(children), _by_shape(children))
            yield from (some for some in alike if fewest <= len(some) < len(children))
    panes = {(id(one.parent), one.name) for one in page.elements.values() if _is_pane(one)}
    for height in range(1, _MAX_HEIGHT + 1):
        yield from (cousins for cousins in _cousins(page, families, height, panes) if len(cousins) >= fewest)
    yield from (stories for stories in _stories(page, families) if len(stories) >= fewest)


def _by_class(children: list[Tag]) -> Iterable[list[Tag]]:
    found: dict[str, list[Tag]] = defaultdict(list)
    for child in children:
        for name in lasting_classes(child):
            found[name].append(child)
    return found.values()


def _by_shape(children: list[Tag]) -> Iterable[list[Tag]]:
    """Part the rows of a table by their cells: an entry may have two rows, and a table a head."""
    found: dict[tuple[str, ...], list[Tag]] = defaultdict(list)
    for child in children:
        row = child if child.name == "tr" else child.find("tr")
        if isinstance(row, Tag):
            found[tuple(cell.name for cell in row.find_all(True, recursive=False))].append(child)
    return found.values()


def _is_pane(element: Tag) -> bool:
    """Tell whether an element is hidden, or says that it is a tab's: its siblings are others."""
    style = attribute(element, "style").replace(" ", "")
    hidden = (
        element.has_attr("hidden") or "display:none" in style or not _HIDING.isdisjoint(_classes(element))
    )
    return hidden or element.get("role") == "tabpanel"


def _classes(element: Tag) -> list[str]:
    return attribute(element, "class").lower().split()


def _kinds(element: Tag) -> list[str]:
    """Give the lasting classes of a container without the numbers that count it: con1, con2."""
    return [name.rstrip("0123456789") for name in lasting_classes(element)]


def _cousins(
    page: PageLinks, families: Iterable[tuple[Tag, list[Tag]]], height: int, panes: Container[tuple[int, str]]
) -> Iterator[list[Tag]]:
    """Join the children of like containers that have a common ancestor so far up; no cells of a table.

    Containers are alike by tag and classes, and as ``panes``: tabs may have a class each. Those that lead to
    other sites are friends of the site and no kin of those that lead to its own pages.
    """
    kin: dict[tuple[object, ...], list[list[Tag]]] = defaultdict(list)
    for parent, children in families:
        ancestors = [parent, *islice(parent.parents, height)]
        tag = children[0].name
        if len(ancestors) > height and tag not in ("td", "th"):
            between = tuple(
                (one.name,) if (id(one.parent), one.name) in panes else (one.name, *_kinds(one))
                for one in ancestors[:height]
            )
            kin[id(ancestors[height]), between, tag].append(children)
    for groups in kin.values():
        native = [group for group in groups if not all(map(page.is_foreign, group))]
        groups = native or groups
        if len(groups) > 1 and max(map(len, groups)) > 1:
            yield list(chain.from_iterable(groups))


def _stories(page: PageLinks, families: Iterable[tuple[Tag, list[Tag]]]) -> Iterator[list[Tag]]:
    """Join what is alike and has a heading, in whatever section: the stories of a front page."""
    alike: dict[tuple[str, str, str], list[Tag]] = defaultdict(list)
    for _, children in families:
        for child in children:
            heading = child.find(HEADINGS)
            for name in lasting_classes(child) or [""] if heading else ():
                alike[child.name, name, heading.name if heading else ""].append(child)
    for records in alike.values():
        records = [record for record in records if not page.is_foreign(record)] or records
        if len({id(record.parent) for record in records}) > 1:
            yield records


def possible_entries(page: PageLinks, parent: Tag) -> dict[str, list[Tag]]:
    """Give the children that may be entries, by tag: those that hold an address and a text."""
    found: dict[str, list[Tag]] = defaultdict(list)
    for child in parent.find_all(True, recursive=False):
        held = page.held.get(id(child), ())
        leads = any(link.address for link in held)
        says_something = leads and (max(link.score for link in held) > 0.1 or id(child) in page.told)
        if says_something and child.name not in ("body", "html"):
            found[child.name].append(child)
    own_width = width("".join(parent.find_all(string=True, recursive=False)))
    if "a" in found and own_width > sum(width(element_text(link)) for link in found["a"]):
        # These links stand in running text.
        del found["a"]
    return found
