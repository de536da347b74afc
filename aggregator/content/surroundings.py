"""The surroundings of an article on its page: navigation, footers, sidebars, comments, teasers."""

from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag
from bs4.element import PageElement

from aggregator.text.elements import LANDMARKS
from aggregator.text.furniture import AROUND_ARTICLES, words_in
from aggregator.text.html import attribute

_ROLES = frozenset({"banner", "complementary", "contentinfo", "navigation", "search"})


def is_surrounding(element: Tag) -> bool:
    """Tell by its tag, role, class or id whether an element surrounds articles.

    A ``<header>`` does unless it stands in an article or holds an ``<h1>``.
    """
    if element.name in ("html", "body", "main", "article"):
        return False
    if element.name in LANDMARKS or attribute(element, "role").lower() in _ROLES:
        return True
    if element.name == "header":
        return element.find_parent("article") is None and element.find("h1") is None
    named = f"{attribute(element, 'class')} {attribute(element, 'id')}"[:200]
    return not AROUND_ARTICLES.isdisjoint(words_in(named))


def path_of(element: Tag | None) -> frozenset[int]:
    """Return the ``id()`` of an element and of its ancestors, for ``stands_aside`` and ``walk``."""
    return frozenset(map(id, (element, *element.parents))) if element else frozenset()


def stands_aside(node: PageElement, path: frozenset[int] = frozenset()) -> bool:
    """Tell whether a node is among an article's surroundings.

    Elements that hold the article itself (``path``, see ``path_of``) are not, whatever they are called.
    """
    for parent in (node, *node.parents) if isinstance(node, Tag) else node.parents:
        if id(parent) in path or isinstance(parent, BeautifulSoup):
            return False
        if isinstance(parent, Tag) and is_surrounding(parent):
            return True
    return False


def walk(root: Tag, leave_out: frozenset[str], path: frozenset[int]) -> Iterator[tuple[PageElement, bool]]:
    """Yield the nodes below ``root`` in their order, elements twice: at their start and (True) at their end.

    Elements named in ``leave_out``, hidden ones and surroundings are passed over, unless ``path`` has them.
    """
    open_: list[tuple[Tag, Iterator[PageElement]]] = [(root, iter(root.contents))]
    while open_:
        element, children = open_[-1]
        node = next(children, None)
        if node is None:
            open_.pop()
            yield element, True
        elif not isinstance(node, Tag):
            yield node, False
        elif node.name not in leave_out and (id(node) in path or not _is_passed_over(node)):
            yield node, False
            open_.append((node, iter(node.contents)))


def _is_passed_over(element: Tag) -> bool:
    hidden = "display:none" in attribute(element, "style").replace(" ", "").lower()
    return hidden or element.has_attr("hidden") or is_surrounding(element)
