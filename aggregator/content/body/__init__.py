"""The body of an article on a page for which nobody has said where it is."""

from __future__ import annotations

from dataclasses import dataclass

from aggregator.content.body.assemble import assemble
from aggregator.content.body.choose import choose, drop_furniture
from aggregator.content.body.known import find_known
from aggregator.content.body.tree import read_tree, tidy
from aggregator.content.body.units import read_units, total
from aggregator.content.body.votes import readability_votes, trafilatura_votes

LEAST = 40
"""The size of the shortest text that is an article; a Chinese character counts twice."""


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
    readability = readability_votes(tree)
    trafilatura = trafilatura_votes(tree, units)
    tidy(tree)
    units = read_units(tree)
    who, chosen = choose(units, readability, trafilatura)
    size = total(chosen)
    if size < LEAST or sum(unit.linked for unit in chosen) > 0.5 * size:
        return None
    return Body(assemble(units, chosen), who)
