"""Lists inferred: on pages of every shape the right entries are found, and read back by a real listing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from aggregator.discover.lists.infer import InferredList, infer_lists
from aggregator.discover.lists.selector import is_lasting
from aggregator.errors import ReadError
from aggregator.model import Entry, Fetched
from aggregator.settings import Source
from aggregator.sources.listing import read_list
from aggregator.text.charset import decode
from aggregator.text.dates import read_date
from tests.support.sampling import sampled

BASE = "https://bureau.example/news/"
NOW = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)
ZONE = "Asia/Shanghai"

CHINESE = [
    "灯塔市发布春季航运安全检查通报",
    "关于调整三号码头装卸收费标准的公告",
    "渔港综合整治方案获市议会通过",
    "海雾预警期间渡轮班次临时减半",
    "旧灯塔修缮工程本月底正式开工",
    "水产批发市场抽检结果显示合格率上升",
    "港务局招聘二十名引航员的通知",
    "新版潮汐表即日起免费向船民发放",
]
ENGLISH = [
    "Harbour office publishes its spring safety report",
    "New fees for the third quay take effect in April",
    "Council backs plan to restore the old lighthouse",
    "Ferries run at half speed while the fog lasts",
    "Fish market passes every inspection this winter",
    "Twenty pilots wanted as shipping traffic grows",
    "Tide tables now free for every fishing boat",
    "Storm damage to the north pier is worse than feared",
]
MENU = "".join(
    f'<li><a href="/{path}/">{name}</a></li>'
    for path, name in zip(
        "home news policy service data open ask about video photo special map".split(),
        "首页 新闻中心 政策法规 办事服务 数据发布 政务公开 互动交流 机构概况 视频 图片 专题专栏 网站地图".split(),
        strict=True,
    )
)
NAV = f'<div class="nav"><ul>{MENU}</ul></div>'
FOOT = (
    '<div class="footer"><h4>友情链接</h4><ul>'
    + "".join(
        f'<li><a href="https://city{n}.example/">第{n}友好城市港务管理局官方网站</a></li>' for n in range(30)
    )
    + "</ul></div>"
)
PAGER = (
    '<div class="pagination">' + "".join(f'<a href="index_{n}.html">{n}</a>' for n in range(1, 9)) + "</div>"
)


def page(*parts: str, head: str = "") -> str:
    return f"<html><head><title>港务局</title>{head}</head><body>{NAV}{''.join(parts)}{FOOT}</body></html>"


def each(template: str, titles: list[str] = CHINESE) -> str:
    return "".join(template.format(n=n, title=title, day=f"{20 - n:02}") for n, title in enumerate(titles, 1))


def infer(markup: str, select: str = "") -> list[InferredList]:
    return infer_lists(BeautifulSoup(markup, "lxml"), BASE, NOW, ZONE, select=select)


def read(markup: str | bytes, found: InferredList, base: str = BASE) -> list[Entry]:
    body = markup.encode() if isinstance(markup, str) else markup
    source = Source(name="x", kind="listing", url=BASE, list=found.rules)
    listing = read_list(source, Fetched(base, 200, {}, body))
    assert not listing.unreadable
    assert len(listing.entries) == found.count
    return list(listing.entries)


ITEM = '<li><a href="/art/2026/t{day}_{n}.html">{title}</a><span>2026-02-{day}</span></li>'
BARE = '<li><a href="/art/2026/t{day}_{n}.html">{title}</a></li>'

SHAPES = {
    "list with dates": (page(f'<ul class="news">{each(ITEM)}</ul>', PAGER), CHINESE, True, "ul.news > li"),
    "list without dates": (
        page(f'<ul class="news">{each(BARE)}</ul>', PAGER),
        CHINESE,
        False,
        "ul.news > li",
    ),
    "list without a name": (
        page(f'<div id="main"><div><ul>{each(ITEM)}</ul></div></div>', PAGER),
        CHINESE,
        True,
        "#main li",
    ),
    "table with a head": (
        page(
            '<table class="docs"><tr><th><a href="?by=title">标题</a></th><th>日期</th></tr>'
            + each(
                '<tr><td>{n}</td><td><a href="/doc/20{n}.html">{title}</a></td><td>2026-02-{day}</td></tr>'
            )
            + "</table>"
        ),
        CHINESE,
        True,
        None,
    ),
    "a table for each row": (
        page(
            "<table><tr><td id='right'>"
            + each(
                '<table width=100%><tr><td><font><a href="20260{n}.html" title="{title}">{title}</a></font></td>'
                "<td align=right><span>2026-02-{day}</span></td></tr></table>"
            )
            + "</td></tr></table>"
        ),
        CHINESE,
        True,
        None,
    ),
    "cards with pictures": (
        page(
            '<div class="grid row">'
            + each(
                '<div class="card Card_box__3kX9a card-{n}"><a href="/stories/2026/story-{n}"><img src="{n}.png"></a>'
                '<div class="card-body"><a class="tag" href="/tags/sea">Sea</a>'
                '<h3><a href="/stories/2026/story-{n}">{title}</a></h3>'
                "<p>A rather long summary of what happened near the sea, number {n}, told in one sentence.</p>"
                '<time datetime="2026-02-{day}T08:00:00Z">{n} Feb</time>'
                '<a href="/stories/2026/story-{n}#more">Read more</a></div></div>',
                ENGLISH,
            )
            + "</div>"
        ),
        ENGLISH,
        True,
        "div.card",
    ),
    "cards in rows": (
        page(
            *(
                '<div class="row">'
                + "".join(
                    f'<div class="col-4"><h2><a href="/2026/02/{n}-{m}-item.html">{ENGLISH[n + m]}</a></h2></div>'
                    for m in (0, 1)
                )
                + "</div>"
                for n in range(0, 8, 2)
            )
        ),
        ENGLISH,
        False,
        None,
    ),
    "articles": (
        page(
            "<main>"
            + each(
                '<article id="post-20{n}" class="post-20{n} post type-post category-x{n}"><header>'
                '<h2 class="entry-title"><a href="/2026/02/{n}/a-story-of-the-sea/">{title}</a></h2>'
                '<span class="date">February {day}, 2026</span></header><p>{title}. '
                "It was said again at great length and with many more words than were needed.</p>"
                '<a href="/2026/02/{n}/a-story-of-the-sea/#comments">{n} comments</a></article>',
                ENGLISH,
            )
            + "</main>"
        ),
        ENGLISH,
        True,
        None,
    ),
    "definition list": (
        page(
            '<dl class="list">'
            + each('<dt><a href="/n/2026{n}.html">{title}</a> <i>2026-02-{day}</i></dt><dd>x</dd>')
            + "</dl>"
        ),
        CHINESE,
        True,
        "dl.list > dt",
    ),
    "names made by a build": (
        page(
            '<div class="Feed_root__a8Xk2"><div>'
            + each(
                '<div class="Feed_item__9Kd1s"><a href="/2026/02/{day}/x{n}"><span class="Feed_title__1aB2c">{title}</span></a>'
                '<time class="Feed_time__77abc">{day} Feb 2026</time></div>',
                ENGLISH,
            )
            + "</div></div>"
        ),
        ENGLISH,
        True,
        'div[class*="Feed_item__"]',
    ),
    "two rows for each entry": (
        page(
            "<table>"
            + each(
                '<tr class="story"><td>{n}.</td><td class="headline"><a href="/2026/02/{n}-a-story">{title}</a></td></tr>'
                '<tr><td></td><td>{n} points by <a href="/u/2026{n}">u{n}</a> <i><a href="/c/2026{n}">{n} hours ago</a></i></td></tr>',
                ENGLISH,
            )
            + "</table>"
        ),
        ENGLISH,
        False,
        None,
    ),
    "icons that say the same": (
        page(
            '<table id="threads">'
            + each(
                '<tr><td class="icon"><a href="/t/2026{n}" title="有新回复，点击在新窗口打开这个主题"></a></td>'
                '<td><a class="subject" href="/t/2026{n}">{title}</a></td><td>{n}天前</td></tr>'
            )
            + "</table>"
        ),
        CHINESE,
        True,
        "#threads > tr",
    ),
    "headings alone": (
        page(
            '<div class="content">'
            + each('<h3><a href="/n/2026{n}.html">{title}</a></h3><p>2026</p>')
            + "</div>"
        ),
        CHINESE,
        False,
        "div.content > h3",
    ),
    "lists of five": (
        page(
            '<div class="box">'
            + "".join(f'<ul class="five">{each(ITEM, part)}</ul>' for part in (CHINESE[:5],))
            + '<ul class="five">'
            + "".join(
                ITEM.format(n=n, title=title, day=f"{20 - n:02}") for n, title in enumerate(CHINESE[5:], 6)
            )
            + "</ul></div>"
        ),
        CHINESE,
        True,
        "ul.five > li",
    ),
    "a list for each entry": (
        page(
            '<div id="content">'
            + each(
                '<ul class="rowbox"><li class="rowtitle"><a href="./t2026_{n}.html">{title}</a></li>'
                '<li class="rowtime">02-{day}</li></ul>'
            )
            + "</div>"
        ),
        CHINESE,
        True,
        None,
    ),
    "bare links": (
        page('<div class="day">' + each('<a href="/n/2026{n}.html">{title}</a><br>') + "</div>"),
        CHINESE,
        False,
        None,
    ),
    "links that hold everything": (
        page(
            '<div class="feed">'
            + each(
                '<a class="item" href="/n/2026{n}.html"><h3>{title}</h3><p>{title}，详见正文。</p>'
                '<span class="when">{n}小时前</span></a>'
            )
            + "</div>"
        ),
        CHINESE,
        True,
        None,
    ),
    "category before the title": (
        page(
            '<ul class="list">'
            + each(
                '<li><a href="/notice/">[灯塔市港务局通知公告]</a><a href="/n/2026{n}.html">{title}</a><em>{n}天前</em></li>'
            )
            + "</ul>"
        ),
        CHINESE,
        True,
        "ul.list > li",
    ),
    "dates in loose text": (
        page(
            '<ul class="list">'
            + each('<li><a href="/n/2026{n}.html">{title}</a> [2026-02-{day}]</li>')
            + "</ul>"
        ),
        CHINESE,
        True,
        "ul.list > li",
    ),
    "separators and a heading inside": (
        page(
            '<ul class="list"><li class="head">要闻</li>'
            + each(
                '<li class="first active"><a href="/n/2026{n}.html">{title}</a><b>02-{day}</b></li><li class="line"></li>'
            )
            + "</ul>"
        ),
        CHINESE,
        True,
        None,
    ),
    "a day above its month": (
        page(
            '<ul class="list">'
            + each(
                '<li><div class="d"><b>{day}</b><i>2026/02</i></div><a href="/n/2026{n}.html">{title}</a></li>'
            )
            + "</ul>"
        ),
        CHINESE,
        True,
        "ul.list > li",
    ),
    "a day beside its month in characters": (
        page(
            '<ul class="list">'
            + each('<li><a href="/n/2026{n}.html"><p><b>{day}</b><i>二月</i></p><h3>{title}</h3></a></li>')
            + "</ul>"
        ),
        CHINESE,
        True,
        "ul.list > li",
    ),
    "shortened titles": (
        page(
            '<ul class="list">'
            + each('<li><a href="/n/2026{n}.html" title="{title}">灯塔港务局…</a><span>02-{day}</span></li>')
            + "</ul>"
        ),
        CHINESE,
        True,
        "ul.list > li",
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes(shape: str) -> None:
    """Whatever the list is made of, its entries come first and are read back: titles, links, dates."""
    markup, titles, dated, entry = SHAPES[shape]
    found = infer(markup)
    entries = read(markup, found[0])
    assert [item.title for item in entries] == titles
    assert len({item.address for item in entries}) == len(titles)
    assert found[0].confidence >= 0.5
    if entry:
        assert found[0].rules.entry == entry
    if dated:
        assert all(read_date(item.published, NOW, ZONE) for item in entries)
    else:
        assert not found[0].rules.date
    assert all(other.confidence < 0.4 for other in found[1:])


def test_nothing_generated_in_selectors() -> None:
    """Names of a moment, a place or a build never get into a selector; names of things do."""
    for markup, *_ in SHAPES.values():
        rules = " ".join(infer(markup)[0].rules.model_dump().values())
        for passing in (
            "3kX9a",
            "9Kd1s",
            "post-20",
            "category-x",
            "card-1",
            "first",
            "active",
            "nth-of-type",
        ):
            assert passing not in rules
    passing = (
        "item-1 active odd css-1x2y3z sc-bdVaJa Card_title__3kX9a post-20318 mt-2 md:flex n3 col-4 clearfix"
    )
    assert not [name for name in passing.split() if is_lasting(name)]
    lasting = (
        "news news-list newslist2 Three_list_02 entry-title card contentLeft0102box NewsCard main-content"
    )
    assert all(is_lasting(name) for name in lasting.split())


def test_summary_is_found() -> None:
    """A long text beside the title is the summary."""
    markup = SHAPES["cards with pictures"][0]
    entries = read(markup, infer(markup)[0])
    assert all(entry.summary.startswith("A rather long summary") for entry in entries)


def test_two_lists() -> None:
    """Two lists on a page are both found, the longer one first."""
    markup = page(
        f'<div class="left"><h2>要闻</h2><ul class="main-list">{each(ITEM)}</ul></div>'
        '<div class="right"><h2>公告</h2><ul class="notices">'
        + each(
            '<li><a href="/gg/2026/g{n}.html">第{n}号公告：{title}</a><span>02-{day}</span></li>', CHINESE[:5]
        )
        + "</ul></div>"
    )
    first, second, *others = infer(markup)
    assert (first.rules.entry, first.count) == ("ul.main-list > li", 8)
    assert (second.rules.entry, second.count) == ("ul.notices > li", 5)
    assert first.confidence > second.confidence >= 0.5
    assert not [other for other in others if other.confidence >= 0.4]


def test_beside_the_list() -> None:
    """Rankings and related links beside a short list stay behind it."""
    ranking = (
        '<div class="side"><h3>热门排行</h3><ul class="rank">'
        + each('<li><a href="/hot/2026{n}.html">热议：{title}引发关注</a></li>')
        + "</ul></div>"
    )
    markup = page(ranking, f'<ul class="news">{each(ITEM, CHINESE[:4])}</ul>')
    found = infer(markup)
    assert found[0].rules.entry == "ul.news > li"
    assert all(other.confidence < 0.4 for other in found[1:])


def test_front_page() -> None:
    """Of a front page its blocks' lists are found, not the blocks with one entry of each."""
    blocks = "".join(
        f'<div class="block"><h3>栏目{n}</h3><ul>'
        + "".join(
            f'<li><a href="/c/2026{n}{m}.html">第{n}期：{title}</a><i>2026-02-{m + 10}</i></li>'
            for m, title in enumerate(CHINESE[:6])
        )
        + "</ul></div>"
        for n in range(3)
    )
    found = [list_ for list_ in infer(page(f"<div>{blocks}</div>")) if list_.confidence >= 0.4]
    assert found
    assert all(list_.count in (6, 18) for list_ in found)


def test_inside_of_entries() -> None:
    """Links inside of an entry make no list of their own."""
    people = "".join(f'<a href="/p/2026{n}">{title}的作者</a> ' for n, title in enumerate(ENGLISH[:3]))
    item = (
        '<li><h3><a href="/n/2026{n}.html">{title}</a></h3><i>02-{day}</i><div class="by">'
        + people
        + "</div></li>"
    )
    found = infer(f'<ul class="news">{each(item)}</ul>')
    assert [list_.count for list_ in found] == [8]


PROSE = "".join(
    f"<p>{title}，有关负责人介绍了具体情况，并回答了在场各位的提问。{title}。</p>" for title in CHINESE * 3
)
NO_LIST = {
    "an article": page(f"<h1>{CHINESE[0]}</h1><div class=text>{PROSE}</div>"),
    "an article with related ones": page(
        f"<h1>{CHINESE[0]}</h1><div class=text>{PROSE}</div><h4>相关新闻</h4><ul class=xg>{each(BARE)}</ul>"
    ),
    "an article with others beside it": page(f"<div>{PROSE}</div><div class=box><ul>{each(BARE)}</ul></div>"),
    "an article that says so": page(
        f"<p>{CHINESE[0]}</p><div class=box><ul>{each(ITEM)}</ul></div>",
        head='<meta property="og:type" content="article">',
    ),
    "an article in JSON-LD": page(
        f"<p>{CHINESE[0]}</p><div class=box><ul>{each(ITEM)}</ul></div>",
        head='<script type="application/ld+json">{"@type": "NewsArticle"}</script>',
    ),
    "related links under a short text": page(
        f"<p>{CHINESE[0]}</p><div class=box><h4>相关新闻</h4><ul>{each(BARE)}</ul></div>"
    ),
    "a foot of long links": f"<footer><ul>{each(BARE)}</ul></footer>",
    "a menu of long links": f'<div id="topNav"><ul>{each(BARE)}</ul></div>',
    "a login form": page("<form><input name=user><input type=password><a href=/lost>忘记密码</a></form>"),
    "nothing but menus": page(PAGER),
    "an empty page": "<html></html>",
    "no page": "",
    "a text": "only words",
    "tags": page('<div class="tags">' + each('<a href="/tag/{n}/">标签{n}</a>') + "</div>"),
    "languages": page(
        '<ul class="lang">'
        + "".join(f'<li><a href="/{c}/">Lang {c}</a></li>' for c in "en fr de es it".split())
        + "</ul>"
    ),
}


@pytest.mark.parametrize("shape", NO_LIST)
def test_pages_without_a_list(shape: str) -> None:
    """Where there is no list of articles, nothing is claimed."""
    assert not [found for found in infer(NO_LIST[shape]) if found.confidence >= 0.4]


def test_hint_of_a_container() -> None:
    """A selector of the container keeps the search in it, even where it is a menu."""
    markup = page(f'<ul class="news">{each(ITEM)}</ul>')
    found = infer(markup, select="div.footer")
    assert found[0].count == 30
    assert all(entry.address.startswith("https://city") for entry in read(markup, found[0]))
    assert infer(markup, select="ul.news")[0].rules.entry == "ul.news > li"
    two = page(f'<ul class="news">{each(ITEM, CHINESE[:2])}</ul>')
    assert infer(two, select="ul.news")[0].count == 2, "a hint stands for doubt"


def test_hint_of_one_entry() -> None:
    """A selector of one entry, or of all, means the list of its like."""
    markup = SHAPES["cards with pictures"][0]
    for select in ("div.card-3", "div.card"):
        assert [entry.title for entry in read(markup, infer(markup, select=select)[0])] == ENGLISH


def test_hint_that_is_none() -> None:
    """A hint that matches nothing finds nothing; one that is no selector is said to be."""
    markup = page(f'<ul class="news">{each(ITEM)}</ul>')
    assert infer(markup, select="div.absent") == []
    with pytest.raises(ReadError, match="is not a CSS selector"):
        infer(markup, select="ul..news")


def test_datastore() -> None:
    """Entries that a script of jcms puts into the page are found and read as if they stood there."""
    records = each(
        '<record><![CDATA[<li><a href="/art/2026/{n}.html">{title}</a><span>2026-02-{day}</span></li>]]></record>'
    )
    markup = page(
        f'<div class="jlist"><script type="text/xml"><datastore><recordset>{records}</recordset></datastore></script></div>'
    )
    found = infer(markup)[0]
    assert found.rules.entry == "div.jlist > li"
    assert [entry.title for entry in read(markup, found)] == CHINESE


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 5000 + "<a href=x>y</a>",
        "<ul>" + "<li><a href='/1'>" * 3000,
        "<ul>" + "<li><a href='http://[bad'>some words in a link</a></li>" * 9,
        page(
            "<ul class='\u202e\x00 a:b [x] \"'>"
            + each("<li class='\"]'><a href=/2026/{n} class='a\\'>{title}</a></li>")
            + "</ul>"
        ),
        "<ul id='1 2'>" + each("<li id=5><a href=?id={n}>{title}</a></li>") + "</ul>",
    ],
)
def test_hostile_pages(markup: str) -> None:
    """No page raises anything, and every selector given can be used."""
    for found in infer(markup):
        read(markup, found)


@sampled(500, 4000, name="count")
def test_many_links(count: int) -> None:
    """A list of thousands is one list."""
    items = "".join(BARE.format(n=n, day=n, title=f"{CHINESE[n % 8]}{n}") for n in range(count))
    assert infer(page(f'<ul class="news">{items}</ul>'))[0].count == count


# corpora


def listed(path: Path) -> tuple[list[InferredList], bytes]:
    body = path.read_bytes()
    found = infer_lists(BeautifulSoup(decode(body), "lxml"), BASE, NOW, ZONE)
    return found, body


@pytest.mark.parametrize(
    ("name", "count"),
    [
        pytest.param("extraction/gne/list-163-1.html", 29, marks=pytest.mark.slow),
        ("extraction/gne/list-163-2.html", 54),
        pytest.param("extraction/gne/list-netease_forum-1.html", 42, marks=pytest.mark.slow),
        ("extraction/gne/list-tieba-1.html", 48),
        ("gov/samr_home_2018/ZhiJian.jsp.html", 7),
        ("gov/samr_home_2018/index.jsp.html", 5),
    ],
)
def test_real_lists(corpora: Path, name: str, count: int) -> None:
    """The list that a person would point at comes first, whole and dated."""
    found, body = listed(corpora / name)
    entries = read(body, found[0])
    assert len(entries) == count
    assert found[0].confidence >= 0.9
    assert all(entry.title for entry in entries)
    assert sum(read_date(entry.published, NOW, ZONE) is not None for entry in entries) >= 0.9 * count


@sampled(6)
def test_real_articles(corpora: Path, step: int) -> None:
    """No article page is taken for a list."""
    pages = [
        path for path in (corpora / "extraction/gne").glob("*.html") if not path.name.startswith("list-")
    ]
    pages += (corpora / "gov/gov.cn").glob("*.html")
    assert len(pages) > 50
    sure = {path.name: found[0].confidence for path in sorted(pages)[::step] if (found := listed(path)[0])}
    assert not {name: confidence for name, confidence in sure.items() if confidence >= 0.4}
