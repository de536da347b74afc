"""An article's text as it is shown: on pages in our style, in feeds and posts with what we mirror of it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, fragment_fromstring, tostring

from aggregator.model import Attachment, KeptArticle
from aggregator.render.paths import absolute
from aggregator.settings import Site
from aggregator.text.html import UNSPACED
from aggregator.text.text import paragraphs, text_of

# A tag as our cleaning writes it, and the addresses in it.
TAG = re.compile(r'<[a-z](?:"[^"]*"|[^">])*>')
ADDRESS = re.compile(r'(?<= )(src|href)="([^"]*)"')
ANY_TAG = re.compile(r'<(/?)([a-zA-Z][a-zA-Z0-9]*)(?:"[^"]*"|[^">])*>')
VOID = frozenset("br col hr img wbr".split())
DEEPEST = 200
ALIGN = re.compile(r"\b(left|right|center|justify|start|end)\b", re.IGNORECASE)
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
SCOPES = ("row", "col", "rowgroup", "colgroup")
# What may stand in these, beside which readers aloud would not find their way.
LISTS = {"ul": ("li",), "ol": ("li",), "dl": ("dt", "dd", "div")}
ITEMS = {"li": ("ul", "ol"), "dt": ("dl", "div"), "dd": ("dl", "div")}
LARGEST = 10_000


def feed_body(site: Site, kept: KeptArticle) -> str:
    """The text with mirrored images and files at our address, absolute; everything else as it is kept."""
    return _pointed(kept, lambda path: absolute(site, path))


def mirrored_attachments(site: Site, kept: KeptArticle) -> list[Attachment]:
    """The attachments, those that we mirror at our address, with the type and length of what we hold."""
    return [_mirrored(site, kept, one) for one in kept.article.attachments]


def page_body(kept: KeptArticle, to_root: str, *, picture: str, table: str) -> str:
    """The text for a page of ours: in our style, with nothing that asks another server.

    ``to_root`` leads from the page to the site's root. ``picture`` is what an image without words of its own
    is called, ``table`` what a table is.
    """
    content = shallow(kept.article.content)
    if not content.strip():
        return ""
    root = fragment_fromstring(
        content, create_parent="div", parser=HTMLParser(encoding="utf-8", huge_tree=True)
    )
    for element in list(root.iter(etree.Element)):
        _restyle(element)
    for image in list(root.iter("img")):
        _place_image(image, kept, to_root, picture)
    for link in list(root.iter("a")):
        if held := kept.media.get(link.get("href", "")):
            link.set("href", to_root + held.path)
        if _is_empty(link):
            link.drop_tag()
    _level_headings(root)
    _mend_lists(root)
    for found in list(root.iter("table")):
        _frame(found, table)
    children = "".join(tostring(child, encoding="unicode") for child in root)
    return html.escape(root.text or "", quote=False) + children


def shallow(content: str) -> str:
    """The text as it is, or without its markup where that is nested deeper than programs bear.

    Parsers give up at some depth, and the text below it would be lost.
    """
    depth = 0
    for tag in ANY_TAG.finditer(content):
        if tag[2].lower() not in VOID:
            depth += -1 if tag[1] else 1
            if depth > DEEPEST:
                return paragraphs(text_of(content))
    return content


def framed(content: str) -> str:
    """The text as it is, or in a division of its own where some of it stands outside of any block.

    Markdown would read that, and take the tags behind it for text.
    """
    depth = end = 0
    for tag in ANY_TAG.finditer(content):
        name = tag[2].lower()
        if depth == 0 and (content[end : tag.start()].strip() or name in UNSPACED or name in VOID):
            return f"<div>{content}</div>"
        end = tag.end()
        if name not in VOID:
            depth += -1 if tag[1] else 1
    return f"<div>{content}</div>" if content[end:].strip() else content


def _pointed(kept: KeptArticle, target: Callable[[str], str]) -> str:
    if not kept.media:
        return kept.article.content

    def address(match: re.Match[str]) -> str:
        held = kept.media.get(html.unescape(match[2]))
        return f'{match[1]}="{html.escape(target(held.path))}"' if held else match[0]

    return TAG.sub(lambda tag: ADDRESS.sub(address, tag[0]), kept.article.content)


def _mirrored(site: Site, kept: KeptArticle, attachment: Attachment) -> Attachment:
    held = kept.media.get(attachment.address)
    if held is None:
        return attachment
    return replace(
        attachment, address=absolute(site, held.path), media_type=held.media_type, length=held.length
    )


def _restyle(element: HtmlElement) -> None:
    """Leave of an element's own style where its text stands, as a class of ours."""
    said = ALIGN.search(element.get("style") or element.get("align") or "")
    for name in ("class", "style", "id", "align"):
        element.attrib.pop(name, None)
    if said and element.tag not in ("img", "table", "col", "colgroup"):
        element.set("class", f"align-{said[1].lower()}")
    if not LANGUAGE_TAG.fullmatch(element.get("lang", "en")):
        del element.attrib["lang"]
    if element.get("scope", "row") not in SCOPES or element.tag != "th":
        element.attrib.pop("scope", None)
    if element.tag == "th" and not element.text_content().strip():
        element.tag = "td"
    if element.tag == "pre":
        # It scrolls inside itself, with the keys too.
        element.set("tabindex", "0")


def _place_image(image: HtmlElement, kept: KeptArticle, to_root: str, picture: str) -> None:
    """Show an image that we hold; of another one, a link that says what it is."""
    source, words = image.get("src", ""), " ".join(image.get("alt", "").split())
    if held := kept.media.get(source):
        image.set("src", to_root + held.path)
        image.set("alt", words)
        image.set("loading", "lazy")
        image.set("decoding", "async")
        for name in ("width", "height"):
            if not _is_size(image.get(name, "")):
                image.attrib.pop(name, None)
        return
    inside = next(image.iterancestors("a"), None) is not None
    instead = image.makeelement("span" if inside else "a", {"class": "picture"})
    if not inside:
        instead.set("href", source)
        instead.set("rel", "noopener noreferrer")
    instead.text = words or picture
    instead.tail = image.tail
    image.getparent().replace(image, instead)


def _is_size(value: str) -> bool:
    return value.isascii() and value.isdecimal() and 0 < int(value[:6]) <= LARGEST


def _is_empty(element: HtmlElement) -> bool:
    return not element.text_content().strip() and element.find(".//img") is None


def _level_headings(root: HtmlElement) -> None:
    """Let the highest heading stand below the page's own, and none skip a level on its way down."""
    headings = list(root.iter(*HEADINGS))
    for heading in list(headings):
        inside = next(heading.iterancestors(*HEADINGS), None) is not None
        if inside:
            # None stands in another one, but its words stay words of their own.
            heading.text = f" {heading.text or ''}"
            heading.tail = f" {heading.tail or ''}"
        if inside or _is_empty(heading):
            heading.drop_tag()
            headings.remove(heading)
    levels = sorted({int(heading.tag[1]) for heading in headings})
    above = 1
    for heading in headings:
        above = min(levels.index(int(heading.tag[1])) + 2, above + 1, 6)
        heading.tag = f"h{above}"


def _mend_lists(root: HtmlElement) -> None:
    """Put what stands in a list outside of any item into one, and make divisions of items without a list."""
    for element in list(root.iter(*LISTS)):
        allowed = LISTS[element.tag]
        strange = [child for child in element.iterchildren(etree.Element) if child.tag not in allowed]
        if element.tag == "dl" and (strange or not len(element)):
            element.tag = "div"
            continue
        for child in strange:
            item = element.makeelement("li", {})
            item.tail, child.tail = child.tail, None
            element.replace(child, item)
            item.append(child)
    for element in list(root.iter(*ITEMS)):
        parent = element.getparent()
        if parent is None or parent.tag not in ITEMS[element.tag] or _is_loose(parent):
            element.tag = "div"


def _is_loose(parent: HtmlElement) -> bool:
    """Tell whether a division that may group terms stands outside of any list of them."""
    above = parent.getparent()
    return parent.tag == "div" and (above is None or above.tag != "dl")


def _frame(table: HtmlElement, label: str) -> None:
    """Let a table scroll inside a frame of its own, which the keys reach."""
    if next(table.iterancestors("table"), None) is not None:
        return
    frame = table.makeelement(
        "div", {"class": "table", "role": "group", "tabindex": "0", "aria-label": label}
    )
    frame.tail, table.tail = table.tail, None
    table.getparent().replace(table, frame)
    frame.append(table)
