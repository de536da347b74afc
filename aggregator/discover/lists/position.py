"""Position of a list on its page: in the menu, at the foot, beside an article, or where news stand."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from bs4 import Tag

from aggregator.discover.lists.links import PageLinks, width
from aggregator.sources.page import element_text
from aggregator.text.elements import HEADINGS
from aggregator.text.furniture import BESIDE_LISTS, FRAME_OF_LISTS, words_in
from aggregator.text.html import attribute

# The factors were set by hand on the pages of tests/discover/test_infer.py, which hold them in place. Each is
# what a list's position leaves of its likelihood.
_ELEMENT_FACTORS = {"nav": 0.25, "footer": 0.2, "header": 0.5, "aside": 0.6, "address": 0.3, "select": 0.2}
_WORD_FACTORS = dict.fromkeys(FRAME_OF_LISTS, 0.3) | dict.fromkeys(BESIDE_LISTS, 0.6)
"""Factors of the words in the classes and ids around a list."""
_LINKS_HEADING_FACTOR = 0.3
"""Under a heading such as 友情链接 (links to friends)."""
_BESIDE_HEADING_FACTOR = 0.45
"""Under a heading such as "Related" or 热门 (popular)."""
_BESIDE_ARTICLE_FACTOR = 0.35
"""Beside the text or the headline of an article."""
_MIN_TEXT_FACTOR = 0.3
"""The least that much running text leaves of a list beside it."""
_TEXT_PER_TITLE = 20
"""Width of running text for which one title of a list makes up."""
_MIN_TEXT_WIDTH, _MIN_HEADED_TEXT_WIDTH = 500, 200
"""Width from which running text is an article's: by itself, and under the page's headline."""
_FRAME_SHARE = 0.6
"""An element that holds more than this share of a page's links is the page's own frame."""
_MAX_HEADING_WIDTH = 40
_MAX_HEADING_DISTANCE = 4
"""Ancestors of an entry before which the heading of its list may stand."""

_LINKS_HEADING = re.compile(
    "友情链接|友情連結|相关链接|网站导航|站点导航|快速链接|联系我们|语言|标签|栏目导航|分类目录"
    "|friend(?:ly)? links|(?:quick|external) links|languages?|categories|archives|tags|sections|navigation"
    "|menu|follow us",
    re.IGNORECASE,
)
_BESIDE_HEADING = re.compile(
    "相关(?:新闻|阅读|文章|推荐|报道|资讯|内容)|热门|热点|热文|热帖|热搜|推荐|猜你|排行|点击榜|大家都在看|延伸阅读"
    "|related|recommended|popular|trending|most (?:read|viewed)|you (?:may|might)|also (?:read|like)"
    "|read next",
    re.IGNORECASE,
)
_NOT_BLANK = re.compile(r"\S")
_ARTICLE_TYPES = re.compile(r"(?:\w*News|Blog|\w*)(?:Article|BlogPosting|Posting)")


def position_factor(records: Sequence[Tag], page: PageLinks, weight: float, dated: float) -> float:
    """Give the factor (0 to 1) that the position of a list leaves of its likelihood.

    ``weight`` is the sum of the scores of its titles, ``dated`` the share of its entries with a date. Menus
    have no dates: a dated list in an element called ``nav`` keeps more.
    """
    factor = min(_landmark(records, page), _heading(records))
    if dated > 0.5:
        factor = factor**0.5
    return factor * _beside_prose(records, page, weight)


def is_article(page: PageLinks) -> bool:
    """Tell whether a page calls itself an article (Open Graph, schema.org, Chinese government metas)."""
    soup = page.soup
    kind = soup.select_one('meta[property="og:type" i][content]')
    if kind and attribute(kind, "content").strip().lower() in ("article", "news", "blog", "video.other"):
        return True
    if soup.select_one('meta[name="ArticleTitle" i][content], meta[property="article:published_time" i]'):
        return True
    return any(
        _says_article(element.string or "") for element in soup.select('script[type="application/ld+json"]')
    )


def _says_article(script: str) -> bool:
    try:
        data = json.loads(script)
    except (ValueError, RecursionError):
        return False
    kind = data.get("@type") if isinstance(data, dict) else None
    return isinstance(kind, str) and bool(_ARTICLE_TYPES.fullmatch(kind))


def _landmark(records: Sequence[Tag], page: PageLinks) -> float:
    """Give the least factor of the elements around a list; the page's own frame does not count."""
    factor = 1.0
    for element in (records[0], *records[0].parents):
        held = len(page.held.get(id(element), ()))
        if element.name in ("body", "html", "[document]") or held > _FRAME_SHARE * len(page.links) > 20:
            break
        factor = min(factor, _ELEMENT_FACTORS.get(element.name, 1.0))
        # The class of an entry tells its looks ("link"), not its position.
        if element is not records[0]:
            names = f"{attribute(element, 'class')} {attribute(element, 'id')} {attribute(element, 'role')}"
            factor = min([factor, *(_WORD_FACTORS.get(word, 1.0) for word in words_in(names[:300]))])
    return factor


def _heading(records: Sequence[Tag]) -> float:
    """Give the factor of the heading over a list: 友情链接, Related, 热门."""
    for before in _elements_before(records[0]):
        text = element_text(before)
        if width(text) > _MAX_HEADING_WIDTH:
            break
        if _LINKS_HEADING.search(text):
            return _LINKS_HEADING_FACTOR
        if _BESIDE_HEADING.search(text):
            return _BESIDE_HEADING_FACTOR
        if before.name in HEADINGS:
            break
    return 1.0


def _elements_before(record: Tag) -> Iterator[Tag]:
    """Give the elements right before an entry and before its nearest ancestors."""
    for element in (record, *islice(record.parents, _MAX_HEADING_DISTANCE)):
        if element.name in ("body", "html", "[document]"):
            return
        before = element.find_previous_sibling(True)
        if isinstance(before, Tag):
            yield before


def _beside_prose(records: Sequence[Tag], page: PageLinks, weight: float) -> float:
    """Give the factor of an article beside a list: of much text, or some under the page's headline."""
    inside = set(map(id, records))
    own = _own_prose(records)
    headline = _headline(page)
    if _says_sentence(headline):
        return _BESIDE_ARTICLE_FACTOR
    for block, wide in page.prose:
        if wide < _MIN_HEADED_TEXT_WIDTH:
            break
        holds = any(parent is block for parent in records[0].parents)
        wide -= own if holds else 0
        if wide >= _MIN_HEADED_TEXT_WIDTH and inside.isdisjoint({id(block), *map(id, block.parents)}):
            factor = 1.0
            if wide >= _MIN_TEXT_WIDTH:
                factor = min(1.0, max(_MIN_TEXT_FACTOR, _TEXT_PER_TITLE * weight / wide))
            headings = (block.parent or block).find_all(["h1", "h2"], limit=10)
            headed = any(heading is headline for heading in headings)
            return min(factor, _BESIDE_ARTICLE_FACTOR) if headed else factor
    return 1.0


def _own_prose(records: Sequence[Tag]) -> int:
    """Give the width of the texts of entries that begin with their link: they belong to the list."""
    texts = ((width(record.get_text()), record.find(string=_NOT_BLANK)) for record in records)
    return sum(wide for wide, first in texts if first is not None and first.find_parent("a") is not None)


def _headline(page: PageLinks) -> Tag | None:
    """Find the headline of an article: a heading of a sentence's width that is the page's title, too."""
    title = element_text(page.soup.title) if page.soup.title else ""
    for heading in page.soup.find_all(["h1", "h2"], limit=10):
        text = element_text(heading)
        if width(text) > 20 and (title.startswith(text[:40]) or text.endswith(title[-40:])) and title:
            return heading
    return None


def _says_sentence(heading: Tag | None) -> bool:
    """Tell whether a headline is too long for a section: it has twenty Chinese characters or more."""
    return heading is not None and len(re.findall("[\u4e00-\u9fff]", element_text(heading))) >= 20
