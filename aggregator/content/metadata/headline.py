"""The title: the heading that agrees with the page's own title, or that title without the site's name."""

import re
from collections.abc import Sequence, Set
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from aggregator.content.metadata.value import NOTHING, Finding, letters
from aggregator.text.elements import BLOCKS
from aggregator.text.html import attribute, is_text, short_text
from aggregator.text.text import fold

# A bar, a low line or a doubled mark parts a title from a site's name; a hyphen only among blanks.
_BETWEEN = re.compile(r"\s*(?:\||｜|_+|--+|—{2,}|::|»|«)\s*|\s+[-–—·•<>/]\s+")
_HYPHEN = re.compile(r"\s*[-–—]\s*")
_CUT = re.compile(r"\s*(?:\.{2,}|…+)$")
_PARTED = re.compile(r"[:/|–—•·-]\s*$|^$")
MIN_HEADLINE = 12
"""Characters of a declared title from which on a heading that ends with it has a kicker before it."""
MAX_TITLE = 1000
"""Characters of a title; what is longer is a text."""

_BREAKS = BLOCKS | {"br"}
_HEADINGS = ("h1", "h2", "h3")
_TITLED = "[class*=title i], [id*=title i], [class*=headline i]"


def find_headline(
    soup: BeautifulSoup, declared: Sequence[Finding], sites: Sequence[str]
) -> tuple[Finding, Tag | None]:
    """Return the article's title and the element that shows it, where one does.

    ``declared`` are the page's titles for machines, the most trusted first; ``sites`` what the site is
    called, its host among them. A heading counts where it agrees with one of those or with ``<title>``.
    """
    called = fold(soup.title.get_text(" "))[:MAX_TITLE] if soup.title else ""
    headings = _headings(soup)
    sites = (*sites, *(text for text, element in headings if _leads_home(element)))
    names = set(map(letters, sites))
    headings = [(without_site(text, sites, set()), element) for text, element in headings]
    headings = [(text, element) for text, element in headings if letters(text) not in names]
    titles = list(filter(None, (*(title.value for title in declared), called)))
    titles += [without_site(title, sites, set()) for title in titles]
    for text, element in headings:
        # Below h1 the words must be the same: a title may contain the heading of a section.
        if any(_agrees(text, title, whole=element.name != "h1") for title in titles):
            own = [Finding(without_site(title.value, sites, set()), title.rule) for title in declared]
            return _with_its_kicker(Finding(text, element.name), own), element
    return _find_without_heading(soup, declared, sites, called, headings[0] if headings else None)


def _with_its_kicker(title: Finding, declared: Sequence[Finding]) -> Finding:
    """Return the title as it is declared, where that is the heading less or plus its kicker.

    A kicker that stands in the heading with nothing but its style between goes, where one title is declared
    without it; one with a colon ("Ferries: The new timetable") comes, where all of several are with it.
    """
    words = letters(title.value)
    for other in declared:
        kicker = title.value.removesuffix(other.value)
        if len(other.value) >= MIN_HEADLINE and kicker != title.value and not _PARTED.search(kicker):
            return other
    for other in declared:
        if letters(other.value) == words and ": " in other.value and ": " not in title.value:
            return other
    whole = {letters(other.value): other for other in declared}
    with_kicker = next(iter(whole.values()), title)
    same = len(whole) == 1 and len(declared) > 1 and letters(with_kicker.value).endswith(words)
    return with_kicker if same and with_kicker.value.endswith(f": {title.value}") else title


def _find_without_heading(
    soup: BeautifulSoup,
    declared: Sequence[Finding],
    sites: Sequence[str],
    called: str,
    first: tuple[str, Tag] | None,
) -> tuple[Finding, Tag | None]:
    """Return the title that is declared, else what the page is called, else its first heading of rank one."""
    if declared:
        title = Finding(without_site(declared[0].value, sites, set()), declared[0].rule)
    elif called and letters(called) not in map(letters, sites):
        title = Finding(without_site(called, sites, _texts(soup)), "title")
    elif first and first[1].name == "h1":
        return Finding(first[0], "h1"), first[1]
    else:
        return Finding(called, "title") if called else NOTHING, None
    return title, _shown(soup, title.value) or _only_one(soup)


def _headings(soup: BeautifulSoup) -> list[tuple[str, Tag]]:
    """Return the headings outside of navigation with their texts, the higher ranks first."""
    return [
        (text, element)
        for name in _HEADINGS
        for element in soup.find_all(name, limit=50)
        if (text := _heading_text(element)) and element.find_parent("nav") is None
    ]


def without_site(title: str, sites: Sequence[str], shown: Set[str]) -> str:
    """Return a title without the site's name before or after it.

    A part goes only if it is one of ``sites`` (names and hosts), or if the page shows the rest by itself:
    ``shown`` are the letters of its headings and texts.
    """
    cuts = list(_BETWEEN.finditer(title))[-20:]
    looser = sorted({match.span() for match in (*cuts, *list(_HYPHEN.finditer(title))[-20:])}, reverse=True)
    for start, end in looser:
        for rest in (title[:start], title[end:]):
            if letters(rest) in shown - set(map(letters, sites)):
                return rest
    if cuts and _is_site(title[cuts[-1].end() :], sites):
        return title[: cuts[-1].start()]
    if cuts and _is_site(title[: cuts[0].start()], sites):
        return title[cuts[0].end() :]
    for start, end in looser:
        # 标题-某某网 has no blanks around its hyphen.
        if letters(title[end:]) in map(letters, sites):
            return title[:start]
    return title


def words_of(address: str) -> list[str]:
    """Return the words of an address that name a site: its host, and "example" of ``www.example.co.uk``."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return []
    parts = host.removeprefix("www.").split(".")
    return [host, *(part for part in parts[:-1] if len(part) > 2)] if host else []


def _heading_text(element: Tag) -> str:
    """Return a heading's text in one line, "" where it is too long to be a title."""
    text = ""
    for node in element.descendants:
        if isinstance(node, Tag):
            text += " " if node.name in _BREAKS else ""
        elif is_text(node):
            text += node
        if len(text) > MAX_TITLE:
            return ""
    return fold(text)


def _texts(soup: BeautifulSoup) -> set[str]:
    """Return the letters of headings, and of texts outside of links that are as long as a title."""
    texts = {letters(element.get_text(" ")) for element in soup.find_all(["h1", "h2", "h3", "h4"], limit=200)}
    texts |= {
        letters(text)
        for text in (soup.body or soup).find_all(string=True)
        if 3 < len(text) < 300
        and text.parent is not None
        and text.parent.name not in ("a", "script", "style")
    }
    return {text for text in texts if len(text) > (11 if text.isascii() else 3)}


def _leads_home(heading: Tag) -> bool:
    """Tell whether a heading is the site's own: a link to its front page."""
    link = heading.find("a") or heading.find_parent("a")
    try:
        path = urlsplit(attribute(link, "href").strip()) if link and link.has_attr("href") else None
    except ValueError:
        return False
    return (
        path is not None and path.path in ("", "/", "./", "index.html") and not (path.query or path.fragment)
    )


def _is_site(part: str, sites: Sequence[str]) -> bool:
    words = letters(part)
    return any(
        words == name
        or (len(name) > 3 and len(words) > 1 and (words.startswith(name) or name.startswith(words)))
        for name in map(letters, sites)
        if name
    )


def _agrees(heading: str, title: str, *, whole: bool) -> bool:
    """Tell whether a heading says what a title does, but for the site's name and what was cut off."""
    words, name = letters(heading), letters(title)
    if len(words) < 2:
        return False
    if words == name or words in map(letters, _BETWEEN.split(title)[:1]):
        return True
    if whole or len(words) < 4:
        return False
    cut = letters(_CUT.sub("", title))
    return (
        name.startswith(words)
        or (len(cut) >= 8 and words.startswith(cut))
        or (len(words) >= 12 and words in name)
        or letters(_CUT.sub("", heading)) in (name, name[: len(words)])
    )


def _only_one(soup: BeautifulSoup) -> Tag | None:
    """Return the page's only heading of rank one: the byline stands there, whatever it says."""
    headings = [heading for heading in soup.find_all("h1", limit=2) if heading.find_parent("nav") is None]
    return headings[0] if len(headings) == 1 and not _leads_home(headings[0]) else None


def _shown(soup: BeautifulSoup, title: str) -> Tag | None:
    """Return the element without a heading's tag that shows the title."""
    wanted = letters(title)
    for element in soup.select(_TITLED, limit=200):
        if wanted and letters(short_text(element, 2 * len(title) + 200)) == wanted:
            return element
    return None


def own_names(soup: BeautifulSoup) -> frozenset[str]:
    """Return the letters of what the page calls its article: headings, titles and addresses."""
    own = [element.get_text(" ") for element in (*soup.find_all("h1", limit=5), soup.title) if element]
    own += [
        attribute(element, name)
        for element in soup.select("link[rel~=canonical], meta[property='og:url'], meta[property='og:title']")
        for name in ("href", "content")
    ]
    return frozenset(filter(None, map(letters, own)))
