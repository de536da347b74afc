"""The steps of the extractor: known containers, scores of the texts, assembly."""

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree, html

from aggregator.content.body.assemble import assemble
from aggregator.content.body.blocks import Block, cover, linked, read_blocks, total, units_within
from aggregator.content.body.choose import choose, drop_furniture, find_slides, is_byline, is_title
from aggregator.content.body.known import find_known
from aggregator.content.body.lists import is_list
from aggregator.content.body.names import holds_file, shows_article, stands_aside
from aggregator.content.body.tree import read_tree, tidy, title_of
from aggregator.content.body.votes import trafilatura_votes
from aggregator.text.elements import HEADINGS, LANDMARKS, MEDIA

MIN_SIZE = 40
"""The size of the shortest text that is an article; a Chinese character counts twice."""
MAX_HEADING = 300
"""The size below which what was chosen may be a title, a footer's line and links to files."""
MAX_LINKED = 100
"""The size of links to elsewhere beside pictures from which on a page lists articles."""

RULE = "scores of its texts"
"""How a body was found that is in no known container, for people."""
ACTIVE = frozenset("script noscript iframe frame form".split())


@dataclass(frozen=True, slots=True)
class Body:
    """The body found on a page."""

    html: str
    """Not yet sanitised; its addresses are as on the page."""
    rule: str
    """Who found it, for people: ``scores of its texts``, ``#zoom (known container)``."""


def find_body(markup: str, address: str) -> Body | None:
    """Find the article's body on a page, decoded; None where the page holds no article.

    ``address`` is the page's own. Nothing is raised, whatever the page.
    """
    tree = read_tree(markup, address)
    if tree is None:
        return None
    known = find_known(tree, markup)
    if known:
        name, container = known
        for reason in ("hidden", "style"):  # WeChat hides its texts until a script has looked at them
            container.attrib.pop(reason, None)
    bare = _is_bare(tree)
    tidy(tree)
    blocks = read_blocks(tree)
    units = [block for block in blocks if block.runs]
    if known:
        chosen = drop_furniture(units_within(container, units))
        return Body(assemble(units, chosen, container), f"{name} (known container)")
    chosen = choose(blocks, trafilatura_votes(tree, units), title_of(tree))
    slides = find_slides(chosen)
    if slides is not None:
        beside = set(chosen) - set(units_within(slides, chosen))
        chosen = [unit for unit in chosen if unit in beside]
        slides.drop_tree()
    return _make_body(tree, units, chosen, bare=bare)


def _make_body(
    tree: html.HtmlElement, units: Sequence[Block], chosen: list[Block], *, bare: bool
) -> Body | None:
    """Put chosen texts together; pictures or files where they are but a title, None where they are a list.

    ``bare`` tells that no script can add text: then even a short one is the article.
    """
    titles = _titles(tree, units)
    heads = set(titles)
    rest = [unit for unit in chosen if unit not in heads and not _is_beside(unit)]
    if total(chosen) < MAX_HEADING and total(rest) < MIN_SIZE:
        found = _find_pictures(units, titles)
        if found or not rest:
            return found
    if is_list(units, chosen):
        return None
    if total(chosen) < MIN_SIZE and not (bare or _is_declared(chosen)):
        return None
    return Body(assemble(units, chosen), RULE)


def _is_beside(unit: Block) -> bool:
    """Tell whether a text is a footer's line or a link to a file."""
    around = (unit.element, *unit.element.iterancestors(etree.Element))
    return any(element.tag in LANDMARKS for element in around) or (
        unit.linked == unit.size and holds_file(unit.element)
    )


def _titles(tree: html.HtmlElement, units: Sequence[Block]) -> list[Block]:
    """Return the units that are the page's title: main headings, and others with which its name begins."""
    name = "".join(title_of(tree).split())
    return [
        unit
        for unit in units
        if is_title(unit) or (unit.element.tag in HEADINGS and name.startswith("".join(unit.runs)))
    ]


def _find_pictures(units: Sequence[Block], titles: Sequence[Block]) -> Body | None:
    """Return the pictures or files around the title of a page that holds no text besides it.

    They stand in the smallest element around the title that has some, up to the article or the whole page.
    """
    arounds = titles[0].element.iterancestors(etree.Element) if titles else ()
    for around in arounds:
        if any(shows_article(element) for element in around.iter(*MEDIA, "object", "a")):
            rest = [unit for unit in units_within(around, units) if not holds_file(unit.element)]
            if linked(rest) > MAX_LINKED:
                break
            for unit in (*titles, *filter(is_byline, units_within(around, units))):
                if unit.element.getparent() is not None:
                    unit.element.drop_tree()
            inner = [unit for unit in units_within(around, units) if not stands_aside(unit.element)]
            return Body(assemble(units, inner, around), "pictures or files beside the title")
        if around.tag in ("article", "main", "body"):
            break
    return None


def _is_declared(chosen: Sequence[Block]) -> bool:
    """Tell whether the page itself says that this is an article."""
    root = cover(unit.element for unit in chosen)
    return any(element.tag == "article" for element in (root, *root.iterancestors()))


def _is_bare(tree: html.HtmlElement) -> bool:
    """Tell whether no script, frame or form can add text to a page."""
    root = tree.getroottree().getroot()
    return not any(element.tag in ACTIVE for element in root.iter(etree.Element))
