"""Where on a page something stands: in its menu, at its foot, beside an article."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from bs4 import Tag

from aggregator.discover.lists.links import Survey, width
from aggregator.sources.page import element_text
from aggregator.text.furniture import BESIDE_LISTS, FRAME_OF_LISTS, words_in
from aggregator.text.html import HEADINGS, attribute

_ASIDE = {"nav": 0.25, "footer": 0.2, "header": 0.5, "aside": 0.6, "address": 0.3, "select": 0.2}
_FACTORS = dict.fromkeys(FRAME_OF_LISTS, 0.3) | dict.fromkeys(BESIDE_LISTS, 0.6)
_NEVER = re.compile(
    "友情链接|友情連結|相关链接|网站导航|站点导航|快速链接|联系我们|语言|标签|栏目导航|分类目录"
    "|friend(?:ly)? links|(?:quick|external) links|languages?|categories|archives|tags|sections|navigation"
    "|menu|follow us",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    "相关(?:新闻|阅读|文章|推荐|报道|资讯|内容)|热门|热点|热文|热帖|热搜|推荐|猜你|排行|点击榜|大家都在看|延伸阅读"
    "|related|recommended|popular|trending|most (?:read|viewed)|you (?:may|might)|also (?:read|like)"
    "|read next",
    re.IGNORECASE,
)
_ARTICLE_TYPES = re.compile(r"(?:\w*News|Blog|\w*)(?:Article|BlogPosting|Posting)")
_LEAST_PROSE = 500
_LITTLE_PROSE = 200
_WHOLE = 0.6


def standing(records: Sequence[Tag], survey: Survey, weight: float, dated: float) -> float:
    """Give the factor (0..1) that a list's place leaves of its likelihood.

    Menus have no dates: a dated list in something called ``nav`` keeps more.
    """
    place = min(_landmark(records, survey), _heading(records))
    if dated > 0.5:
        place = place**0.5
    return place * _beside_prose(records, survey, weight)


def is_article(survey: Survey) -> bool:
    """Tell whether a page calls itself an article (Open Graph, schema.org, Chinese government metas)."""
    soup = survey.soup
    kind = soup.select_one('meta[property="og:type" i][content]')
    if kind and attribute(kind, "content").strip().lower() in ("article", "news", "blog", "video.other"):
        return True
    if soup.select_one('meta[name="ArticleTitle" i][content], meta[property="article:published_time" i]'):
        return True
    return any(
        _says_article(element.string or "") for element in soup.select('script[type="application/ld+json"]')
    )


def _says_article(said: str) -> bool:
    try:
        data = json.loads(said)
    except (ValueError, RecursionError):
        return False
    kind = data.get("@type") if isinstance(data, dict) else None
    return isinstance(kind, str) and bool(_ARTICLE_TYPES.fullmatch(kind))


def _landmark(records: Sequence[Tag], survey: Survey) -> float:
    """Give the harshest factor of the elements around; the page's own frame says nothing."""
    factor = 1.0
    for element in (records[0], *records[0].parents):
        held = len(survey.held.get(id(element), ()))
        if element.name in ("body", "html", "[document]") or held > _WHOLE * len(survey.links) > 20:
            break
        factor = min(factor, _ASIDE.get(element.name, 1.0))
        # The names of entries tell their looks (a class "link"), not their place.
        if element is not records[0]:
            said = f"{attribute(element, 'class')} {attribute(element, 'id')} {attribute(element, 'role')}"
            factor = min([factor, *(_FACTORS.get(word, 1.0) for word in words_in(said[:300]))])
    return factor


def _heading(records: Sequence[Tag]) -> float:
    """Read what stands over a list: 友情链接, Related, 热门."""
    element: Tag | None = records[0].parent
    over = [records[0].find_previous_sibling(True)]
    for _ in range(4):
        if element is None or element.name in ("body", "html", "[document]"):
            break
        over.append(element.find_previous_sibling(True))
        element = element.parent
    for before in over:
        if before is None:
            continue
        text = element_text(before)
        if not text or width(text) > 40:
            if before.name in HEADINGS or width(text) > 40:
                break
            continue
        if _NEVER.search(text):
            return 0.3
        if _BESIDE.search(text):
            return 0.45
        if before.name in HEADINGS:
            break
    return 1.0


def _beside_prose(records: Sequence[Tag], survey: Survey, weight: float) -> float:
    """Lower what stands beside much running text, or beside some under the page's own title."""
    inside = set(map(id, records))
    headline = _headline(survey)
    if _says_sentence(headline):
        return 0.35
    for block, wide in survey.prose:
        if wide < _LITTLE_PROSE:
            break
        if inside.isdisjoint({id(block), *map(id, block.parents)}):
            factor = 1.0 if wide < _LEAST_PROSE else min(1.0, max(0.3, 20 * weight / wide))
            around = block.parent or block
            beside = headline and any(
                headline is heading for heading in around.find_all(["h1", "h2"], limit=10)
            )
            return min(factor, 0.35) if beside else factor
    return 1.0


def _headline(survey: Survey) -> Tag | None:
    """Find the heading that is a whole sentence and the page's title: an article's."""
    title = element_text(survey.soup.title) if survey.soup.title else ""
    for heading in survey.soup.find_all(["h1", "h2"], limit=10):
        text = element_text(heading)
        if width(text) > 20 and (title.startswith(text[:40]) or text.endswith(title[-40:])) and title:
            return heading
    return None


def _says_sentence(heading: Tag | None) -> bool:
    """Tell a headline that no section could have: twenty Chinese characters, however little text follows."""
    return heading is not None and len(re.findall("[\u4e00-\u9fff]", element_text(heading))) >= 20
