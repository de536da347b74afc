"""What stands on the sheets of a document whose layout is fixed: glyphs, and lines drawn between them."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

MAX_GLYPHS = 1_000_000
"""Characters of a document that are read, about 700 full pages."""
WIDE_BLANK = "\u3000"
"""The blank that Chinese texts are set apart by; other blanks are seen by the gaps that they leave."""
WIDE = "\u2e80"
"""The first of the characters that are as wide as they are high."""
MAX_RULES = 2_000
"""Lines of a sheet; drawings have more, and tables fewer."""


class Glyph(NamedTuple):
    """A character and the box in which it stands; (0, 0) is the upper left corner of its sheet.

    Before :func:`turned` places are counted from the lower left corner, so that ``top`` is above ``bottom``.
    """

    left: float
    top: float
    right: float
    bottom: float
    text: str
    size: float
    """Of its font; a sheet's unit, such as points."""


class Rule(NamedTuple):
    """A line from its upper or left end to the other; it is horizontal or vertical."""

    left: float
    top: float
    right: float
    bottom: float


class Run(NamedTuple):
    """Characters that stand side by side on a line."""

    left: float
    top: float
    right: float
    bottom: float
    text: str
    size: float

    @property
    def middle(self) -> float:
        """Where its middle is, from the top."""
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet, as it is to be read: its lines run from left to right."""

    width: float
    height: float
    glyphs: Sequence[Glyph] = ()
    rules: Sequence[Rule] = ()


def turned(
    glyphs: Sequence[Glyph], rules: Sequence[Rule], box: tuple[float, float, float, float], side: int = 0
) -> Sheet:
    """Make a sheet of what stands in a box (left, bottom, right, top) whose places are counted from below.

    Its text runs to the right, or after one, two or three quarters of a turn upwards, to the left, downwards.
    Characters that are written one below the other, in columns from the right, are turned, too.
    """
    left, bottom, right, top = box
    turns: dict[int, Callable[[float, float], tuple[float, float]]] = {
        0: lambda x, y: (x - left, top - y),
        1: lambda x, y: (y - bottom, x - left),
        2: lambda x, y: (right - x, y - bottom),
        3: lambda x, y: (top - y, right - x),
    }
    if side == 0 and _is_downwards(glyphs):
        side, rules = 3, ()
    turn, sides = turns[side], (right - left, top - bottom)

    def moved(one: Glyph | Rule) -> tuple[float, float, float, float]:
        (x0, y0), (x1, y1) = turn(one.left, one.top), turn(one.right, one.bottom)
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    return Sheet(
        sides[side % 2],
        sides[1 - side % 2],
        [Glyph(*moved(one), one.text, one.size) for one in glyphs],
        [Rule(*moved(one)) for one in rules],
    )


def _is_downwards(glyphs: Sequence[Glyph]) -> bool:
    down = across = 0
    for one, other in pairwise(glyphs):
        step, size = one.top - other.top, max(one.size, 1)
        down += abs(other.left - one.left) < size / 3 and size / 2 < step < 2 * size
        across += abs(step) < size / 3 and other.left > one.left
    return down > across


def runs_of(glyphs: Sequence[Glyph]) -> list[Run]:
    """Join glyphs to runs: first as they were written, then what stands side by side."""
    joined: list[Run] = []
    for run in sorted(_written(glyphs), key=lambda run: (round(run.middle), run.left)):
        if joined and _follows(joined[-1], run):
            joined[-1] = _join(joined[-1], run)
        else:
            joined.append(run)
    return [run._replace(text=" ".join(run.text.split())) for run in joined if run.text.strip()]


def is_spaced(text: str, more: str) -> bool:
    """Tell whether a blank parts two texts: it does not beside characters as wide as those of Chinese."""
    return text[-1:] < WIDE and more[:1] < WIDE


def body_size(runs: Sequence[Run]) -> float:
    """Give the size in which most of a text is set."""
    sizes: Counter[float] = Counter()
    for run in runs:
        sizes[round(run.size * 2) / 2] += len(run.text)
    return sizes.most_common(1)[0][0] if sizes else 0


def _written(glyphs: Sequence[Glyph]) -> Iterator[Run]:
    pieces: list[str] = []
    first = last = None
    top = bottom = 0.0
    for glyph in glyphs:
        if first and last and _goes_on(last, glyph):
            gap = glyph.left - last.right
            pieces.append(
                f" {glyph.text}" if gap > last.size / 4 and is_spaced(last.text, glyph.text) else glyph.text
            )
            top, bottom = min(top, glyph.top), max(bottom, glyph.bottom)
        else:
            if first and last:
                yield Run(first.left, top, last.right, bottom, "".join(pieces), first.size)
            first, pieces, top, bottom = glyph, [glyph.text], glyph.top, glyph.bottom
        last = glyph
    if first and last:
        yield Run(first.left, top, last.right, bottom, "".join(pieces), first.size)


def _goes_on(last: Glyph, glyph: Glyph) -> bool:
    size = max(last.size, 1)
    level = abs((last.top + last.bottom) - (glyph.top + glyph.bottom)) < size
    return level and -size / 2 < glyph.left - last.right < size and abs(glyph.size - last.size) < size / 4


def _follows(run: Run, other: Run) -> bool:
    size = max(run.size, 1)
    return abs(run.middle - other.middle) < size / 2 and -size / 2 < other.left - run.right < size


def _join(run: Run, other: Run) -> Run:
    gap = " " if other.left - run.right > run.size / 4 and is_spaced(run.text, other.text) else ""
    return Run(
        run.left,
        min(run.top, other.top),
        max(run.right, other.right),
        max(run.bottom, other.bottom),
        f"{run.text}{gap}{other.text}",
        run.size if len(run.text) >= len(other.text) else other.size,
    )
