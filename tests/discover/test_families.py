"""Families of publishing systems, and where feeds and sitemaps are: told from pages made like theirs."""

from __future__ import annotations

import html
import json

import pytest
from bs4 import BeautifulSoup

from aggregator.discover.feeds import FeedLink, find_feeds, find_sitemaps, usual_feeds
from aggregator.model import Fetched
from aggregator.settings import ListRules, Source
from aggregator.sources.families import Family, expand_datastore, find_family
from aggregator.sources.listing import read_list

BASE = "https://bureau.example/xw/zj/"
QUERY = {
    "parseType": "bulidstatic",
    "webId": "29e9",
    "tplSetId": "5c30",
    "pageType": "column",
    "tagId": "内容区域",
    "editType": None,
    "pageId": "39cd",
    "paramJson": '{"pageNo":1,"pageSize":20}',
}
SINGLE = "{'parseType':'buildstatic','webId':'29e9','tplSetId':'5c30','tagId':'ajax分页','editType':'null',pageId:'39cd'}"


def soup(markup: str) -> BeautifulSoup:
    return BeautifulSoup(markup, "lxml")


def family(markup: str, base: str = BASE) -> Family:
    found = find_family(soup(markup), base)
    assert found is not None
    return found


# jpaas


@pytest.mark.parametrize(
    "script",
    [
        f"<script querydata='{json.dumps(QUERY, ensure_ascii=False)}'></script>",
        f"<script queryData='{json.dumps(QUERY)}' src='/js/unit.js'></script>",
        f'<script querydata="{html.escape(json.dumps(QUERY))}"></script>',
        f'<script querydata="{html.escape(html.escape(json.dumps(QUERY)))}"></script>',
    ],
)
def test_jpaas(script: str) -> None:
    """The query of a column is read however it is quoted."""
    found = family(f"<div>{script}</div>")
    assert (found.name, found.why) == ("jpaas", "a script fetches '内容区域' of web 29e9")


def test_jpaas_with_single_quotes() -> None:
    """A query that is not JSON, but means it, is read too."""
    found = family(f'<script url="/common/unit?x=1" querydata="{SINGLE}"></script>')
    assert (found.name, found.why) == ("jpaas", "a script fetches 'ajax分页' of web 29e9")


def test_jpaas_with_several_units() -> None:
    """Of several parts the one with pages is the list."""

    def unit(tag: str, param: str = "{}") -> str:
        query = {**QUERY, "tagId": tag, "paramJson": param}
        return f"<script querydata='{json.dumps(query, ensure_ascii=False)}'></script>"

    page = unit("导航") + unit("当前位置") + unit("列表", '{"pageNo":1}') + unit("内容页脚")
    assert "'列表'" in family(page).why
    assert "'导航'" in family(unit("导航")).why


@pytest.mark.parametrize(
    "said", ["", "{", "[]", "null", '{"webId":1}', "x" * 10000, "'" * 9999, '{"a":' * 3000]
)
def test_jpaas_broken(said: str) -> None:
    """A query that cannot be read is none."""
    assert find_family(soup(f'<script querydata="{html.escape(said)}"></script>'), BASE) is None


# wordpress


def test_wordpress() -> None:
    """The API is where the page says; else its place is guessed from the page's files."""
    said = family('<link rel="https://api.w.org/" href="https://blog.example/en/wp-json/">')
    assert (said.name, said.api) == ("wordpress", "https://blog.example/en/wp-json/")
    plain = family('<link rel="https://api.w.org/" href="/index.php?rest_route=/">')
    assert plain.api == "https://bureau.example/index.php?rest_route=/"
    files = family('<link rel="stylesheet" href="/blog/wp-content/themes/sea/style.css">')
    assert files.api == "https://bureau.example/blog/wp-json/"
    named = family('<meta name="Generator" content="WordPress 6.5">')
    assert named.api == "https://bureau.example/wp-json/"


def test_no_family() -> None:
    """A page of no known system has none, whatever it says of them."""
    for page in ("", "<p>wp-content, datastore, querydata</p>", "<script>var querydata = {}</script>"):
        assert find_family(soup(page), BASE) is None


# jcms

RECORDS = "".join(
    f'<record><![CDATA[<li><a href="/art/{n}.html">Notice {n}</a><b>2026-03-0{n}</b></li>]]></record>'
    for n in range(1, 4)
)
NEXT = '<nextgroup><![CDATA[<a href="/module/web/jpage/dataproxy.jsp?page=1&amp;webid=7"></a>]]></nextgroup>'
STORE = f"<datastore>{NEXT}<recordset>{RECORDS}</recordset></datastore>"
RULES = ListRules(entry="#list > li", date="b")


@pytest.mark.parametrize(
    "inside",
    [
        f'<script type="text/xml">{STORE}</script>',
        f'<script type="text/xml"><?xml version="1.0"?>{STORE}</script>',
        STORE,
        f'<script type="text/xml">{html.escape(STORE).replace("&lt;record", "<record").replace("record&gt;", "record>").replace("&lt;/record", "</record").replace("&lt;datastore&gt;", "<datastore>").replace("&lt;![CDATA[", "").replace("]]&gt;", "")}</script>',
    ],
)
def test_datastore(inside: str) -> None:
    """A listing reads the entries that jcms keeps for its script, as a browser shows them."""
    markup = f'<div id="list">{inside}</div>'
    source = Source(name="x", kind="listing", url=BASE, list=RULES)
    listing = read_list(source, Fetched(BASE, 200, {}, markup.encode()))
    assert [entry.title for entry in listing.entries] == ["Notice 1", "Notice 2", "Notice 3"]
    assert [entry.published for entry in listing.entries] == ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert listing.entries[0].address == "https://bureau.example/art/1.html"


def test_datastore_is_pure() -> None:
    """The page given stays as it was, and is the same where there is nothing to do."""
    page = soup(f'<script type="text/xml">{STORE}</script>')
    before = str(page)
    assert len(expand_datastore(page).select("li")) == 3
    assert str(page) == before
    plain = soup("<ul><li>x</li></ul>")
    assert expand_datastore(plain) is plain


def test_jcms() -> None:
    """The family is told by its datastore or by the mark on its articles."""
    found = family(f'<script type="text/xml">{STORE}</script>')
    assert (found.name, found.why) == ("jcms", "a datastore with 3 records")
    assert (
        family("<div><!--ZJEG_RSS.content.begin--><p>x</p><!--ZJEG_RSS.content.end--></div>").name == "jcms"
    )


@pytest.mark.parametrize(
    "inside",
    [
        "<datastore>",
        pytest.param("<record>" * 9999, marks=pytest.mark.slow, id="many records"),
        pytest.param("<![CDATA[" * 9999, id="many sections"),
        "<record><![CDATA[<li>",
    ],
)
def test_datastore_broken(inside: str) -> None:
    """A datastore cut short gives what it has, and raises nothing."""
    expand_datastore(soup(f'<script type="text/xml"><datastore>{inside}</script><p>after</p>'))
    expand_datastore(soup(f"<datastore>{inside}"))


# TRS, gkmlpt, the library of www.gov.cn


@pytest.mark.parametrize(
    "call", ["createPageHTML(10, 0, 'index', 'html')", 'createPageHTML("page_div",10, 1,"x_list","shtml",99)']
)
def test_trs(call: str) -> None:
    """The family is told by the script that turns the pages of a list."""
    found = family(f"<ul><li>x</li></ul><script>\n{call};</script>")
    assert (found.name, found.why) == ("trs", "a script turns 10 pages")


@pytest.mark.parametrize(
    ("address", "list_"),
    [
        ("http://www.gd.example/gkmlpt/index", "http://www.gd.example/gkmlpt/api/all/0?page={page}&sid=755325"),
        ("https://x.example/office/gkmlpt/policy#505", "https://x.example/office/gkmlpt/api/all/505?page={page}&sid=755325"),
    ],
)  # fmt: skip
def test_gkmlpt(address: str, list_: str) -> None:
    """The number of the site and the category make the address of its list."""
    found = family("<script>window._CONFIG = { SID: '755325', TREE: [] }</script>", address)
    assert (found.name, found.api) == ("gkmlpt", list_)
    assert find_family(soup("<script>var SID = 1</script>"), "https://x.example/other/") is None
    assert find_family(soup("<p>no script</p>"), address) is None


def test_the_library_of_policies() -> None:
    """It is known by its address: the page itself is an empty shell."""
    for address in (
        "https://sousuo.www.gov.cn/zcwjk/policyDocumentLibrary?q=",
        "https://www.gov.cn/zhengce/zhengceku/",
    ):
        assert family("<div id=app></div>", address).name == "gov-cn-library"
    assert find_family(soup("<div id=app></div>"), "https://www.gov.cn/yaowen/") is None


# feeds and sitemaps


def test_feeds_declared() -> None:
    """Feeds that the head declares: of any case and type, relative, each once, those of comments last."""
    found = find_feeds(
        soup(
            """<head><base href="/elsewhere/">
            <link rel="alternate" type="application/rss+xml" title="Sea  » Comments Feed" href="/comments/feed/">
            <LINK REL="Alternate" TYPE="Application/RSS+XML; charset=utf-8" TITLE=" Sea " HREF="feed/">
            <link rel="alternate" type="application/atom+xml" href="https://bureau.example/atom.xml">
            <link rel="alternate" type="application/feed+json" href="//bureau.example/feed.json#top">
            <link rel="alternate" type="application/feed+json" href="/feed.json">
            <link rel="feed" href="feed://bureau.example/old.rss">
            <link rel="alternate" hreflang="en" href="/en/">
            <link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/7">
            <link rel="alternate" type="application/json+oembed" href="/oembed?feed">
            <link rel="stylesheet" type="application/rss+xml" href="/x.xml">
            <link rel="alternate" type="application/rss+xml" href="javascript:feed()">
            <link rel="alternate" type="application/rss+xml"></head>"""
        ),
        BASE,
    )
    assert found == [
        FeedLink(f"{BASE}feed/", "Sea", "application/rss+xml"),
        FeedLink("https://bureau.example/atom.xml", "", "application/atom+xml"),
        FeedLink("https://bureau.example/feed.json#top", "", "application/feed+json"),
        FeedLink("http://bureau.example/old.rss", "", ""),
        FeedLink("https://bureau.example/comments/feed/", "Sea » Comments Feed", "application/rss+xml"),
    ]


def test_feeds_linked() -> None:
    """Links in the page that look like feeds come after those declared; lookalikes do not come."""
    found = find_feeds(
        soup(
            """<a href="/rss">All news</a> <a href="/xw/feed/">x</a> <a href="news.xml">Press</a>
            <a href="/dy/index.html">RSS订阅</a> <a href="/dingyue">订阅</a> <a href="/rss/"><img src="rss.png"></a>
            <a href="/sitemap.xml">Map</a> <a href="/feedback">Feedback</a> <a href="/press/">Press</a>
            <a href="/how-rss-works.html">How RSS works</a> <a href="mailto:rss@bureau.example">RSS</a>
            <link rel="alternate" type="application/rss+xml" href="/declared.xml">"""
        ),
        BASE,
    )
    paths = [feed.address.removeprefix("https://bureau.example") for feed in found]
    assert paths == [
        "/declared.xml",
        "/rss",
        "/xw/feed/",
        "/xw/zj/news.xml",
        "/dy/index.html",
        "/dingyue",
        "/rss/",
    ]


def test_feeds_of_nothing() -> None:
    """An empty page names none, a page of thousands at most fifty."""
    assert find_feeds(soup(""), BASE) == []
    assert len(find_feeds(soup("".join(f"<a href=/{n}.xml>{n}</a>" for n in range(3000))), BASE)) == 50


def test_usual_feeds() -> None:
    """The usual places lie under the page's folder and under the root, each once."""
    deep = usual_feeds("https://bureau.example/xw/list.html?page=2")
    for path in ("feed/", "rss.xml", "atom.xml", "feed.json", "index.xml"):
        assert f"https://bureau.example/xw/{path}" in deep
        assert f"https://bureau.example/{path}" in deep
    assert deep[0] == "https://bureau.example/xw/feed/"
    assert usual_feeds("https://bureau.example/blog")[0] == "https://bureau.example/blog/feed/"
    root = usual_feeds("https://bureau.example")
    assert len(root) == len(set(root)) == len(deep) / 2


def test_sitemaps() -> None:
    """What robots.txt names comes first, news before the rest; then the usual places."""
    robots = "User-agent: *\nDisallow: /x\nsitemap: /all.xml\nSitemap:https://bureau.example/google-news.xml \nSITEMAP: javascript:x\n# Sitemap: /no.xml"
    found = find_sitemaps(robots, BASE)
    assert found[:2] == ["https://bureau.example/google-news.xml", "https://bureau.example/all.xml"]
    for path in ("sitemap_news.xml", "news-sitemap.xml", "sitemap.xml"):
        assert f"https://bureau.example/{path}" in found[2:]
    assert not [address for address in found if "no.xml" in address or "javascript" in address]
    assert find_sitemaps("", BASE) == found[2:]
