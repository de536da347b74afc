"""The scores of texts: two small forests of decision trees, fitted by ``benchmarks/fit_extraction.py``.

The first judges a text by its ``FEATURES``, the second by these and by the first scores around it. A tree
is a number, or a feature's place, a threshold and the trees for what is up to it and above.
"""

import json
import math
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from aggregator.content.body.features import read_context

Forest = Callable[[Sequence[float]], float]
HOPELESS = 0.03
"""The first score below which the second is not asked; most texts of a page are menus and links."""


def score(rows: Sequence[Sequence[float]]) -> list[float]:
    """Return for each row of features, one for each text of a page, how likely the text is the article's."""
    first, second = _forests()
    scores = [_probability(first, row) for row in rows]
    context = read_context([row[0] for row in rows], scores)
    return [
        _probability(second, [*row, *more]) if value >= HOPELESS else value
        for row, more, value in zip(rows, context, scores, strict=True)
    ]


@cache
def _forests() -> tuple[Forest, Forest]:
    weights = json.loads(files(__package__).joinpath("forests.json").read_text("utf-8"))
    return _compiled(weights["first"]), _compiled(weights["second"])


def _compiled(trees: Sequence[Any]) -> Forest:
    """Return a forest as one expression, which takes half of the time of walking its trees."""
    forest: Forest = eval(f"lambda row: {'+'.join(map(_expression, trees))}")  # noqa: S307  made of numbers only
    return forest


def _expression(tree: Any) -> str:
    if not isinstance(tree, list):
        return f"{tree:f}"
    place, threshold, below, above = tree
    return f"({_expression(below)} if row[{place:d}]<={threshold:g} else {_expression(above)})"


def _probability(forest: Forest, row: Sequence[float]) -> float:
    return 1 / (1 + math.exp(-forest(row)))
