"""Attachments: the files that an article links to, within its body and outside of it."""

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import parse_qsl, unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.element import PageElement
from lxml.html import HTMLParser, fragment_fromstring

from aggregator.content.surroundings import path_of, stands_aside
from aggregator.model import Attachment
from aggregator.text.addresses import resolve
from aggregator.text.filetypes import ATTACHED, type_of, without_query
from aggregator.text.html import attribute, short_text
from aggregator.text.text import fold

_NAMED = re.compile(rf"[^\s/\\]\.({'|'.join(sorted(ATTACHED))})(?=$|[\s)）\]】(（])", re.IGNORECASE)
_DOTTED, _ENCODED = (
    re.compile(rf"{dot}(?:{'|'.join(sorted(ATTACHED))})", re.IGNORECASE) for dot in (r"\.", "%2e")
)
"""Two patterns, since one that may begin in two ways is tried at every character."""
# Servers hand out files at such addresses, which need not hold the file's name.
_HANDED_OUT = re.compile(r"download|filemanager|attach|/uploads?/|/files?/|fujian", re.IGNORECASE)
_MANAGED = re.compile(r"/cms_files/filemanager", re.IGNORECASE)
_HEADING = re.compile(
    r"\W*(?:相关|本文|公告|文件)?(?:附件|附表|附录)(?:下载|列表|材料)?\s*\d*\W*"
    r"|\W*(?:相关)?(?:文件|资料|材料)?下载\W*"
    r"|\W*(?:related )?(?:attachments?|downloads?|attached files|documents? to download"
    r"|anhänge?|pièces? jointes?|archivos adjuntos|添付ファイル|附檔|附加檔案)\W*",
    re.IGNORECASE,
)
_ATTACHED = re.compile(r"\W*附[件表录]|\W*(?:attachment|annex|anhang|anlage|annexe)\b", re.IGNORECASE)
_NEAR = 4
"""Levels around a body within which a list of files belongs to its article."""
_MAX_LINKS = 100
_MAX_TEXT = 500
_MAX_WORDS = 30
"""Characters, such as sizes and dates, that a list of files may have beside links that are shorter."""
_HOLDERS = ("ul", "ol", "dl", "table", "p", "div")
_PAGE = ("body", "html", "[document]")


def find_attachments(content: str) -> tuple[Attachment, ...]:
    """List the files that clean HTML links to."""
    found: dict[str, Attachment] = {}
    if "<a " not in content or not (_DOTTED.search(content) or _ENCODED.search(content)):
        return ()
    parser = HTMLParser(encoding="utf-8", huge_tree=True)
    for link in fragment_fromstring(content, create_parent=True, parser=parser).iter("a"):
        address, text = link.get("href", ""), fold(link.text_content())
        if name := _file_name(address, text):
            found.setdefault(address, Attachment(address, text or name, type_of(name)))
    return tuple(found.values())


def find_outside(soup: BeautifulSoup, body: Tag | None, base: str) -> tuple[Attachment, ...]:
    """List the article's files that are linked outside of its ``body``, in the page's order.

    A link to a file is the article's if a heading such as 附件 or "Downloads" or its own text says so, or if
    it stands near the body among links to files only (SAMR's ``ul.contentLeft0102box``). What is in
    navigation, headers, footers or sidebars never is. Addresses are absolute against ``base``, titles are the
    links' texts. Without a body, the main heading stands in for it. At most 100 links to files are looked at.
    """
    centre = body or soup.find("article") or soup.find("h1")
    if centre is None:
        return ()
    path = path_of(centre)
    found: dict[str, Attachment] = {}
    tried = 0
    for link, address in _links_outside(soup, body, base):
        if address in found:
            continue
        text = fold(short_text(link, _MAX_TEXT) or attribute(link, "title"))
        name = _file_name(address, text)
        if not (name or _MANAGED.search(without_query(address))) or stands_aside(link, path):
            continue
        if (tried := tried + 1) > _MAX_LINKS:
            break
        if _is_attached(link, text, base, centre):
            found[address] = Attachment(address, text or name, type_of(name))
    return tuple(found.values())


def _links_outside(soup: BeautifulSoup, body: Tag | None, base: str) -> Iterator[tuple[Tag, str]]:
    for link in soup.find_all("a", href=True):
        address = resolve(base, attribute(link, "href"))
        if address and (body is None or body not in link.parents):
            yield link, address


def _is_attached(link: Tag, text: str, base: str, centre: Tag) -> bool:
    if _ATTACHED.match(text) or _is_headed(link):
        return True
    return _is_among_files(link, base) and _is_near(link, centre)


def _file_name(address: str, text: str) -> str:
    """Return the name of the file that a link with this address and text leads to, "" where it leads to none.

    A file is told by the ending of its address, of a name in the query, or of a name in the text where
    the address is one that hands out files.
    """
    parts = urlsplit(address)
    values = [value for _, value in parse_qsl(parts.query[:2000])]
    for name in (parts.path.rpartition("/")[2], *values):
        if type_of(name):
            return unquote(name).rpartition("/")[2]
    match = _NAMED.search(text)
    return text[: match.end(1)].strip() if match and _HANDED_OUT.search(address) else ""


def _is_headed(link: Tag) -> bool:
    """Tell whether the nearest text before a link, within a few steps of its list, is a heading for files."""
    element: PageElement = link
    for _ in range(_NEAR):
        for sibling in element.previous_siblings:
            text = short_text(sibling, 60) if isinstance(sibling, Tag) else str(sibling)[:60]
            if not text.strip():
                if not isinstance(sibling, Tag) or not sibling.find(True):
                    continue
                break
            if _HEADING.fullmatch(text.strip()):
                return True
            # This is another file of the same list; the heading may stand before it.
            if not (isinstance(sibling, Tag) and _holds_file(sibling)) and len(text.strip()) > 1:
                return False
        parent = element.parent
        if parent is None or parent.name in ("body", "html", "article", "main"):
            return False
        element = parent
    return False


def _holds_file(element: Tag) -> bool:
    links = [element] if element.name == "a" else element.find_all("a", href=True, limit=20)
    return any(
        type_of(without_query(href)) or _HANDED_OUT.search(href)
        for href in (attribute(link, "href") for link in links)
    )


def _is_among_files(link: Tag, base: str) -> bool:
    """Tell whether the list or paragraph around a link holds links to files only."""
    holder = next((parent for parent in link.parents if parent.name in _HOLDERS), None)
    if holder is None:
        return True
    links = holder.find_all("a", href=True, limit=_MAX_LINKS)
    size = sum(len(fold(text)) for text in holder.find_all(string=True, limit=5 * _MAX_LINKS))
    linked = sum(len(fold(other.get_text(" "))) for other in links)
    # A link among many words belongs to a sentence.
    return size - linked <= max(_MAX_WORDS, linked) and all(
        _file_name(address, short_text(other, _MAX_TEXT)) or _MANAGED.search(address)
        for other in links
        if (address := resolve(base, attribute(other, "href")))
    )


def _is_near(link: Tag, centre: Tag) -> bool:
    """Tell whether a link shares a container with the body that is not the whole page, or comes after it."""
    near = {id(parent): steps for steps, parent in enumerate(centre.parents) if parent.name not in _PAGE}
    for parent in link.parents:
        if id(parent) in near:
            return near[id(parent)] < _NEAR
    # Where the body's only container is the page, the files can only be its next neighbours.
    following = islice((sibling for sibling in centre.next_siblings if isinstance(sibling, Tag)), 2)
    return any(sibling is link or sibling in link.parents for sibling in following)
