"""What differs between two texts in HTML by block; blocks that were moved are told from new ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile, zip_longest
from typing import Literal

from aggregator.text.difference.blocks import TextBlock, read_blocks
from aggregator.text.difference.words import Kind, Spans, align, compare_tokens, share_of_words

MAX_BLOCKS = 10_000
"""Blocks that are compared, beside those that begin and end both texts; comparing takes their square."""
LOOKAHEAD = 10
"""Blocks among which the earlier state of a changed one is sought, in the order of the text."""
MAX_MOVED = 100
"""Blocks that are compared with each other for moves that were edited as well."""
LEAST_ALIKE = 0.5
"""The share of words that two states of one block have in common; with less, one went and another came."""
LEAST_MOVED = 0.8
"""The same for a block that was moved and edited."""

BlockKind = Kind | Literal["changed", "moved"]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, item or row of a table, as it differs."""

    kind: BlockKind
    tag: str
    """Its HTML element: ``p``, ``h2``, ``li``, ``pre``, ``tr`` and the like."""
    cells: tuple[Spans, ...]
    """One for each cell of a row; any other block has one."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """A block as it was and as it is; one of the two may be ``_NOTHING``."""

    old: TextBlock
    new: TextBlock
    moved: bool = False


_NOTHING = TextBlock("", ())


def compare(before: str, after: str) -> list[Block] | None:
    """Compare two well-formed fragments of HTML; None where they are too long and have too little in common.

    Addresses of links and pictures count as words where only one state has them.
    """
    old, new = read_blocks(before), read_blocks(after)
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    if max(len(left), len(right)) > MAX_BLOCKS:
        return None
    middle = _join_moves(list(_compare_blocks(left, right)))
    pairs = [*map(_unchanged, new[:head]), *middle, *map(_unchanged, new[len(new) - tail :])]
    return [_block(pair) for pair in pairs]


def in_context(blocks: Sequence[Block], around: int = 1) -> Iterator[list[Block]]:
    """Yield the runs of blocks that differ, each with so many blocks around it."""
    shown = {
        near
        for at, block in enumerate(blocks)
        if block.kind != "same"
        for near in range(at - around, at + around + 1)
    }
    runs = groupby(enumerate(blocks), lambda pair: pair[0] in shown)
    yield from ([block for _, block in run] for wanted, run in runs if wanted)


def _common(one: Sequence[TextBlock], other: Sequence[TextBlock]) -> int:
    """Count the blocks with which both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _unchanged(text: TextBlock) -> _Pair:
    return _Pair(text, text)


def _compare_blocks(old: Sequence[TextBlock], new: Sequence[TextBlock]) -> Iterator[_Pair]:
    for same, olds, news in align(old, new):
        yield from map(_unchanged, news) if same else _pair(olds, news)


def _pair(old: Sequence[TextBlock], new: Sequence[TextBlock]) -> Iterator[_Pair]:
    """Pair the blocks that came with those that went, in their order, where they are alike."""
    at = 0
    came: list[_Pair] = []
    for block in new:
        near = range(at, min(at + LOOKAHEAD, len(old)))
        best = max(near, key=lambda i: _alike(old[i], block), default=None)
        if best is None or _alike(old[best], block) < LEAST_ALIKE:
            came.append(_Pair(_NOTHING, block))
            continue
        yield from (*_gone(old[at:best]), *came, _Pair(old[best], block))
        came = []
        at = best + 1
    yield from (*_gone(old[at:]), *came)


def _gone(blocks: Sequence[TextBlock]) -> Iterator[_Pair]:
    return (_Pair(one, _NOTHING) for one in blocks)


def _join_moves(pairs: Sequence[_Pair]) -> list[_Pair]:
    """Tell blocks that stand elsewhere now from those that are new; they are shown where they stand now."""
    gone = {at: pair.old for at, pair in enumerate(pairs) if pair.old.cells and not pair.new.cells}
    came = {at: pair.new for at, pair in enumerate(pairs) if not pair.old.cells}
    moved = _same_words(gone, came)
    _add_edited(moved, gone, came)
    left = gone.keys() - moved.values()
    shown = [(at, pair) for at, pair in enumerate(pairs) if pair.new.cells or at in left]
    return [_Pair(gone[moved[at]], pair.new, moved=True) if at in moved else pair for at, pair in shown]


def _same_words(gone: Mapping[int, TextBlock], came: Mapping[int, TextBlock]) -> dict[int, int]:
    """Return by place of each block that came the place of one that went with the same words."""
    by_words: dict[tuple[str, ...], list[int]] = {}
    for at, block in gone.items():
        by_words.setdefault(block.tokens, []).append(at)
    return {at: found.pop(0) for at, block in came.items() if (found := by_words.get(block.tokens))}


def _add_edited(moved: dict[int, int], gone: Mapping[int, TextBlock], came: Mapping[int, TextBlock]) -> None:
    """Add to ``moved`` the blocks that were edited as well, where they are few enough to compare."""
    left = {at: block for at, block in gone.items() if at not in moved.values()}
    rest = {at: block for at, block in came.items() if at not in moved}
    if max(len(left), len(rest)) > MAX_MOVED:
        return
    for at, block in rest.items():
        best = max(left, key=lambda other: _alike(left[other], block), default=None)
        if best is not None and _alike(left[best], block) >= LEAST_MOVED:
            moved[at] = best
            del left[best]


def _alike(one: TextBlock, other: TextBlock) -> float:
    if (one.tag == "tr") != (other.tag == "tr"):
        return 0
    return share_of_words(one.tokens, other.tokens)


def _block(pair: _Pair) -> Block:
    old, new = pair.old, pair.new
    kind: BlockKind
    if old == new and not pair.moved:
        kind = "same"
    elif not old.cells:
        kind = "added"
    elif not new.cells:
        kind = "removed"
    else:
        kind = "moved" if pair.moved else "changed"
    tag = new.tag or old.tag
    return Block(kind, tag, tuple(_compare_cells(old.cells, new.cells)))


def _compare_cells(old: Sequence[tuple[str, ...]], new: Sequence[tuple[str, ...]]) -> Iterator[Spans]:
    if len(old) == len(new):
        yield from map(compare_tokens, old, new)
        return
    for _, olds, news in align(old, new):
        yield from (compare_tokens(*pair) for pair in zip_longest(olds, news, fillvalue=()))
