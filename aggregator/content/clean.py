"""The sanitiser: it drops what the user removes, makes addresses absolute, and lets safe HTML through."""

import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Any, TypeAlias, TypeGuard

import nh3
from bs4 import Comment as BsComment
from lxml.etree import Comment, ParserError, XPath, tostring
from lxml.html import Element, HtmlElement, HTMLParser
from lxml.html.defs import empty_tags

from aggregator.content.media import has_hidden_media, show
from aggregator.content.plain_markup import clean_plain
from aggregator.text.addresses import resolve
from aggregator.text.elements import BLOCKS, INLINE, PLAYERS, TABLES, UNREAD
from aggregator.text.html import DEPTH, parse_html
from aggregator.text.text import fold, scrub

TAGS = BLOCKS | TABLES | INLINE
# These go with what they hold; every other element that is not allowed only loses its tag.
DROPPED = UNREAD | {"math", "object", "svg", "title"}
_BLOCK_LEVEL = BLOCKS | TABLES | DROPPED
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
_HIDDEN_STYLE = re.compile("display: ?none", re.IGNORECASE)
_Finder: TypeAlias = Callable[[HtmlElement], list[HtmlElement]]
_MAYBE_HIDDEN: _Finder = XPath("descendant::*[@hidden or @style]")  # type: ignore[assignment]
_MAYBE_UNTIDY: _Finder = XPath("descendant::*[@class or @*[2] or not(node())]")  # type: ignore[assignment]
STYLE = re.compile(r"^text-align\s*:\s*(left|right|center|justify|start|end)$", re.IGNORECASE)
# Chinese paragraphs are indented by two ideographic spaces; style sheets do that for us.
INDENT = "\u3000\u3000"
_TEXT = re.compile(r"(?:\A|>)[^<>]+")
"""A text with the end of the tag before it; angle brackets in values of attributes are references."""


def clean(markup: str, base: str, remove: Sequence[str] = (), unwrap: Sequence[str] = ()) -> str:
    """Return HTML that is safe to publish, its addresses absolute against ``base``.

    ``remove`` are CSS selectors of what the user does not want, ``unwrap`` of elements that leave only what
    they hold. Sanitising comes last, so that no earlier step can bring back what it takes out.
    """
    markup = scrub(markup)
    is_ours = bool(remove or unwrap or has_hidden_media(markup))
    if not is_ours and (plain := clean_plain(markup, base)) is not None:
        return plain
    root = None if is_ours else _parse(markup)
    if root is None or (markup.count("<") >= DEPTH // 3 and _is_deep(root)):
        root = _parse(_edit(markup, remove, unwrap))
    for element in _MAYBE_HIDDEN(root):
        if "hidden" in element.attrib or _HIDDEN_STYLE.search(element.get("style", "")):
            _drop(element)
    # Our pages load nothing but images from other sites, so players become links.
    for element in list(root.iter(*PLAYERS)):
        _link_instead(element, base)
    for element in list(root.iter("a", "img")):
        _make_absolute(element, base)
    for element in _MAYBE_UNTIDY(root):
        _tidy(element)
    written = "".join(_write_all(root))
    if INDENT in written:
        written = _TEXT.sub(lambda text: text[0].replace(INDENT, ""), written)
    return _SANITISER.clean(written).strip()


def says_something(content: str) -> bool:
    """Tell whether clean HTML holds any text or image."""
    return bool("<img " in content or fold(re.sub(r"<[^>]*>|&nbsp;", " ", content)))


def _edit(markup: str, remove: Sequence[str], unwrap: Sequence[str]) -> str:
    """Return markup no deeper than ``DEPTH``, its media shown, without what the user does not want."""
    # beautifulsoup4 would shorten white space between elements, which is the source's own.
    soup = parse_html(markup, verbatim={"html"})
    root = soup.body or soup
    show(soup, root, markup)
    for selector in (*remove, HIDDEN):
        for element in root.select(selector):
            element.replace_with(BsComment(""))
    for selector in unwrap:
        for element in root.select(selector):
            element.unwrap()
    return root.decode_contents()


def _parse(markup: str) -> HtmlElement:
    """Return the ``<body>`` of markup, which holds all of it where it has none."""
    parser = HTMLParser(huge_tree=True)
    parser.feed(markup)
    try:
        tree: Any = parser.close()
    except ParserError:  # nothing is in it
        return Element("body")
    if tree is None:
        return Element("body")
    root = tree.find("body")
    if root is None:
        root = Element("body")
        root.append(tree)
    return root


def _is_deep(root: HtmlElement) -> bool:
    """Tell whether ``parse_html`` would put something beside what it stands in."""
    level = [root]
    for _ in range(DEPTH - 1):
        level = [child for element in level for child in element]
    return bool(level)


def _drop(element: HtmlElement) -> None:
    """Put an empty comment into the place of an element; it parts the texts around it."""
    parent = element.getparent()
    if parent is not None:
        stand_in = Comment("")
        stand_in.tail = element.tail
        parent.replace(element, stand_in)


def _link_instead(player: HtmlElement, base: str) -> None:
    address = resolve(base, player.get("src") or next(iter(player.xpath("descendant::*/@src")), ""))
    if address:
        following = player.getnext()
        if not player.tail and following is not None and isinstance(following.tag, str):
            player.tail = " "
        player.clear(keep_tail=True)
        player.tag, player.text = "a", address
        player.set("href", address)
    else:
        player.drop_tag()


def _make_absolute(element: HtmlElement, base: str) -> None:
    """Make the address of a link or an image absolute; one that leads nowhere goes, and an image with it."""
    attribute = "src" if element.tag == "img" else "href"
    value = element.get(attribute, "")
    if value.lower().startswith(("mailto:", "tel:")):
        return
    address = resolve(base, value)
    if address:
        element.set(attribute, address)
    elif element.tag == "img":
        _drop(element)
    else:
        element.attrib.pop(attribute, None)


def _tidy(element: HtmlElement) -> None:
    """Put the attributes of an element in order, and give it an end tag where it is empty."""
    attributes = element.items()
    tidy = sorted((name, " ".join(value.split()) if name == "class" else value) for name, value in attributes)
    if tidy != attributes:
        element.attrib.clear()
        element.attrib.update(tidy)
    if not len(element) and not element.text and element.tag not in empty_tags:
        element.text = ""


def _write_all(root: HtmlElement) -> Iterator[str]:
    """Yield what ``<body>`` holds, text outside of any block in paragraphs, so that Markdown leaves it alone.

    White space between blocks is shortened for the same reason: four blanks would make code of it.
    """
    nodes = [root.text or "", *(node for child in root for node in (child, child.tail or ""))]
    if all(_is_in_order(node) for node in nodes):
        whole = _write(root)
        yield whole[whole.index(">") + 1 : whole.rindex("<")]
        return
    for is_block, group in groupby(nodes, _holds_block):
        run = list(group)
        if is_block:
            yield from map(_write, run)
        elif any(_is_element(node) or (isinstance(node, str) and node.strip()) for node in run):
            yield from ("<p>", *map(_write, run), "</p>")
        else:
            yield from ("\n" if _length(node) > 2 else _write(node) for node in run)


def _is_in_order(node: HtmlElement | str) -> bool:
    """Tell whether a node is a block, or the little white space that may stand between two."""
    return len(node) < 3 and not node.strip() if isinstance(node, str) else node.tag in _BLOCK_LEVEL


def _is_element(node: HtmlElement | str) -> TypeGuard[HtmlElement]:
    """Tell whether a node is an element, and neither text nor a comment or a processing instruction."""
    return not isinstance(node, str) and isinstance(node.tag, str)


def _holds_block(node: HtmlElement | str) -> bool:
    if not _is_element(node):
        return False
    return node.tag in _BLOCK_LEVEL or next(node.iter(*BLOCKS, *TABLES), None) is not None


def _length(node: HtmlElement | str) -> int:
    return len(node.replace(INDENT, "") if isinstance(node, str) else node.text or "")


def _write(node: HtmlElement | str) -> str:
    """Return the HTML of text, or of an element without what follows it; comments are left out."""
    if isinstance(node, str):
        return escape(node, quote=False)
    # As XML, since libxml2 leaves out end tags where HTML may, and encodes addresses of mail.
    return tostring(node, encoding="unicode", with_tail=False) if _is_element(node) else ""


def _filter(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "style":
        kept = [part for part in map(str.strip, value.split(";")) if STYLE.match(part)]
        return "".join(f"{part};" for part in kept) or None
    if attribute in ("src", "cite") and not value.lower().startswith(("http://", "https://")):
        return None
    return value


_SANITISER = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(DROPPED),
    attributes=ATTRIBUTES,
    attribute_filter=_filter,
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer",
)
