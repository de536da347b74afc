"""The votes of readability-lxml and trafilatura, as numbers of our tree's elements."""

import copy
import logging
import re
from collections.abc import Sequence

from lxml import html

from aggregator.content.body.tree import NUMBER
from aggregator.content.body.units import Unit

_NUMBERS = re.compile(rf'<[^<>]* {NUMBER}="(\d+)"')
_SHINGLE = 12


def readability_votes(body: html.HtmlElement) -> set[str]:
    """Return the numbers of the elements that readability-lxml keeps: they are still on its answer."""
    import readability  # a quarter of a second, for those who configure selectors too

    logging.getLogger("readability").setLevel(logging.CRITICAL)
    try:
        answer = readability.Document(copy.deepcopy(body.getroottree().getroot())).summary()
    except Exception:  # whatever a page makes it raise, the other library is asked
        return set()
    return set(_NUMBERS.findall(answer))


def trafilatura_votes(body: html.HtmlElement, units: Sequence[Unit]) -> set[str]:
    """Return the numbers of the blocks whose text trafilatura keeps: it builds a tree of its own."""
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        answer = trafilatura.bare_extraction(
            copy.deepcopy(body.getroottree().getroot()), include_comments=False, include_images=True
        )
    except Exception:
        return set()
    found = getattr(answer, "body", None)
    if found is None:
        return set()
    pieces = ["".join(piece.split()) for piece in found.itertext()]
    text = "".join(pieces)
    shingles = {text[at : at + _SHINGLE] for at in range(len(text) - _SHINGLE + 1)}
    short = {piece for piece in pieces if len(piece) < _SHINGLE}
    return {unit.number for unit in units if _is_held(unit, shingles, short)}


def _is_held(unit: Unit, shingles: set[str], short: set[str]) -> bool:
    """Tell whether more than half of a unit's text is in an answer, in linear time."""
    held = 0.0
    for run in unit.runs:
        if len(run) < _SHINGLE:
            held += len(run) * (run in short)
        else:
            starts = range(0, len(run) - _SHINGLE + 1, _SHINGLE // 2)
            held += len(run) * sum(run[at : at + _SHINGLE] in shingles for at in starts) / len(starts)
    return held * 2 > sum(map(len, unit.runs))
