"""Page furniture: the words by which classes and ids name what stands around articles and lists.

The three sets differ on purpose. Around an article any such word counts. Lists are called "latest" or "more"
too, but tags and languages are lists of links that hold no news. Within an article's own block a wrong guess
loses text: there only whole names count, those of several words among them.
"""

import re

_FRAME = (
    "breadcrumb breadcrumbs comments copyright crumb crumbs foot footer friendlink login menu nav navbar"
    " navigation share social toolbar topbar"
)
_BESIDE = (
    "ad ads banner comment hot popular promo rank ranking recommend recommended related reply sidebar"
    " trending widget"
)
AROUND_ARTICLES = frozenset(
    f"{_FRAME} {_BESIDE} advert advertisement bottombar disqus latest mbx more navi newsletter promos recirc"
    " recommendation recommendations replies respond sharing siderbar subscribe teaser teasers".split()
)
FRAME_OF_LISTS = frozenset(
    f"{_FRAME} cloud flink friend friendlinks friends keywords lang langs language languages links locale"
    " pager pages paginator pagination paging position sitemap tagcloud tags user youlian".split()
)
"""What frames every page of a site: menus, links to friends, page numbers."""
BESIDE_LISTS = frozenset(
    f"{_BESIDE} aside guess hots ranklist recommends relate relation side tuijian xiangguan".split()
)
"""What leads to other articles beside the list that a page is for."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LETTERS = re.compile(r"[a-z]+", re.IGNORECASE)
_MAX_WORDS = 4
"""Words of one name; a longer one is a heading's own text, made its anchor."""
_WITHIN_ARTICLES = re.compile(
    r"(?:^|[_-])(?:"
    r"ads?|advert(?:s|isement)?|affiliate|sponsor(?:ed)?|promo|outbrain|taboola"
    r"|shar(?:e|es|ing|edaddy)|social|bookmark|follow|likes?"
    r"|comments?|disqus|respond|vote|ratings?"
    r"|related(?:posts)?|recommend(?:ed|ations?)?|popular|trending|most-?read|read-?next|see-?also"
    r"|newsletter|subscri(?:be|ption)|sign-?up|login|paywall|donate|cookies?|consent"
    r"|author-?(?:bio|box|info|card|about)|about-?author|post-?meta(?:data)?|entry-?meta|tags?|tag-?(?:list|cloud)"
    r"|bread-?crumbs?|navigation|pagination|pager|prevlink|nextlink|sidebar|footer|toolbar"
    r"|disclosure|fenxiang|xiangguan|pinglun|tuijian|zebian|erweima|qr-?code"
    r")(?:$|[_-])",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"[\W\d_]*|(?:read|see|view|show|load|learn|find out)?\s*"
    r"(?:more|all|next|previous|older|newer|home|comments?|reply|share|print)"
    r"|continue reading.*|read (?:more|on|the).{0,20}|\d+ comments?|permalink"
    r"|(?:(?:view|see|show)\s+)?(?:the\s+)?details|(?:click )?here|view|open|link|download"
    r"|mehr(?: lesen| erfahren| dazu)?|weiterlesen|en savoir plus|lire (?:la suite|plus)"
    r"|(?:leer|ver|saber|ler|saiba) m[áa][is]s?"
    r"|[\W\d]*(?:点击|點擊)?(?:查看|阅读|点击|了解|閱讀|瞭解)?(?:更多|全文|原文|正文|详情|详细|詳情|评论|評論|跟贴|跟帖"
    r"|回复|分享|下载|下一页|上一页|首页|尾页|末页|返回)[\W\d]*"
    r"|(?:点击|點擊)?(?:查看|进入|打开)[\W\d]*|(?:続き|もっと)を?(?:読む|見る)|詳細(?:はこちら|を見る)?"
    r"|자세히 ?보기|подробнее|читать (?:далее|дальше)",
    re.IGNORECASE,
)


def is_label(text: str) -> bool:
    """Tell whether the text of a link says what it does ("Read more", 查看详情), not where to."""
    return _LABEL.fullmatch(text[:60].strip(" \t\r\n\xa0»›>→….")) is not None


def words_in(names: str) -> list[str]:
    """Split names at blanks, hyphens, digits and capitals: ``js_topNav2`` is js, top, nav."""
    return [word.lower() for word in _WORD.findall(names)]


def is_furniture_within(names: str) -> bool:
    """Tell whether one of an element's names, as a whole, is that of furniture within an article's block."""
    return any(
        len(_LETTERS.findall(name)) <= _MAX_WORDS and _WITHIN_ARTICLES.search(name)
        for name in _HUMP.sub("-", names).split()
    )
