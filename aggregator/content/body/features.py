"""The features of a text on a page by which the scores tell whether it is the article's."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aggregator.content.body.blocks import (
    ABOUT,
    AROUND,
    ASIDE,
    FIGURE,
    FURNITURE,
    PICTURED,
    QUOTE,
    TABLE,
    Block,
)
from aggregator.content.metadata.value import letters

FEATURES = tuple(
    "size links punctuation punctuation_share digits tag figure table quote about pictured depth repeated"
    " title in_furniture in_around in_aside place before behind after_title from_title"
    " parent_prose parent_links parent_count outer_prose outer_links"
    " half_up half_links half_prose most_up most_links all_up all_links"
    " kind_count kind_links kind_prose kind_size previous previous_links previous_most next next_most gap"
    " vote votes page_prose readable candidate".split()
)
CONTEXT = tuple("score previous_score next_score scores_before scores_after chosen_before chosen_after"
                " mass_before mass_after mass_least part mass".split())  # fmt: skip
"""The features that the second scores have besides: the first scores of a text and of those around it."""

_TAGS = "p li td th div h1 h2 h3 h4 h5 h6 blockquote pre dt dd figcaption article main section body".split()
_TAG = {tag: at for at, tag in enumerate(_TAGS)}
_OUTSIDE = -1.0
_FAR = 30
_CORES = (0.5, 0.8, 0.95)
"""Shares of the page's prose that the smallest blocks around it hold."""


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What a page's blocks are to the whole page, each by its number."""

    shares: Sequence[Sequence[float]]
    """The share of the page's prose in the nearest block around that is called furniture, or is aside."""
    cores: Sequence[dict[int, int]]
    """For each of ``_CORES`` the blocks from the core up to the page, with the levels between."""
    kinds: dict[tuple[object, ...], list[int]]
    """How many texts of one kind there are, their size, links and prose."""
    scores: Sequence[float]
    readable: Sequence[int]


def read_features(blocks: Sequence[Block], votes: Sequence[float], name: str) -> list[list[float]]:
    """Return a row of ``FEATURES`` for each block that holds text.

    ``votes`` are the shares of the texts that trafilatura takes, ``name`` is the page's title.
    """
    units = [block for block in blocks if block.runs]
    around = _survey(blocks, units)
    texts = ["".join(unit.runs) for unit in units]
    titles = [_title_likeness(unit, text, letters(name)) for unit, text in zip(units, texts, strict=True)]
    repeated = Counter(texts)
    title = _title_place(units, titles)
    prose = [at for at, unit in enumerate(units) if unit.is_prose and unit.size >= 120]
    page = max(blocks[0].prose, 1)
    voted = sum(unit.size * vote for unit, vote in zip(units, votes, strict=True)) / page
    before, rows = 0, []
    for at, unit in enumerate(units):
        rows.append(
            [
                *_own(unit),
                repeated[texts[at]],
                titles[at],
                *(share[unit.number] for share in around.shares),
                at / len(units),
                before / max(blocks[0].inner, 1),
                len(units) - at,
                _OUTSIDE if title is None else at > title,
                0 if title is None else max(-20, min(60, at - title)),
                *_outer(unit, around, page),
                *_beside(units, at),
                _gap(prose, at),
                votes[at],
                voted,
                page,
                around.readable[unit.number],
                around.scores[(unit.parent or unit).number],
            ]
        )
        before += unit.size
    return rows


def _title_place(units: Sequence[Block], titles: Sequence[float]) -> int | None:
    """Return which unit is the title: the first that is like the page's name, else the first main heading."""
    alike = (at for at, like in enumerate(titles) if like > 1)
    headings = (at for at, unit in enumerate(units) if unit.key[0] == "h1")
    return next(alike, next(headings, None))


def read_context(sizes: Sequence[float], scores: Sequence[float]) -> list[list[float]]:
    """Return a row of ``CONTEXT`` for each text of a page, by its size and its first score."""
    masses = [size * score for size, score in zip(sizes, scores, strict=True)]
    whole = max(sum(masses), 1)
    chosen = [at for at, score in enumerate(scores) if score > 0.5]
    before, rows = 0.0, []
    for at, (score, mass) in enumerate(zip(scores, masses, strict=True)):
        left, right = scores[max(0, at - 3) : at], scores[at + 1 : at + 4]
        near = bisect_left(chosen, at)
        far = near + (near < len(chosen) and chosen[near] == at)
        ahead, behind = before / whole, (whole - before - mass) / whole
        rows.append(
            [
                score,
                left[-1] if left else 0,
                right[0] if right else 0,
                sum(left) / len(left) if left else 0,
                sum(right) / len(right) if right else 0,
                min(at - chosen[near - 1], _FAR) if near else _FAR,
                min(chosen[far] - at, _FAR) if far < len(chosen) else _FAR,
                ahead,
                behind,
                min(ahead, behind),
                sizes[at] / whole,
                whole,
            ]
        )
        before += mass
    return rows


def _own(unit: Block) -> tuple[float, ...]:
    return (
        unit.size,
        unit.linked / unit.size,
        unit.punctuation,
        unit.punctuation / unit.size,
        unit.digits / unit.size,
        _TAG.get(unit.key[0], len(_TAGS)),
        *(bool(unit.traits & trait) for trait in (FIGURE, TABLE, QUOTE, ABOUT, PICTURED)),
        unit.depth,
    )


def _outer(unit: Block, around: _Surroundings, page: int) -> list[float]:
    """Return the features of the blocks around a text, and of the texts of its kind."""
    parent = unit.parent or unit
    outer = parent.parent or parent
    row = [parent.prose / page, _links(parent), parent.count, outer.prose / page, _links(outer)]
    for share, core in zip(_CORES, around.cores, strict=True):
        branch = block = unit
        while block.number not in core and block.parent:
            branch, block = block, block.parent
        row += [core.get(block.number, 0), _links(branch)]
        if share == _CORES[0]:
            row.append(branch.prose / page)
    count, size, linked, prose = around.kinds[_kind(unit)]
    return [*row, count, linked / size, prose / page, size / count]


def _beside(units: Sequence[Block], at: int) -> tuple[float, ...]:
    """Return the features of the texts before and after one."""
    before, after = units[max(0, at - 3) : at], units[at + 1 : at + 4]
    return (
        before[-1].size if before else 0,
        before[-1].linked / before[-1].size if before else 0,
        max((unit.size - unit.linked for unit in before), default=0),
        after[0].size if after else 0,
        max((unit.size - unit.linked for unit in after), default=0),
    )


def _gap(prose: Sequence[int], at: int) -> int:
    """Return how many texts away the next prose is, before or after."""
    near = bisect_left(prose, at)
    left = at - prose[near - 1] if near else 99
    return min(left, prose[near] - at if near < len(prose) else 99)


def _survey(blocks: Sequence[Block], units: Sequence[Block]) -> _Surroundings:
    page = max(blocks[0].prose, 1)
    shares: list[list[float]] = [[], [], []]
    for block in blocks:
        for share, trait in zip(shares, (FURNITURE, AROUND, ASIDE), strict=True):
            named = block.own & trait and block.parent
            outer = share[block.parent.number] if block.parent else _OUTSIDE
            share.append(block.prose / page if named else outer)
    cores = []
    for part in _CORES:
        core = blocks[0]
        for block in blocks:
            if block.prose >= part * page and block.depth >= core.depth:
                core = block
        cores.append({block.number: level for level, block in enumerate(core.around())})
    kinds: dict[tuple[object, ...], list[int]] = {}
    for unit in units:
        kind = kinds.setdefault(_kind(unit), [0, 0, 0, 0])
        kind[0] += 1
        kind[1] += unit.size
        kind[2] += unit.linked
        kind[3] += (unit.size - unit.linked) * unit.is_prose
    scores = _readability(blocks, units)
    return _Surroundings(shares, cores, kinds, scores, _readable(blocks, scores))


def _readability(blocks: Sequence[Block], units: Sequence[Block]) -> list[float]:
    """Score blocks as Arc90's Readability does, by the texts two levels deep; the best has 1."""
    scores = [0.0] * len(blocks)
    for unit in units:
        if unit.size >= 25 and unit.parent:
            score = 1 + unit.punctuation / 2 + min(unit.size // 100, 3)
            scores[unit.parent.number] += score
            if unit.parent.parent:
                scores[unit.parent.parent.number] += score / 2
    for block in blocks:
        if block.own & (FURNITURE | AROUND) and scores[block.number]:
            scores[block.number] -= 25
        scores[block.number] *= 1 - _links(block)
    best = max(scores) or 1
    return [score / best for score in scores]


def _readable(blocks: Sequence[Block], scores: Sequence[float]) -> list[int]:
    """Tell of each block whether it is within the best one (2), within a good one beside that (1), or not."""
    best = max(blocks, key=lambda block: scores[block.number])
    found: list[int] = []
    for block in blocks:
        value = found[block.parent.number] if block.parent else 0
        if block is best:
            value = 2
        elif not value and best.parent and block.parent is best.parent:
            value = int(scores[block.number] > 0.2 or (block.key[0] == "p" and block.is_prose))
        found.append(value)
    return found


def _links(block: Block) -> float:
    return block.inner_linked / block.inner if block.inner else 0.0


def _kind(unit: Block) -> tuple[object, ...]:
    return unit.key, unit.parent.key if unit.parent else None


def _title_likeness(unit: Block, text: str, name: str) -> int:
    """Tell whether a text is the page's title (2), a part of it or more than it (1), or none."""
    own = letters(text) if unit.size < 300 and name else ""
    if len(own) < 4:
        return 0
    if own == name or (len(own) > 10 and name.startswith(own)):
        return 2
    return int((len(own) > 10 and own in name) or name in own)
