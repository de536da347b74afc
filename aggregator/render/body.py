"""The HTML of an article: for pages in our style, for feeds and posts with mirrored files at our address."""

import html
import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from lxml import etree
from lxml.html import HtmlElement, fragments_fromstring, tostring

from aggregator.model import Article, Attachment, KeptArticle
from aggregator.render.filters import file_facts
from aggregator.render.paths import absolute
from aggregator.settings import Site
from aggregator.text.elements import UNSPACED
from aggregator.text.text import paragraphs, text_of

# A tag as our sanitiser writes it, and the addresses in it.
TAG = re.compile(r'<[a-z](?:"[^"]*"|[^">])*>')
ADDRESS = re.compile(r'(?<= )(src|href)="([^"]*)"')
ANY_TAG = re.compile(r'<(/?)([a-zA-Z][a-zA-Z0-9]*)(?:"[^"]*"|[^">])*>')
LINK_REL = ' rel="noopener noreferrer"'
"""What our sanitiser writes at the end of every link; before a bare angle bracket, it is nothing else."""
VOID = frozenset("br col hr img wbr".split())
MAX_DEPTH = 200
"""How deep elements may be nested; libxml2 gives up at 256."""
ALIGN = re.compile(r"\b(left|right|center|justify|start|end)\b", re.IGNORECASE)
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_DISSOLVED = "dissolved"
"""The name of elements that lose their tags all at once: one by one takes the square of their number."""
DROPPED = frozenset("class style id align rel".split())
"""Attributes that no element keeps. The page tells no site whence a reader comes, so no link has to."""
SCOPES = ("row", "col", "rowgroup", "colgroup")
# The children that HTML allows in lists, and the parents of items; screen readers rely on them.
LISTS = {"ul": ("li",), "ol": ("li",), "dl": ("dt", "dd", "div")}
ITEMS = {"li": ("ul", "ol"), "dt": ("dl", "div"), "dd": ("dl", "div")}
LINK = re.compile(r"<a [^>]*>.*?</a>", re.DOTALL)
# A word beside "附件：" and the like, which says no more than the name of a file.
WORDS = re.compile(r"(?!附件|attachments?\b|download\b|下载)[^\W\d_]{2,}", re.IGNORECASE)
WIDE = 0x2E80
"""The code point from which on characters are as wide as two of Latin; Chinese begins here."""
BRIEF_CELL, LONG_CELL = 16, 60
"""Widths, in Latin characters, of cells that are not broken, and of cells that are given more room."""
MAX_IMAGE_SIDE = 10_000
"""Pixels of an image's width or height beyond which the attribute is dropped."""


def feed_body(site: Site, kept: KeptArticle) -> str:
    """The HTML as stored, but with mirrored images and files at our absolute address."""
    if not kept.media:
        return kept.article.content

    def mirrored(match: re.Match[str]) -> str:
        file = kept.media.get(html.unescape(match[2]))
        return f'{match[1]}="{html.escape(absolute(site, file.path))}"' if file else match[0]

    return TAG.sub(lambda tag: ADDRESS.sub(mirrored, tag[0]), kept.article.content)


def mirrored_attachments(site: Site, kept: KeptArticle) -> list[Attachment]:
    """The attachments; mirrored ones with our address, and the type and length of our file."""
    attachments = []
    for attachment in kept.article.attachments:
        if file := kept.media.get(attachment.address):
            address = absolute(site, file.path)
            attachment = replace(attachment, address=address, media_type=file.media_type, length=file.length)
        attachments.append(attachment)
    return attachments


@dataclass(frozen=True, slots=True)
class PageBody:
    """The HTML of an article for a page of ours, and what of its attachments that shows."""

    html: str
    linked: frozenset[str] = frozenset()
    """The addresses, at the source, of the attachments to which the HTML links."""


def is_only_files(article: Article) -> bool:
    """Tell whether a text says nothing but the names of attachments, or nothing at all beside them."""
    rest = LINK.sub("", article.content) if article.attachments else article.content
    return bool(article.attachments) and "<img" not in rest and not WORDS.search(text_of(rest))


def page_body(kept: KeptArticle, to_root: str, *, picture: str, table: str) -> PageBody:
    """The HTML for a page of ours: in our style, with nothing that asks another server.

    ``to_root`` is the relative address of the site's root. ``picture`` is the text for an image that has none
    of its own, ``table`` the label of tables for screen readers. Links to attachments tell type and size.
    """
    content = shallow(kept.article.content)
    if not content.strip() or is_only_files(kept.article):
        return PageBody("")
    root = _parse(content)
    for element in list(root.iter(etree.Element)):
        _restyle(element)
    for image in list(root.iter("img")):
        _mirror_image(image, kept, to_root, picture)
    files, linked = {item.address: item for item in kept.article.attachments}, set()
    for link in list(root.iter("a")):
        address = link.get("href", "")
        if file := kept.media.get(address):
            link.set("href", to_root + file.path)
        if _is_empty(link):
            link.tag = _DISSOLVED
        elif address in files and address not in linked:
            linked.add(address)
            _tell_file(link, replace(files[address], length=file.length if file else files[address].length))
    _level_headings(root)
    etree.strip_tags(root, _DISSOLVED)
    _mend_lists(root)
    for found in list(root.iter("table")):
        _frame(found, table)
    whole = tostring(root, encoding="unicode")
    return PageBody(whole.removeprefix("<div>").removesuffix("</div>"), frozenset(linked))


def _parse(content: str) -> HtmlElement:
    """Parse HTML into a ``div``."""
    parser = _parser()
    root: HtmlElement = parser.makeelement("div")
    parts: Any = fragments_fromstring(content, parser=parser)
    if parts and isinstance(parts[0], str):
        root.text = parts.pop(0)
    root.extend(parts)
    return root


@cache
def _parser() -> etree.HTMLParser:
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    # That of lxml.html asks a function of Python for the class of each element.
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    return parser


@lru_cache(2)  # a page and a post ask for the same one
def shallow(content: str) -> str:
    """The HTML as it is, or its text in paragraphs where it is nested too deep.

    Parsers give up at some depth, and the text below that would be lost.
    """
    if content.count("<") <= MAX_DEPTH:
        return content
    depth = 0
    for tag in ANY_TAG.finditer(content):
        if tag[2].lower() not in VOID:
            depth += -1 if tag[1] else 1
            if depth > MAX_DEPTH:
                return paragraphs(text_of(content))
    return content


def framed(content: str) -> str:
    """The HTML as it is, or inside a ``div`` where some of its text stands outside of any block.

    Markdown would interpret such text, and take the tags behind it for text.
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


def _restyle(element: HtmlElement) -> None:
    """Replace an element's own style by classes of ours, which keep only the alignment of its text."""
    if attributes := element.attrib:
        alignment = ALIGN.search(attributes.get("style") or attributes.get("align") or "")
        for name in DROPPED.intersection(attributes):
            del attributes[name]
        if alignment and element.tag not in ("img", "table", "col", "colgroup"):
            attributes["class"] = f"align-{alignment[1].lower()}"
        if not LANGUAGE_TAG.fullmatch(attributes.get("lang", "en")):
            del attributes["lang"]
        if attributes.get("scope", "row") not in SCOPES or element.tag != "th":
            attributes.pop("scope", None)
    if element.tag == "th" and not element.text_content().strip():
        element.tag = "td"
    if element.tag == "pre":
        # It scrolls sideways; this lets the keyboard reach it.
        element.set("tabindex", "0")


def _mirror_image(image: HtmlElement, kept: KeptArticle, to_root: str, picture: str) -> None:
    """Point an image to our file; replace one that we do not have by a link with its text."""
    source, text = image.get("src", ""), " ".join(image.get("alt", "").split())
    if file := kept.media.get(source):
        image.set("src", to_root + file.path)
        image.set("alt", text)
        image.set("loading", "lazy")
        image.set("decoding", "async")
        for name in ("width", "height"):
            if not _is_size(image.get(name, "")):
                image.attrib.pop(name, None)
        return
    in_link = next(image.iterancestors("a"), None) is not None
    substitute = image.makeelement("span" if in_link else "a", {"class": "picture"})
    if not in_link:
        substitute.set("href", source)
    substitute.text = text or picture
    substitute.tail = image.tail
    image.getparent().replace(image, substitute)


def _tell_file(link: HtmlElement, file: Attachment) -> None:
    """Put type and size behind a link to a file."""
    if facts := file_facts(file):
        told = link.makeelement("span", {"class": "facts"})
        told.text, told.tail, link.tail = f" {facts}", link.tail, None
        link.addnext(told)


def _is_size(value: str) -> bool:
    return value.isascii() and value.isdecimal() and 0 < int(value[:6]) <= MAX_IMAGE_SIDE


def _is_empty(element: HtmlElement) -> bool:
    if element.text and not element.text.isspace():
        return False
    return not element.text_content().strip() and element.find(".//img") is None


def _level_headings(root: HtmlElement) -> None:
    """Begin below the page's own heading, and let no heading skip a level."""
    headings = list(root.iter(*HEADINGS))
    for heading in headings:
        inside = next(heading.iterancestors(*HEADINGS), None) is not None
        if inside:
            # A heading in another is dissolved; spaces keep its words apart.
            heading.text = f" {heading.text or ''}"
            heading.tail = f" {heading.tail or ''}"
        if inside or _is_empty(heading):
            heading.tag = _DISSOLVED
    headings = [heading for heading in headings if heading.tag != _DISSOLVED]
    levels = sorted({int(heading.tag[1]) for heading in headings})
    level = 1
    for heading in headings:
        level = min(levels.index(int(heading.tag[1])) + 2, level + 1, 6)
        heading.tag = f"h{level}"


def _mend_lists(root: HtmlElement) -> None:
    """Wrap stray children of lists in items, and turn items outside of any list into ``div``s."""
    for element in list(root.iter(*LISTS)):
        allowed = LISTS[element.tag]
        stray = [child for child in element.iterchildren(etree.Element) if child.tag not in allowed]
        if element.tag == "dl" and (stray or not len(element)):
            element.tag = "div"
            continue
        for child in stray:
            item = element.makeelement("li", {})
            item.tail, child.tail = child.tail, None
            element.replace(child, item)
            item.append(child)
    for element in list(root.iter(*ITEMS)):
        parent = element.getparent()
        if parent is None or parent.tag not in ITEMS[element.tag] or _is_stray_group(parent):
            element.tag = "div"


def _is_stray_group(parent: HtmlElement) -> bool:
    """Tell whether a parent is a ``div`` outside of a ``dl``, where it may group terms."""
    above = parent.getparent()
    return parent.tag == "div" and (above is None or above.tag != "dl")


def _frame(table: HtmlElement, label: str) -> None:
    """Put a table into a frame that scrolls and that the keyboard reaches.

    Cells of few words stay on one line, and those of many are wide: else Chinese shrinks to one character
    in a line before anything scrolls.
    """
    if next(table.iterancestors("table"), None) is not None:
        return
    for cell in table.iter("td", "th"):
        width = sum(2 if ord(letter) > WIDE else 1 for letter in " ".join(cell.text_content().split()))
        if width > BRIEF_CELL:
            kinds = (cell.get("class"), "prose" if width > LONG_CELL else "phrase")
            cell.set("class", " ".join(filter(None, kinds)))
    frame = table.makeelement(
        "div", {"class": "table", "role": "group", "tabindex": "0", "aria-label": label}
    )
    frame.tail, table.tail = table.tail, None
    table.getparent().replace(table, frame)
    frame.append(table)
