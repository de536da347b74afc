"""Links of a page, each with a score for its text as a title and for its address as an article's."""

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from aggregator.sources.page import element_text
from aggregator.text.addresses import canonical, resolve, same_site
from aggregator.text.elements import HEADINGS, UNREAD, WITHIN_BLOCKS
from aggregator.text.furniture import is_label
from aggregator.text.html import attribute, is_text

MAX_LINKS = 5000
"""Links and headings of a page that are read."""
MAX_ANCESTORS = 200
"""Ancestors of a link: pages that people read have fewer, and each ancestor keeps all links below it."""

# The scores were set by hand on the pages of tests/discover/test_infer.py, which hold them in place.
_MENU_WIDTH = 4
"""Width of a word of a menu (首页), which is no title."""
_TITLE_WIDTH = 22
"""Width from which a text is a title: eleven Chinese characters, or four English words."""
_TEASER_WIDTH = 140
"""Width from which a text is more than a title: its score falls over 200 further letters."""
_TEASER_SCORE = 0.3
"""The least score of a teaser, which may still begin with a title."""
_MIN_PROSE_WIDTH = 30
"""Width from which a text outside links is running text."""
_MAX_PROSE_BLOCKS = 20

_SILENT = UNREAD | {"head", "option", "title"}
_VERBS = (
    "(?:up|down|un)?vot(?:e|er|es|ing)|(?:un)?like|(?:un)?flag|(?:un)?hide|(?:un)?save|(?:un)?subscribe|(?:un)?follow"
    "|log-?(?:in|on|out|off)|sign-?(?:in|up|on|out)|register|delete|remove|edit|reply|report|share|print|bookmark"
    "|favou?rite|rate|submit|mark(?:read)?|report-?abuse|replytocom|repost|dislike|mute|block"
)
_ACTING_PATH = re.compile(
    rf"/(?:log-?(?:in|on|out)|sign-?(?:in|up|out)|delete|(?:up|down|un)vote|unsubscribe)(?:\.\w+)?(?:/|$)"
    rf"|(?:^|/)(?:{_VERBS})(?:\.(?:php|aspx?|jsp|cgi|do|html?))?/?$|/(?:vote|like|hide|flag|reply)/\d+/?$",
    re.IGNORECASE,
)
_ACTING_QUERY = re.compile(
    rf"(?:^|[&;])(?:(?:{_VERBS})(?:[=&;]|$)|action=(?!view|show|read|detail|display|article)"
    rf"|(?:act|do|op|cmd|mode|how|task)=(?:{_VERBS}|post|quote|up|down)(?:[&;]|$))",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"\d{4,}|\d[/_-]\d|[a-z0-9]+(?:[-_][a-z0-9]+){3,}|[0-9a-f]{12,}|[?&]\w*id=\w", re.I)

_ADDRESS_START = re.compile(r"(?:https?://[^/]+)?(/[\w-]{2,20}/|/?[\w-]{2,20}\.\w{2,4}(?=\?))")
_MIN_TOLD_WIDTH, _MAX_TOLD_HEIGHT = 14, 6
"""Width from which a text outside links may be a headline, and how far above it an entry may begin."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link, or a heading that holds none."""

    element: Tag
    address: str
    """The absolute address; empty for a heading."""
    text: str
    score: float
    """How much the text looks like a title (0 to 1)."""


class PageLinks:
    """The links of a page, as a whole and by every element that holds them.

    ``elements`` has the elements that hold links and ``held`` their links, both by the element's ``id()``.
    """

    def __init__(self, soup: BeautifulSoup, base: str) -> None:
        self.soup = soup
        self.elements: dict[int, Tag] = {}
        self.held: dict[int, list[Link]] = defaultdict(list)
        self.links: list[Link] = []
        self._base, own = base, canonical(base)
        self._foreign: dict[int, bool] = {}
        for element in soup.find_all(["a", *HEADINGS], limit=MAX_LINKS):
            holders = list(islice(chain([element], element.parents), MAX_ANCESTORS + 1))
            link = _link(element, base) if len(holders) <= MAX_ANCESTORS else None
            if link is None or canonical(link.address) == own:
                continue
            self.links.append(link)
            for holder in holders:
                self.elements[id(holder)] = holder
                self.held[id(holder)].append(link)

    def is_foreign(self, element: Tag) -> bool:
        """Tell whether all links that an element holds lead to other sites."""
        if id(element) not in self._foreign:
            held = [link for link in self.held.get(id(element), ()) if link.address]
            self._foreign[id(element)] = not any(same_site(self._base, link.address) for link in held)
        return self._foreign[id(element)]

    @cached_property
    def told(self) -> frozenset[int]:
        """The ids of elements that hold a text outside links that may be a headline."""
        found: set[int] = set()
        for text in self.soup.find_all(string=True):
            if width(text[:80]) >= _MIN_TOLD_WIDTH and is_text(text) and _block(text):
                found.update(map(id, islice(text.parents, _MAX_TOLD_HEIGHT)))
        return frozenset(found)

    @cached_property
    def prose(self) -> list[tuple[Tag, int]]:
        """Blocks of running text outside links with their widths, the longest first."""
        widths: dict[int, int] = defaultdict(int)
        blocks: dict[int, Tag] = {}
        for text in self.soup.find_all(string=True):
            wide = width(text)
            if wide < _MIN_PROSE_WIDTH or not is_text(text):
                continue
            block = _block(text)
            if block is not None:
                blocks[id(block)] = block
                widths[id(block)] += wide
        found = [(blocks[key], wide) for key, wide in widths.items()]
        return sorted(found, key=lambda pair: -pair[1])[:_MAX_PROSE_BLOCKS]


def width(text: str) -> int:
    """Give the width of a text: a Chinese character says about as much as two Latin letters."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text.strip())


def title_score(text: str) -> float:
    """Score how much a text looks like the title of an article: 0 for 更多, 1 for a whole sentence."""
    if is_label(text):
        return 0.0
    wide = width(text[:400])
    if wide > _TEASER_WIDTH:
        return max(_TEASER_SCORE, 1 - (wide - _TEASER_WIDTH) / 200)
    return min(1.0, max(0.0, (wide - _MENU_WIDTH) / (_TITLE_WIDTH - _MENU_WIDTH)))


def address_score(address: str) -> float:
    """Score how much an address looks like an article's.

    1 for a date, a long number, a long slug or an id, 0.5 for any number or a file name, 0.25 for words
    alone, as a section has them, and 0 for a front page.
    """
    try:
        parts = urlsplit(address[:500])
    except ValueError:
        return 0.0
    path = parts.path + ("?" + parts.query if parts.query else "")
    if path in ("", "/"):
        return 0.0
    if _ARTICLE.search(path):
        return 1.0
    return 0.5 if re.search(r"\d", path) or re.search(r"\.\w{3,5}$", parts.path) else 0.25


def address_start(address: str) -> str:
    """Give the first folder of an address with its slashes, or the script that it asks; "" for others."""
    found = _ADDRESS_START.match(address)
    return found[1] if found else ""


def acts(address: str) -> bool:
    """Tell whether an address does something (vote, delete, log in, share) and leads to no article."""
    try:
        parts = urlsplit(address[:500])
    except ValueError:
        return False
    return bool(_ACTING_PATH.search(parts.path) or _ACTING_QUERY.search(parts.query))


def _link(element: Tag, base: str) -> Link | None:
    if element.name in HEADINGS:
        if element.find("a") or element.find_parent("a"):
            return None
        text = element_text(element)
        return Link(element, "", text, title_score(text)) if text else None
    href = attribute(element, "href")
    address = "" if href.startswith("#") else resolve(base, href)
    if not address or acts(address):
        return None
    text = element_text(element)
    return Link(element, address, text, title_score(text))


def _block(text: NavigableString) -> Tag | None:
    """Find the block in which a text stands; None for the text of a link or a script."""
    for parent in text.parents:
        if parent.name in _SILENT or parent.name == "a":
            return None
        if parent.name not in WITHIN_BLOCKS:
            return parent
    return None
