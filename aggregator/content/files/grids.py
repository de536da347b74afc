"""Tables of a sheet: the lines that make a grid, and the text in its cells."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from aggregator.content.files.markup import Cell
from aggregator.content.files.sheets import MAX_RULES, Glyph, Rule, is_spaced, runs_of

NEAR = 3.0
"""Points by which lines may miss each other that meet."""
MIN_FILLED = 0.1
"""The share of a table's cells with text; the grid of a chart has hardly any."""
MIN_LENGTH = 8.0
"""Points of a line; shorter ones are strokes of letters."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table on its sheet."""

    top: float
    bottom: float
    rows: Sequence[Sequence[Cell]]


def take_grids(glyphs: Sequence[Glyph], rules: Sequence[Rule]) -> tuple[list[Grid], list[Glyph]]:
    """Give the tables of a sheet, and the glyphs outside of them."""
    rest, grids = list(glyphs), []
    for group in _groups(_long(rules)):
        xs = _places([rule.left for rule in group if _is_upright(rule)])
        ys = _places([rule.top for rule in group if not _is_upright(rule)])
        # A frame around a text is no table.
        if min(len(xs), len(ys)) < 2 or len(xs) + len(ys) < 5:
            continue
        inside, outside = _part(rest, xs, ys)
        if inside and _is_filled(rows := _rows(xs, ys, group, inside)):
            rest = outside
            grids.append(Grid(ys[0], ys[-1], rows))
    return grids, rest


def _part(
    glyphs: Sequence[Glyph], xs: Sequence[float], ys: Sequence[float]
) -> tuple[list[Glyph], list[Glyph]]:
    """Part the glyphs within a grid from those outside of it."""
    inside: list[Glyph] = []
    outside: list[Glyph] = []
    for one in glyphs:
        is_inside = _holds(xs, one.left, one.right) and _holds(ys, one.top, one.bottom)
        (inside if is_inside else outside).append(one)
    return inside, outside


def _is_filled(rows: Sequence[Sequence[Cell]]) -> bool:
    cells = [cell for row in rows for cell in row]
    return sum(bool(cell.text) for cell in cells) >= MIN_FILLED * len(cells)


def _is_upright(rule: Rule) -> bool:
    return rule.right - rule.left < rule.bottom - rule.top


def _long(rules: Sequence[Rule]) -> list[Rule]:
    """Give the lines, those of which are one that are drawn piece by piece, or twice side by side."""
    joined: list[Rule] = []
    for upright in (True, False):
        lines = [rule for rule in rules[:MAX_RULES] if _is_upright(rule) is upright]
        if upright:
            lines = [Rule(rule.top, rule.left, rule.bottom, rule.right) for rule in lines]
        ends: list[Rule] = []
        for line in sorted(lines, key=lambda line: (round(line.top / NEAR), line.left)):
            last = ends[-1] if ends else None
            if last and abs(line.top - last.top) < NEAR and line.left <= last.right + NEAR:
                ends[-1] = Rule(last.left, last.top, max(last.right, line.right), last.bottom)
            else:
                ends.append(line)
        ends = [line for line in ends if line.right - line.left >= MIN_LENGTH]
        joined += [Rule(line.top, line.left, line.bottom, line.right) for line in ends] if upright else ends
    return joined


def _groups(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Give the lines that meet, directly or by others, from the top."""
    waiting, groups = sorted(rules, key=lambda rule: rule.top), []
    while waiting:
        group, edge = [], [waiting.pop(0)]
        while edge:
            one = edge.pop()
            group.append(one)
            meeting = [other for other in waiting if _meet(one, other)]
            edge += meeting
            met = set(map(id, meeting))
            waiting = [other for other in waiting if id(other) not in met]
        groups.append(group)
    return groups


def _meet(one: Rule, other: Rule) -> bool:
    across = one.left <= other.right + NEAR and other.left <= one.right + NEAR
    return across and one.top <= other.bottom + NEAR and other.top <= one.bottom + NEAR


def _places(values: Sequence[float]) -> list[float]:
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > NEAR:
            places.append(value)
    return places


def _holds(places: Sequence[float], start: float, end: float) -> bool:
    return places[0] - NEAR < (start + end) / 2 < places[-1] + NEAR


def _rows(
    xs: Sequence[float], ys: Sequence[float], rules: Sequence[Rule], glyphs: Sequence[Glyph]
) -> list[list[Cell]]:
    inside: dict[tuple[int, int], list[Glyph]] = {}
    for glyph in glyphs:
        column = _index(xs, (glyph.left + glyph.right) / 2)
        inside.setdefault((_index(ys, (glyph.top + glyph.bottom) / 2), column), []).append(glyph)
    columns, rows, taken = len(xs) - 1, [], set()
    walls, floors = _drawn(xs, ys, rules)
    for row in range(len(ys) - 1):
        cells = []
        for column in range(columns):
            if (row, column) in taken:
                continue
            right, below = column + 1, row + 1
            while right < columns and (row, right) not in walls and (row, right) not in taken:
                right += 1
            while below < len(ys) - 1 and not any((below, one) in floors for one in range(column, right)):
                below += 1
            places = [(one, other) for one in range(row, below) for other in range(column, right)]
            taken.update(places)
            text = _text([glyph for place in places for glyph in inside.get(place, ())])
            cells.append(Cell(text, right - column, below - row))
        rows.append(cells)
    return rows


def _drawn(
    xs: Sequence[float], ys: Sequence[float], rules: Sequence[Rule]
) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """Give the walls left of cells and the floors above them that are drawn, by row and column."""
    walls: set[tuple[int, int]] = set()
    floors: set[tuple[int, int]] = set()
    for rule in rules:
        if _is_upright(rule):
            column = _index(xs, rule.left + NEAR)
            spans = [row for row in range(len(ys) - 1) if rule.top < _middle(ys, row) < rule.bottom]
            walls.update((row, column) for row in spans)
        else:
            row = _index(ys, rule.top + NEAR)
            spans = [column for column in range(len(xs) - 1) if rule.left < _middle(xs, column) < rule.right]
            floors.update((row, column) for column in spans)
    return walls, floors


def _middle(places: Sequence[float], index: int) -> float:
    return (places[index] + places[index + 1]) / 2


def _index(places: Sequence[float], value: float) -> int:
    return max(bisect_right(places, value) - 1, 0)


def _text(glyphs: Sequence[Glyph]) -> str:
    """Give the text of a cell in one line."""
    text = ""
    for run in sorted(runs_of(glyphs), key=lambda run: (round(run.middle), run.left)):
        text += (" " if text and is_spaced(text, run.text) else "") + run.text
    return text
