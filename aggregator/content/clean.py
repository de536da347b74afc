"""The sanitiser: it drops what the user removes, makes addresses absolute, and lets safe HTML through."""

import re
from collections.abc import Sequence

import nh3
from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from aggregator.content.media import show
from aggregator.text.addresses import resolve
from aggregator.text.html import BLOCKS, INLINE, PLAYERS, TABLES, UNREAD, is_text, parse_html
from aggregator.text.text import fold, scrub

TAGS = BLOCKS | TABLES | INLINE
# These go with what they hold; every other element that is not allowed only loses its tag.
DROPPED = UNREAD | {"math", "object", "svg", "title"}
EVERYWHERE = frozenset({"align", "class", "dir", "lang", "style", "title"})
ATTRIBUTES = {
    "*": set(EVERYWHERE),
    "a": {"href"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"datetime"},
    "img": {"src", "alt", "width", "height"},
    "ins": {"datetime"},
    "ol": {"start", "type", "reversed"},
    "q": {"cite"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
HIDDEN = "[hidden], [style*='display:none' i], [style*='display: none' i]"
STYLE = re.compile(r"^text-align\s*:\s*(left|right|center|justify|start|end)$", re.IGNORECASE)
# Chinese paragraphs are indented by two ideographic spaces; style sheets do that for us.
INDENT = "\u3000\u3000"


def clean(markup: str, base: str, remove: Sequence[str] = (), unwrap: Sequence[str] = ()) -> str:
    """Return HTML that is safe to publish, its addresses absolute against ``base``.

    ``remove`` are CSS selectors of what the user does not want, ``unwrap`` of elements that leave only what
    they hold. Sanitising comes last, so that no earlier step can bring back what it takes out.
    """
    # beautifulsoup4 would shorten white space between elements, which is the source's own.
    soup = parse_html(scrub(markup), verbatim={"html"})
    root = soup.body or soup
    show(soup, root, markup)
    for selector in (*remove, HIDDEN):
        for element in root.select(selector):
            element.decompose()
    for selector in unwrap:
        for element in root.select(selector):
            element.unwrap()
    # Our pages load nothing but images from other sites, so players become links.
    for element in root.find_all(list(PLAYERS)):
        _link_instead(soup, element, base)
    for element in root.find_all(["a", "img"]):
        _make_absolute(element, base)
    for text in root.find_all(string=lambda string: bool(string) and INDENT in string):
        text.replace_with(NavigableString(text.replace(INDENT, "")))
    _wrap_loose(soup, root)
    return nh3.clean(
        root.decode_contents(),
        tags=set(TAGS),
        clean_content_tags=set(DROPPED),
        attributes=ATTRIBUTES,
        attribute_filter=_filter,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    ).strip()


def says_something(content: str) -> bool:
    """Tell whether clean HTML holds any text or image."""
    return bool("<img " in content or fold(re.sub(r"<[^>]*>|&nbsp;", " ", content)))


def _link_instead(soup: BeautifulSoup, player: Tag, base: str) -> None:
    source = player if player.get("src") else player.find(src=True)
    address = resolve(base, str(source["src"])) if isinstance(source, Tag) else ""
    if address:
        link = soup.new_tag("a", href=address)
        link.string = address
        if isinstance(player.next_sibling, Tag):
            player.insert_after(" ")
        player.replace_with(link)
    else:
        player.unwrap()


def _make_absolute(element: Tag, base: str) -> None:
    """Make the address of a link or an image absolute; one that leads nowhere goes, and an image with it."""
    attribute = "src" if element.name == "img" else "href"
    value = str(element.get(attribute) or "")
    if value.lower().startswith(("mailto:", "tel:")):
        return
    address = resolve(base, value)
    if address:
        element[attribute] = address
    elif element.name == "img":
        element.decompose()
    else:
        del element[attribute]


def _wrap_loose(soup: BeautifulSoup, root: Tag) -> None:
    """Put text that stands outside of any block into paragraphs, so that Markdown leaves it alone.

    White space between blocks is shortened for the same reason: four blanks would make code of it.
    """
    run: list[Tag | NavigableString] = []
    for child in [*root.contents, None]:
        loose = isinstance(child, NavigableString) or (isinstance(child, Tag) and not _holds_block(child))
        if child is not None and loose:
            run.append(child)  # type: ignore[arg-type]
            continue
        if any(isinstance(node, Tag) or (is_text(node) and node.strip()) for node in run):
            paragraph = soup.new_tag("p")
            run[0].insert_before(paragraph)
            for node in run:
                paragraph.append(node)
        else:
            for node in run:
                if len(node) > 2:
                    node.replace_with(NavigableString("\n"))
        run = []


def _holds_block(element: Tag) -> bool:
    known = BLOCKS | TABLES | DROPPED
    return element.name in known or element.find(list(BLOCKS | TABLES)) is not None


def _filter(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "style":
        kept = [part for part in map(str.strip, value.split(";")) if STYLE.match(part)]
        return "".join(f"{part};" for part in kept) or None
    if attribute in ("src", "cite") and not value.lower().startswith(("http://", "https://")):
        return None
    return value
