"""The scores of texts: two small forests of decision trees, fitted by ``benchmarks/fit_extraction.py``.

The first judges a text by its ``FEATURES``, the second by these and by the first scores around it. A tree
is a number, or a feature's place, a threshold and the trees for what is up to it and above.
"""

import json
import math
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from aggregator.content.body.features import read_context

Forest = Sequence[Any]
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
    return weights["first"], weights["second"]


def _probability(forest: Forest, row: Sequence[float]) -> float:
    raw = 0.0
    for tree in forest:
        while type(tree) is list:
            tree = tree[2] if row[tree[0]] <= tree[1] else tree[3]
        raw += tree
    return 1 / (1 + math.exp(-raw))
