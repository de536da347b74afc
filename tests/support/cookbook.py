"""The sites of the cookbook in docs/sources.md: pages of invented places, one function a recipe."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from tests.support.loopback import Answer, Content, Handler, Received

Pages = dict[str, Content | Handler]

HARBOUR = "".join(
    f"<p>港务规则第{number}条：进出港船舶应当在潮位表公布的时段内报到，并向值班员说明所载货物、吃水和预计停泊时间。</p>"
    for number in "一二三四五"
)
LONG = "".join(
    f"<p>Paragraph {number}: the keeper wrote down the height of the tide, the colour of the sky and the names of all the"
    " boats that came home before dark, as his father had done before him.</p>"
    for number in range(1, 6)
)


def html(title: str, body: str, head: str = "") -> bytes:
    """An ordinary page around a body."""
    return (
        f"<!doctype html><html><head><meta charset='utf-8'><title>{title}</title>{head}</head><body>"
        f"<nav><a href='/'>Home</a> <a href='/about'>About</a></nav>{body}"
        "<footer>An invented place</footer></body></html>"
    ).encode()


def as_json(value: object) -> Answer:
    """A JSON answer."""
    return Answer(json.dumps(value, ensure_ascii=False).encode(), {"Content-Type": "application/json"})


def jpaas(url: str) -> Pages:
    """A column whose list is built by script, and two articles, the second with a file outside of its body."""
    asked = json.dumps(
        {
            "parseType": "bulidstatic",
            "webId": "w1",
            "tplSetId": "t1",
            "pageType": "column",
            "tagId": "当前栏目",
            "pageId": "p1",
        }
    )
    script = (
        f"<script url='/api-gateway/jpaas-publish-server/front/page/build/unit' querydata='{asked}'></script>"
    )
    rows = "".join(
        f"<li><a href='/zw/gz/art/2026/art_{code * 32}.html' title='{title}'>{title[:6]}…</a><span>{date}</span></li>"
        for code, title, date in (
            ("a", "船舶进港报到规则（2026年修订）", "2026-03-05"),
            ("b", "关于公布潮位表的通知", "2026-03-04"),
        )
    )

    def article(title: str, outside: str = "") -> bytes:
        metas = (
            f"<meta name='ArticleTitle' content='{title}'><meta name='PubDate' content='2026-03-05 10:20'>"
            "<meta name='ContentSource' content='港务科'>"
        )
        return html(title, f"<h1>{title}</h1><div id='zoom'>{HARBOUR}</div>{outside}", metas)

    files = "<ul class='files'><li><a href='/cms_files/filemanager/1/tides.pdf'>潮位表.pdf</a></li></ul>"
    return {
        "/zw/gz/": html("规则", f"<h1>规则</h1><div id='list'>{script}</div>"),
        "/api-gateway/jpaas-publish-server/front/page/build/unit": as_json(
            {
                "success": True,
                "data": {"html": f"<ul class='rows'>{rows}</ul><div count='2' rows='20'></div>"},
            }
        ),
        f"/zw/gz/art/2026/art_{'a' * 32}.html": article("船舶进港报到规则（2026年修订）"),
        f"/zw/gz/art/2026/art_{'b' * 32}.html": article("关于公布潮位表的通知", files),
    }


def api(url: str) -> Pages:
    """A search of three filings in two pages, asked for with POST."""

    def hit(number: int) -> dict[str, object]:
        return {
            "code": f"F-{number}",
            "url": f"{url}/filings/{number}.html",
            "extra": json.dumps({"title": f"Filing number {number}"}),
            "time": 1_772_700_000_000 + number,
            "section": "Harbour dues",
        }

    def search(request: Received) -> Content:
        after = json.loads(request.body)["after"]
        if after:
            return as_json({"result": {"hits": [hit(1)], "after": None}})
        return as_json({"result": {"hits": [hit(3), hit(2)], "after": "c2"}})

    pages: Pages = {
        f"/filings/{n}.html": html(f"Filing {n}", f"<article><h1>Filing</h1>{LONG}</article>")
        for n in (1, 2, 3)
    }
    return {**pages, "/v1/search": search}


def gbk(url: str) -> Pages:
    """A list and an article in GBK, which nothing declares but a meta that says gb2312."""
    meta = "<meta http-equiv='Content-Type' content='text/html; charset=gb2312'>"
    listed = (
        f"<html><head>{meta}</head><body><div class='list'><dl><dt>鱼价</dt>"
        "<dd><a href='a1.html' title='三月第一周鲜鱼均价：鲳鱼回落，镕江鲈鱼持平'>三月第一周鲜鱼均价…</a><em>03-05</em></dd>"
        "</dl></div></body></html>"
    )
    article = (
        f"<html><head>{meta}</head><body><h1>三月第一周鲜鱼均价</h1><div class='info'><span class='time'>10:20</span></div>"
        f"<div id='content'>{HARBOUR}</div></body></html>"
    )
    return {"/news/": listed.encode("gbk"), "/news/a1.html": article.encode("gbk")}


def sitemap(url: str) -> Pages:
    """A news sitemap of two articles and a page that is none."""

    def entry(path: str, title: str) -> str:
        return (
            f"<url><loc>{url}{path}</loc><news:news><news:publication><news:name>Lighthouse</news:name>"
            "<news:language>en</news:language></news:publication><news:publication_date>2026-03-05T10:20:00+08:00"
            f"</news:publication_date><news:title>{title}</news:title></news:news></url>"
        )

    body = (
        '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">'
        f"{entry('/2026/lamp.html', 'The new lamp')}{entry('/2026/stairs.html', 'Two hundred stairs')}"
        f"{entry('/about.html', 'About')}</urlset>"
    )
    return {
        "/news-sitemap.xml": Answer(body.encode(), {"Content-Type": "application/xml"}),
        "/2026/lamp.html": html("The new lamp", f"<article><h1>The new lamp</h1>{LONG}</article>"),
        "/2026/stairs.html": html(
            "Two hundred stairs", f"<article><h1>Two hundred stairs</h1>{LONG}</article>"
        ),
    }


def wordpress(url: str) -> Pages:
    """Two posts as WordPress gives them."""
    posts = [
        {
            "id": number,
            "date_gmt": f"2026-03-0{number}T08:00:00",
            "modified_gmt": f"2026-03-0{number}T09:00:00",
            "link": f"{url}/post-{number}/",
            "title": {"rendered": f"Rope number {number} &amp; its knots"},
            "content": {"rendered": LONG},
            "excerpt": {"rendered": "<p>The keeper wrote…</p>"},
        }
        for number in (2, 1)
    ]
    return {"/wp-json/wp/v2/posts": as_json(posts)}


def jsonp(url: str) -> Pages:
    """A search's answer in a callback, the word searched for marked in the title."""
    item = {
        "id": "t-1",
        "headline": "The <em>tide</em> table of March",
        "when": "2026-03-05 10:20:00",
        "html": LONG,
    }
    answer = f"/**/show({json.dumps({'items': [item]})});"
    return {"/find": Answer(answer.encode(), {"Content-Type": "application/javascript"})}


def paged(url: str) -> Pages:
    """Five notices on three pages of a list."""

    def listed(numbers: tuple[int, ...], older: str) -> bytes:
        rows = "".join(
            f"<article><h2><a href='/n/{n}.html'>Notice {n}</a></h2><time datetime='2026-03-0{n}'>3/{n}</time></article>"
            for n in numbers
        )
        return html("Notices", rows + (f"<a class='older' href='{older}'>Older</a>" if older else ""))

    pages: Pages = {f"/n/{n}.html": html(f"Notice {n}", f"<main>{LONG}</main>") for n in range(1, 6)}
    return {
        **pages,
        "/list.html": listed((5, 4), "/list2.html"),
        "/list2.html": listed((3, 2), "/list3.html"),
        "/list3.html": listed((1,), ""),
    }


def filtered(url: str) -> Pages:
    """A feed of which one item is wanted."""

    def item(number: int, title: str, text: str, category: str, author: str) -> str:
        return (
            f"<item><guid>w-{number}</guid><title>{title}</title><description>{text}</description>"
            f"<category>{category}</category><dc:creator>{author}</dc:creator></item>"
        )

    items = (
        item(1, "Lamp oil recalled", "Bottles of 2025.", "Consumers", "Ada Quill"),
        item(2, "A quiet day", "Nothing happened.", "Town", "Ada Quill"),
        item(3, "Keeper recalls the match", "He won.", "Sports", "Ada Quill"),
        item(4, "Recall list", "A list.", "Consumers", "Robot 7"),
    )
    feed = (
        "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>Wire</title>"
        f"{''.join(items)}</channel></rss>"
    )
    return {"/feed.xml": Answer(feed.encode(), {"Content-Type": "application/rss+xml"})}


def login(url: str) -> Pages:
    """Circulars for those who say who they are."""
    wanted = "Basic " + base64.b64encode(b"reader:open sesame").decode()

    def guarded(page: bytes) -> Handler:
        def answer(request: Received) -> Content:
            said = request.headers
            allowed = said.get("authorization") == wanted and said.get("cookie") == "edition=full"
            return page if allowed else Answer(b"who are you?", {"WWW-Authenticate": "Basic"}, status=401)

        return answer

    rows = "<ul><li><a href='/circulars/1'>Circular 1</a> <time>2026-03-05</time></li></ul>"
    return {
        "/circulars": guarded(html("Circulars", rows)),
        "/circulars/1": guarded(html("Circular 1", f"<div class='circular'>{LONG}</div>")),
    }


def browser(url: str) -> Pages:
    """A list and an article that only a script writes."""
    board = (
        "<ul id='board'></ul><script>setTimeout(() => { document.getElementById('board').innerHTML ="
        " `<li><a href='/s/1.html'>A signal at dusk</a> <time>2026-03-05</time></li>`; }, 50);</script>"
    )
    text = (
        "<ul id='board'><li>all signals</li></ul><div id='text'></div><script>document.getElementById('text').innerHTML ="
        f" `{LONG}`;</script>"
    )
    return {"/": html("Signals", board), "/s/1.html": html("A signal at dusk", text)}


RECIPES: dict[int, Callable[[str], Pages]] = {
    1: jpaas,
    2: api,
    3: gbk,
    4: sitemap,
    5: wordpress,
    6: jsonp,
    7: paged,
    8: filtered,
    9: login,
    10: browser,
}
