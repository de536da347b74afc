"""Pagination: the next page of an article or a list, and the links in a body that only lead there."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement

from aggregator.content.surroundings import is_surrounding, path_of
from aggregator.text.addresses import canonical, resolve
from aggregator.text.html import attribute, is_text, short_text
from aggregator.text.text import fold

MAX_PAGE = 300
"""Page numbers above this are not pagination."""
_MAX_HREF = 2000
_MAX_LABEL, _MAX_TEXT = 40, 60
"""Characters of links in a pager, and of links that may lead to the next page."""

# The first mean the next page and nothing else, the second may as well mean the next article.
_NEXT_PAGE = re.compile(
    r"(?:下一?[页頁]|[后後]一?[页頁]|next page|continue(?: reading)?(?: on page \d+)?"
    r"|page suivante|nächste seite"
    r"|página siguiente|siguiente página|pagina successiva|volgende pagina|次のページ(?:へ)?|次ページ(?:へ)?"
    r"|следующая страница)",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r"(?:next|weiter|suivante?|siguiente|successiv[ao]|volgende|próxim[ao]|次へ|далее)?", re.IGNORECASE
)
_OLDER = re.compile(r"(?:older|earlier)(?: posts?| news| entries| articles| notices)?", re.IGNORECASE)
_MARKS = " \u3000\xa0›»→>≫⟩▶【】[]()（）:：|·<«‹←≪"
_NUMBER = re.compile(r"[\[【(（]?\s*(?:第|page|seite)?\s*(\d{1,3})\s*[页頁]?\s*[\]】)）]?", re.IGNORECASE)
# A pager is made of these and nothing else.
_PAGER = re.compile(
    r"(?:[\s\d\u3000\xa0›»→>≫▶【】\[\]()（）:：|·•<«‹←≪/,，….、_-]|&(?:lt|gt);"
    r"|[共第到]|[上下前后後]一?[页頁]|[首尾末][页頁]|最后一?页|[页頁次]|(?:在)?(?:本页|单页)?(?:阅读|显示|浏览)?全[文部]|(?:页码|分页|当前页|跳转)"
    r"|\b(?:next|previous|prev|first|last|pages?|part|of|weiter|zurück|seite|nächste|vorherige|von|suivante?|précédente?"
    r"|siguiente|anterior|página|single|view all|continue(?: reading)?)\b|次へ|前へ|ページ)*",
    re.IGNORECASE,
)
_PAGE_WORD = re.compile(r"[上下]一?[页頁]|[首尾末][页頁]|\b(?:next|prev|previous)\b", re.IGNORECASE)
_PARAMETER = re.compile(
    r"(?:page|p|pn|pg|pageno|page_?num(?:ber)?|page_?index|cur_?page|currentpage|paged|seite)"
)
# In these parameters and paths, the number may be an article's own id as well.
_QUERY = re.compile(r"[?&]([A-Za-z_]+)=(\d{1,3})(?=&|$)")
_FILE = re.compile(r"^(?P<stem>.*[^/_-])[_-](?P<number>\d{1,3})(?P<ending>\.\w{3,5})$")
_FOLDER = re.compile(r"^(?P<stem>.+?)(?:/(?:page|seite)[/-]?)?/(?P<number>\d{1,3})(?P<ending>/?)$")
_HOLDERS = frozenset("b center div font li nav ol p section span strong table td tr ul".split())
"""Elements that may hold a pager and nothing else."""
_LOOSE = ("b", "em", "font", "i", "span", "strong")
"""Elements that may hold one number of a pager."""


class _Part(NamedTuple):
    """One reading of an address: what all pages of the article share, and this one's number (0: none)."""

    shared: str
    number: int
    certain: bool
    """Whether the number cannot be the article's own id."""


def next_part(soup: BeautifulSoup, address: str, body: Tag | None = None) -> str:
    """Return the address of the page on which the article at ``address`` goes on, "" where there is none.

    A link counts if its address is that of this page with the next page's number (``a.html`` -> ``a_2.html``
    or ``a_1.html``, ``a_1.html`` -> ``a_2.html``, ``?page=2``, ``/2``), and if it says "下一页", "next" or
    that number. Where the number of this page could be an id, so that the "next" could be another article
    (``/news/12`` -> ``/news/13``), there must be links with numbers to other pages of it, too.
    ``rel=next`` counts under the same terms. Links in navigation, comments or teasers do not count, nor
    do any where the body (where it is known) is a list of links.
    """
    address = resolve(address, address)
    if (body is not None and _is_list(body)) or not urlsplit(canonical(address)).path.strip("/"):
        return ""
    links = list(_links(soup, address, body))
    here = [(part, _numbers_linked(part, links)) for part in _parts(address)]
    for wanted in (_says_next_page, _says_next, _says_number):
        for text, other in links:
            if wanted(text) and any(
                _follows(part, its, text, numbers) for part, numbers in here for its in _parts(other)
            ):
                return other
    return ""


def next_of_list(soup: BeautifulSoup, base: str) -> str:
    """Return the address of the next, older page of a list, "" where the page does not link to one.

    ``rel=next`` comes first, then links called 下一页, next, older and their like. Nothing says that the page
    there is a list: the caller finds out by reading it.
    """
    for element in soup.select("link[rel~=next][href], a[rel~=next][href]"):
        if address := resolve(base, attribute(element, "href")):
            return address
    for link in soup.select("a[href]"):
        text = fold(link.get_text())[:40] or attribute(link, "title")[:40]
        in_words = _says_next(text) and not set(text) <= set(_MARKS)
        named = in_words or _says_next_page(text) or _OLDER.fullmatch(text.strip(_MARKS))
        if named and (address := resolve(base, attribute(link, "href"))):
            return address
    return ""


def find_pager(body: Tag, address: str) -> tuple[PageElement, ...]:
    """Return the nodes of a body that only lead to the article's other pages: ``1 2 3 下一页``.

    The caller takes them out: ``for node in find_pager(body, address): node.extract()``. No node is inside
    another, and none holds any text but numbers and words such as "next".
    """
    mine = _parts(address)
    found: dict[int, PageElement] = {}
    for link in body.find_all("a"):
        if len(found) > MAX_PAGE or not _leads_to_page(link, mine, address):
            continue
        node = _widest(link, body)
        if node is link and not _PAGE_WORD.search(short_text(link, _MAX_LABEL)) and _is_in_a_sentence(link):
            continue
        found[id(node)] = node
        if node is link or node.parent is body:
            found |= {id(loose): loose for loose in _beside(node, address)}
    return tuple(node for node in found.values() if not any(id(parent) in found for parent in node.parents))


def _leads_to_page(link: Tag, mine: list[_Part], address: str) -> bool:
    """Tell whether a link has a pager's text, and leads to another page of the article or to a script."""
    text = short_text(link, _MAX_LABEL)
    if not text or not _PAGER.fullmatch(text):
        return False
    href = attribute(link, "href")[:_MAX_HREF]
    if href.lower().startswith("javascript:") and _PAGE_WORD.search(text):
        return True
    # A link to this page itself is its own number, or a footnote.
    others = _parts(canonical(resolve(address, href).partition("#")[0]))
    return any(one.shared == its.shared and one.number != its.number for one in mine for its in others)


def _numbers_linked(part: _Part, links: list[tuple[str, str]]) -> set[int]:
    """Return the numbers that links to other pages of the same article show."""
    return {
        number
        for text, other in links
        if (number := _number(text)) and any(its.shared == part.shared for its in _parts(other))
    }


def _links(soup: BeautifulSoup, address: str, body: Tag | None) -> Iterator[tuple[str, str]]:
    """Yield text and address of each link to another page of this host."""
    host = _host(address)
    own = canonical(address)
    path = path_of(body)
    aside: dict[int, bool] = {}
    for link in soup.select("a[href], link[rel~=next][href]"):
        href = attribute(link, "href")
        other = resolve(address, href) if len(href) < _MAX_HREF else ""
        if not other or _host(other) != host or canonical(other) == own or "comment" in other.lower():
            continue
        if link.name == "a" and _stands_aside(link, path, aside):
            continue
        text = fold(short_text(link, _MAX_TEXT)) if link.name == "a" else ">"
        text = text or attribute(link, "title") or attribute(link, "aria-label")
        yield text[:_MAX_TEXT], other.partition("#")[0]


def _stands_aside(link: Tag, path: frozenset[int], known: dict[int, bool]) -> bool:
    """Tell whether a link is among comments, teasers or the like; a ``<nav>`` may be the pager itself."""
    for parent in link.parents:
        if id(parent) in path:
            return False
        if id(parent) not in known:
            named = f"{attribute(parent, 'class')} {attribute(parent, 'id')}".lower()
            known[id(parent)] = (
                is_surrounding(parent)
                and parent.name != "nav"
                and not re.search(r"pag(?:e|in|er)|page", named)
            )
        if known[id(parent)]:
            return True
    return False


def _parts(address: str) -> list[_Part]:
    """Return every way to read an address as that of one page of an article."""
    plain = unquote(canonical(address)).partition("#")[0]
    scheme, mark, rest = plain.partition("://")
    rest = (rest if mark else scheme).removeprefix("www.")
    path, _, query = rest.partition("?")
    parts = [_Part(rest.removesuffix("/"), 0, True), *_in_query(path, query), *_in_path(path, query)]
    return [part for part in parts if part.number <= MAX_PAGE]


def _in_query(path: str, query: str) -> Iterator[_Part]:
    for match in _QUERY.finditer("?" + query):
        name = match[1].lower()
        if _PARAMETER.fullmatch(name):
            left = "&".join(pair for pair in query.split("&") if pair != match[0][1:])
            shared = f"{path.removesuffix('/')}{'?' + left if left else ''}"
            # WordPress addresses articles as ?p=12.
            yield _Part(shared, int(match[2]), bool(left) or name != "p")


def _in_path(path: str, query: str) -> Iterator[_Part]:
    tail = f"?{query}" if query else ""
    if file := _FILE.match(path):
        yield _Part(file["stem"] + file["ending"] + tail, int(file["number"]), False)
        # index_2.html is a page of the folder's own address, too.
        if file["stem"].endswith(("/index", "/default")):
            yield _Part(file["stem"].rpartition("/")[0] + tail, int(file["number"]), False)
    if (folder := _FOLDER.match(path)) and "/" in folder["stem"]:
        named = bool(re.search(r"/(?:page|seite)[/-]?\d+/?$", path))
        for ending in ("", ".html", ".htm", ".shtml"):
            yield _Part(folder["stem"] + ending + tail, int(folder["number"]), named)


def _follows(mine: _Part, its: _Part, text: str, numbers: set[int]) -> bool:
    """Tell whether one part of an address comes after the other; ``numbers`` are those that links show."""
    if mine.shared != its.shared:
        return False
    shown = _number(text)
    if mine.number == 0:
        # The first page has no number: the second has 2, or 1 where counting starts at 0.
        return its.number == 2 or (its.number == 1 and (shown == 2 or (not shown and 1 not in numbers)))
    if its.number != mine.number + 1 or (shown and shown - its.number not in (0, 1)):
        return False
    return mine.certain or bool(_says_next_page(text) and mine.number == 1) or bool(numbers - {shown})


def _number(text: str) -> int:
    match = _NUMBER.fullmatch(text.strip())
    return int(match[1]) if match else 0


def _says_next_page(text: str) -> bool:
    return bool(_NEXT_PAGE.fullmatch(text.strip(_MARKS)))


def _says_next(text: str) -> bool:
    bare = text.strip(_MARKS)
    points_on = bool(bare) or (bool(set(text) & set("›»→>≫▶")) and not set(text) & set("‹«←<≪"))
    return bool(_NEXT.fullmatch(bare)) and points_on


def _says_number(text: str) -> bool:
    return _number(text) > 1


def _is_list(body: Tag) -> bool:
    """Tell whether a body is mostly links, as on a page that lists articles."""
    linked = sum(len(fold(link.get_text(" "))) for link in body.find_all("a", href=True))
    return linked > 200 and linked * 2 > len(fold(body.get_text(" ")))


def _host(address: str) -> str:
    return (urlsplit(address).hostname or "").removeprefix("www.")


def _widest(link: Tag, body: Tag) -> Tag:
    """Return the outermost element around a link, below the body, whose text is nothing but a pager."""
    widest = link
    for parent in islice(link.parents, 10):
        text = "" if parent is body or parent.name not in _HOLDERS else short_text(parent, 600)
        if not text or not _PAGER.fullmatch(text) or parent.find(["img", "video", "audio", "iframe"]):
            break
        widest = parent
    return widest


def _is_in_a_sentence(link: Tag) -> bool:
    return any(
        isinstance(sibling, NavigableString) and not _PAGER.fullmatch(sibling[:200])
        for sibling in (link.previous_sibling, link.next_sibling)
    )


def _beside(node: PageElement, address: str) -> Iterator[PageElement]:
    """Yield the loose numbers and bars on both sides of a link that stands in the text itself."""
    for siblings in (node.previous_siblings, node.next_siblings):
        for sibling in siblings:
            text = _loose(sibling, address)
            if text is None or len(text) > _MAX_TEXT or not _PAGER.fullmatch(text):
                break
            if text.strip():
                yield sibling


def _loose(node: PageElement, address: str) -> str | None:
    """Return the text of a string, an inline element or a link to this very page, None for any other node."""
    if isinstance(node, Tag):
        here = node.name == "a" and canonical(resolve(address, attribute(node, "href"))) == canonical(address)
        return node.get_text(" ") if here or node.name in _LOOSE else None
    return str(node) if is_text(node) else None
