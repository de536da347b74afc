"""The body of an article on a page for which nobody has said where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree, html

from aggregator.content.body.assemble import assemble
from aggregator.content.body.choose import choose, cover, drop_furniture
from aggregator.content.body.known import find_known
from aggregator.content.body.lists import is_list
from aggregator.content.body.tree import read_tree, tidy
from aggregator.content.body.units import read_units, total
from aggregator.content.body.votes import readability_votes, trafilatura_votes

LEAST = 40
"""The size of the shortest text that is an article; a Chinese character counts twice."""

ACTIVE = frozenset("script noscript iframe frame form".split())

@dataclass(frozen=True, slots=True)
class Body:
    """The body found on a page: HTML (not yet sanitised, addresses as on the page) and the rule that gave it."""

    html: str
    rule: str


def find_body(markup: str, address: str) -> Body | None:
    """Find the article's body on a page, decoded; None where the page holds no article.

    ``address`` is the page's own. Nothing is raised, whatever the page.
    """
    tree = read_tree(markup)
    if tree is None:
        return None
    units = read_units(tree)
    known = find_known(tree, units)
    if known:
        tidy(tree)
        units = read_units(tree)
        known = find_known(tree, units)
    if known:
        name, chosen = known
        chosen = drop_furniture(chosen)
        return Body(assemble(units, chosen, whole=True), f"{name} (known container)")
    bare = _is_bare(tree)
    readability = readability_votes(tree)
    trafilatura = trafilatura_votes(tree, units)
    tidy(tree)
    units = read_units(tree)
    who, chosen = choose(units, readability, trafilatura)
    if not chosen or sum(unit.linked for unit in chosen) > 0.5 * total(chosen) or is_list(units, chosen):
        return None
    if total(chosen) < LEAST and not (bare or _is_declared(chosen)):
        return None
    return Body(assemble(units, chosen), who)


def _is_declared(chosen: Sequence[Unit]) -> bool:
    """Tell whether the page itself says that this is an article."""
    root = cover(chosen)
    return any(element.tag == "article" for element in (root, *root.iterancestors()))


def _is_bare(tree: html.HtmlElement) -> bool:
    """Tell whether a page is all that it shows: no script or frame can put more into it."""
    root = tree.getroottree().getroot()
    return not any(element.tag in ACTIVE for element in root.iter(etree.Element))
