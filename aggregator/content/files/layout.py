"""The reading order of sheets: columns, lines joined to paragraphs, headings, tables over several sheets."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from aggregator.content.files.grids import Grid, take_grids
from aggregator.content.files.markup import Cell, paragraph, write_table
from aggregator.content.files.sheets import WIDE, Run, Sheet, body_size, is_spaced, runs_of

MARGIN = 0.075
"""The share of a sheet's height at its top and its bottom where running heads and page numbers stand."""
MIN_REPEATS = 3
"""Sheets on which a line at the edge is repeated, if it is a running head."""
MIN_SHARE = 0.05
"""The share of sheets on which it is: each chapter may have its own."""
MIN_COLUMN = (4, 8)
"""Lines of a column, and the letters that they have on average; a table without rules has shorter ones."""
RAGGED = 0.15
"""The share of the width of a column, or of a text in Latin letters, that a full line may lack."""
MAX_DEPTH = 40
MAX_INDENT = 4
"""How far the first line of a paragraph is indented at most: so many characters."""
MAX_HEADING = 80
"""Characters."""
FULL = 0.7
"""The share of a sheet's width that a full line reaches at least."""
LARGER = 1.15
"""How much larger than the text a heading is set."""

_NUMBER = re.compile(
    r"\W*(?:第\s*)?\d{1,4}\s*(?:页\W*)?(?:[/／]\s*\d+\s*|共\s*\d+\s*页)?\W*|\W*page \d+.*", re.I
)
_ENDS = re.compile(r"[。！？；：.!?;:…”]\s*$")
_LEADER = re.compile(r"(?:[.·…] ?){5,}")
"""The dots of a table of contents."""
_ITEM = re.compile(
    r"第[一二三四五六七八九十百零\d]+[章节条款]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[）)]|\d+[.、．]\D"
)
"""How articles of rules and items of lists begin."""
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading, or a table."""

    text: str = ""
    size: float = 0
    """Of a heading, 0 of a paragraph."""
    rows: Sequence[Sequence[Cell]] = ()
    goes_on: bool = False
    """Whether its last line is full, so that the next sheet may go on with it."""
    indented: bool = False


def write_sheets(sheets: Sequence[Sheet]) -> str:
    """Return what stands on sheets as HTML, in the order in which people read it."""
    tables, runs = [], []
    for sheet in sheets:
        grids, rest = take_grids(sheet.glyphs, sheet.rules)
        tables.append(grids)
        runs.append(runs_of(rest))
    runs = _without_margins(sheets, runs)
    size = body_size([run for some in runs for run in some])
    blocks: list[Block] = []
    for sheet, grids, some in zip(sheets, tables, runs, strict=True):
        _append(blocks, list(_blocks_of(some, grids, size, FULL * sheet.width)))
    sizes = sorted({block.size for block in blocks if block.size}, reverse=True)
    return "".join(_write(block, sizes) for block in blocks)


def _without_margins(sheets: Sequence[Sheet], runs: Sequence[list[Run]]) -> list[list[Run]]:
    """Leave out running heads and page numbers."""
    margins = [list(_margin_lines(sheet, some)) for sheet, some in zip(sheets, runs, strict=True)]
    seen = Counter(
        text for lines in margins for text in {_DIGITS.sub("", _line(line).text) for line in lines}
    )
    least = max(MIN_REPEATS, MIN_SHARE * len(sheets))

    def is_furniture(line: Sequence[Run]) -> bool:
        text = _line(line).text
        return bool(_NUMBER.fullmatch(text)) or seen[_DIGITS.sub("", text)] >= least

    furniture = [{run for line in lines if is_furniture(line) for run in line} for lines in margins]
    return [[run for run in some if run not in gone] for some, gone in zip(runs, furniture, strict=True)]


def _margin_lines(sheet: Sheet, runs: Sequence[Run]) -> Iterator[list[Run]]:
    for at_top in (True, False):
        edge = MARGIN * sheet.height
        yield from _grouped(
            [run for run in runs if (run.middle < edge if at_top else run.middle > sheet.height - edge)]
        )


def _blocks_of(runs: Sequence[Run], grids: Sequence[Grid], size: float, end: float) -> Iterator[Block]:
    """Give the blocks of a sheet; a table parts what stands above it from what follows.

    A line is full that comes to the ``end``, or in a column to the column's.
    """
    rest = list(runs)
    for grid in sorted(grids, key=lambda grid: grid.top):
        above = [run for run in rest if run.middle < grid.top]
        rest = [run for run in rest if run.middle >= grid.top]
        yield from _text_blocks(above, size, end)
        yield Block(rows=grid.rows)
    yield from _text_blocks(rest, size, end)


def _text_blocks(runs: Sequence[Run], size: float, end: float) -> Iterator[Block]:
    regions = _regions(runs, MAX_DEPTH)
    for region in regions:
        yield from _paragraphs(region, size, end if len(regions) == 1 else 0)


def _regions(runs: Sequence[Run], depth: int) -> list[list[Run]]:
    """Part a sheet into columns, and what stands above them, in the order of reading."""
    if len(runs) < 2 * MIN_COLUMN[0] or not depth:
        return [list(runs)] if runs else []
    if parts := _cut(sorted(runs, key=lambda run: run.left), across=True):
        return [region for part in parts for region in _regions(part, depth - 1)]
    if _has_neighbours(runs) and (parts := _cut(sorted(runs, key=lambda run: run.top), across=False)):
        parted = [_regions(part, depth - 1) for part in parts]
        if any(len(regions) > 1 for regions in parted):
            return [region for regions in parted for region in regions]
    return [list(runs)]


def _has_neighbours(runs: Sequence[Run]) -> bool:
    lines = sorted(runs, key=lambda run: run.middle)
    return any(other.middle - one.middle < one.size / 2 for one, other in pairwise(lines))


def _cut(runs: Sequence[Run], *, across: bool) -> tuple[Sequence[Run], Sequence[Run]] | None:
    """Part sorted runs at the widest gap between columns or lines; None where there is none."""
    end, best, place = float("-inf"), 0.0, 0
    for number, run in enumerate(runs):
        start, stop = (run.left, run.right) if across else (run.top, run.bottom)
        if number and start - end > best and (not across or _are_columns(runs[:number], runs[number:])):
            best, place = start - end, number
        end = max(end, stop)
    return (runs[:place], runs[place:]) if best > (runs[0].size if across else 0) else None


def _are_columns(*sides: Sequence[Run]) -> bool:
    return all(map(_is_column, sides))


def _is_column(runs: Sequence[Run]) -> bool:
    lines, letters = MIN_COLUMN
    if len(runs) < lines or sum(len(run.text) for run in runs) < letters * len(runs):
        return False
    left, right = min(run.left for run in runs), max(run.right for run in runs)
    full = sum(run.right > right - RAGGED * (right - left) for run in runs)
    return full > len(runs) / 2


@dataclass(frozen=True, slots=True)
class _Region:
    """How the lines of a region stand, by which one of them is judged."""

    left: float
    right: float
    size: float
    """Of its usual letters."""
    gap: float
    """The usual one from line to line."""

    def heading(self, line: Run) -> float:
        """Return the size of a line that is a heading, 0 for any other one."""
        return line.size if line.size >= LARGER * self.size and len(line.text) <= MAX_HEADING else 0

    def is_full(self, line: Run) -> bool:
        """Tell whether a line ends where the region does."""
        return line.right > self.right - 1.5 * line.size - _lacking(line, self.right - self.left)

    def is_indented(self, line: Run, last: Run) -> bool:
        """Tell whether a line is indented as the first of a paragraph; a whole block may be."""
        goes_on = abs(line.left - last.left) < line.size / 2 and not _ENDS.search(last.text)
        return line.left > self.left + 0.8 * line.size and not goes_on

    def begins(self, line: Run, last: Run) -> bool:
        """Tell whether a line begins something new, whatever it looks like."""
        if line.top - last.top > 1.5 * self.gap or (_ITEM.match(line.text) and _ENDS.search(last.text)):
            return True
        # Signatures and dates stand to the right.
        return last.left - line.left > MAX_INDENT * line.size


def _measure(lines: Sequence[Run], size: float, end: float) -> _Region:
    gaps = sorted(other.top - one.top for one, other in pairwise(lines))
    right = max(end, max(line.right for line in lines))
    return _Region(_margin(lines, size), right, size, gaps[len(gaps) // 2] if gaps else 0)


def _paragraphs(runs: Sequence[Run], size: float, end: float) -> Iterator[Block]:
    """Join the lines of a region to paragraphs."""
    lines = _lines(runs)
    if not lines:
        return
    region = _measure(lines, size, end)
    block: Block | None = None
    for last, line in pairwise([lines[0], *lines]):
        heading, indented = region.heading(line), region.is_indented(line, last)
        full = region.is_full(line)
        joins = block is not None and heading == block.size and not region.begins(line, last)
        if block and joins and (heading or (block.goes_on and not indented)):
            block = replace(block, text=_joined(block.text, line.text), goes_on=full)
            continue
        if block:
            yield block
        block = Block(line.text, heading, goes_on=full and not heading, indented=indented)
    if block:
        yield block


def _lacking(line: Run, width: float) -> float:
    """Give how much a line may lack of its region's width, and still be full."""
    if _LEADER.search(line.text):
        return -width
    is_ragged = max(line.text) < WIDE and not _ENDS.search(line.text)
    return RAGGED * width if is_ragged else 0


def _margin(lines: Sequence[Run], size: float) -> float:
    """Give where lines of the text begin that are not indented: the leftmost place where several do."""
    lefts: Counter[float] = Counter(round(line.left) for line in lines if line.size < LARGER * size)
    least = max(2, sum(lefts.values()) / 10)
    usual = [left for left, count in lefts.items() if count >= least]
    return min(usual or [line.left for line in lines])


def _lines(runs: Sequence[Run]) -> list[Run]:
    """Give the lines of a region, from the top; what stands beside another is one line with it."""
    return list(map(_line, _grouped(runs)))


def _grouped(runs: Sequence[Run]) -> list[list[Run]]:
    lines: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: run.middle):
        if lines and abs(run.middle - lines[-1][0].middle) < max(lines[-1][0].size, run.size) / 2:
            lines[-1].append(run)
        else:
            lines.append([run])
    return [sorted(line, key=lambda run: run.left) for line in lines]


def _line(runs: Sequence[Run]) -> Run:
    return Run(
        runs[0].left,
        min(run.top for run in runs),
        max(run.right for run in runs),
        max(run.bottom for run in runs),
        " ".join(run.text for run in runs),
        max(runs, key=lambda run: len(run.text)).size,
    )


def _joined(text: str, more: str) -> str:
    if text.endswith("-") and more[:1].islower():
        return text[:-1] + more
    # Chinese breaks lines within numbers.
    is_number = text[-1:].isdigit() and more[:1].isdigit() and max(text) >= WIDE
    return f"{text} {more}" if is_spaced(text, more) and not is_number else text + more


def _append(blocks: list[Block], more: list[Block]) -> None:
    """Put the blocks of the next sheet behind others; what was broken off goes on."""
    last, first = (blocks[-1], more[0]) if blocks and more else (Block(), Block())
    if last.rows and first.rows and _width(last) == _width(first):
        repeats = first.rows[0] == last.rows[0]
        blocks[-1] = replace(last, rows=[*last.rows, *first.rows[repeats:]])
        more = more[1:]
    elif last.goes_on and first.text and not (first.size or first.indented or _ENDS.search(last.text)):
        blocks[-1] = replace(first, text=_joined(last.text, first.text), indented=last.indented)
        more = more[1:]
    blocks += more


def _width(block: Block) -> int:
    return max(sum(cell.across for cell in row) for row in block.rows)


def _write(block: Block, sizes: Sequence[float]) -> str:
    if block.rows:
        return write_table(block.rows)
    return paragraph(
        _LEADER.sub("… ", block.text), ("h2" if block.size == sizes[0] else "h3") if block.size else "p"
    )
