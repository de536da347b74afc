"""The votes of trafilatura: how much of each text of our tree it takes."""

import logging
from collections.abc import Sequence

from lxml import html

from aggregator.content.body.blocks import Block

_SHINGLE = 12


def trafilatura_votes(body: html.HtmlElement, units: Sequence[Block]) -> list[float]:
    """Return the shares of the units' texts that trafilatura keeps, which builds a tree of its own."""
    import trafilatura  # a quarter of a second, for those who configure selectors too

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        root = body.getroottree().getroot()
        answer = trafilatura.bare_extraction(root, fast=True, favor_recall=True, include_comments=False)
    except Exception:  # whatever a page makes it raise, the page itself is asked
        answer = None
    return held(units, getattr(answer, "body", None))


def held(units: Sequence[Block], found: html.HtmlElement | None) -> list[float]:
    """Return the share of each unit's text that stands in ``found``, in linear time."""
    pieces = ["".join(piece.split()) for piece in found.itertext()] if found is not None else []
    text = "".join(pieces)
    shingles = {text[at : at + _SHINGLE] for at in range(len(text) - _SHINGLE + 1)}
    short = {piece for piece in pieces if len(piece) < _SHINGLE}
    return [_share(unit, shingles, short) for unit in units]


def _share(unit: Block, shingles: set[str], short: set[str]) -> float:
    found = 0.0
    for run in unit.runs:
        if len(run) < _SHINGLE:
            found += len(run) * (run in short)
        else:
            starts = range(0, len(run) - _SHINGLE + 1, _SHINGLE // 2)
            found += len(run) * sum(run[at : at + _SHINGLE] in shingles for at in starts) / len(starts)
    return found / sum(map(len, unit.runs))
