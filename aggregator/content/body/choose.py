"""The choice of the texts that are the article, by their scores."""

import re
from collections.abc import Sequence

from lxml import html

from aggregator.content.body.blocks import Block, cover, linked, sizes_by_element, total, units_within
from aggregator.content.body.features import read_features
from aggregator.content.body.names import holds_file, is_furniture, stands_aside
from aggregator.content.body.scores import score

LIKELY = 0.5
"""The score from which on a text is the article's."""
MAX_LINKED = 0.5
"""The share of links above which what is likely is a list of articles."""
LEAD = 60
"""The least size of a text that is the article's, and of one before it that can be its lead."""
LEAD_SCORE = 0.2
"""The score from which on such a text is the article's lead."""
ALSO = range(12, 250)
"""Sizes of a line that only links to another article ("see also")."""
ALSO_LINKS = 0.7
"""The share of links that such a line has at least."""
ALSO_PART = 0.3
"""The share of an article's lines up to which such lines are dropped; above, the article consists of them."""
FURNITURE = 0.3
"""The share of the text from which on nothing is furniture, whatever it is called."""
MIN_SLIDES = 3
"""The least number of slides of a show."""
BESIDE_SLIDES = 600
"""The size of an article from which on a show of slides beside it is none of it."""
_SLIDE = re.compile(r"(\d{1,3})(?:/|[a-z]{2,3})(\d{1,3})(?![\d/])")
_BYLINE = re.compile(r"(?:信息|文章|稿件)?(?:来源|稿源|作者|发布(?:时间|日期)|责任编辑)[:：][^。！？]{0,100}")


def choose(blocks: Sequence[Block], votes: Sequence[float], name: str) -> list[Block]:
    """Return the texts that are the article, none where there is no article.

    ``votes`` are the shares of the texts that trafilatura takes, ``name`` is the page's title.
    """
    units = [block for block in blocks if block.runs]
    scores = score(read_features(blocks, votes, name))
    likely = {at for at, value in enumerate(scores) if value > LIKELY}
    chosen = [units[at] for at in sorted(likely | _lead(units, scores, likely))]
    if linked(chosen) > MAX_LINKED * total(chosen):
        chosen = []
    return _without_title(_without_links(chosen))


def _lead(units: Sequence[Block], scores: Sequence[float], likely: set[int]) -> set[int]:
    """Return the places of the paragraphs between the title and the article that can be its lead."""
    start = next((at for at in sorted(likely) if units[at].size > LEAD), 0)
    title = next((at for at in range(start - 1, -1, -1) if is_title(units[at])), start)
    return {
        at
        for at in range(title + 1, start)
        if scores[at] > LEAD_SCORE and units[at].size >= LEAD and not stands_aside(units[at].element)
    }


def find_slides(chosen: Sequence[Block]) -> html.HtmlElement | None:
    """Return the element around slides that are counted ("1/50", "2 of 50") beside an article."""
    shows: dict[int, dict[str, html.HtmlElement]] = {}
    for unit in chosen:
        if counted := _SLIDE.match("".join(unit.runs)):
            shows.setdefault(int(counted[2]), {}).setdefault(counted[1], unit.element)
    for number, slides in shows.items():
        if len(slides) >= max(MIN_SLIDES, number - 1):  # dates and fractions do not go on to their end
            show = cover(slides.values())
            beside = total(chosen) - total(units_within(show, chosen))
            return show if beside >= BESIDE_SLIDES else None
    return None


def _without_links(chosen: list[Block]) -> list[Block]:
    """Leave out lines that only link to other articles, if there are few."""
    kept = [unit for unit in chosen if not _is_link_only(unit)]
    return kept if len(chosen) - len(kept) <= ALSO_PART * len(chosen) else chosen


def _without_title(chosen: list[Block]) -> list[Block]:
    """Leave out the title and the byline where the article begins with them, since metadata has them."""
    heads = [is_title(unit) or is_byline(unit) for unit in chosen]
    start = next((at for at, unit in enumerate(chosen) if unit.size > LEAD and not heads[at]), 0)
    # Where there is nothing else, a title stays for the caller to judge.
    first = heads.index(False) if False in heads else len(heads)
    return [
        unit
        for at, unit in enumerate(chosen)
        if not (heads[at] and at < start) and not (at < first and is_byline(unit))
    ]


def is_title(unit: Block) -> bool:
    """Tell whether a unit is a main heading or a part of one."""
    return any(block.key[0] == "h1" for block in unit.around())


def is_byline(unit: Block) -> bool:
    """Tell whether a unit is a line such as 来源：海事局 发布时间：2026-03-05."""
    return bool(_BYLINE.fullmatch("".join(unit.runs)))


def drop_furniture(chosen: Sequence[Block]) -> list[Block]:
    """Leave out what stands in share bars, comments, related lists and their like.

    Nothing that holds a good part of the text is furniture, whatever it is called.
    """
    most = FURNITURE * total(chosen)
    marked = {
        element
        for element, size in sizes_by_element(chosen).items()
        if size < most and element.tag not in ("body", "article", "main") and is_furniture(element)
    }
    return [
        unit
        for unit in chosen
        if unit.element not in marked and not any(around in marked for around in unit.element.iterancestors())
    ]


def _is_link_only(unit: Block) -> bool:
    """Tell whether a paragraph is a link to another article and nothing more."""
    element = unit.element
    return (
        unit.size in ALSO
        and unit.linked >= ALSO_LINKS * unit.size
        and element.tag in ("p", "div", "h2", "h3", "h4", "h5", "h6")
        and not any(around.tag in ("table", "li", "dd", "dt") for around in element.iterancestors())
        and not holds_file(element)
    )
