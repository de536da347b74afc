"""What an article's page says of it: which of its words are believed, and which are another's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from aggregator.content.metadata.metadata import Metadata, read_metadata


def read(markup: str) -> Metadata:
    """What a page of this says."""
    return read_metadata(BeautifulSoup(markup, "lxml"))


def page(head: str = "", body: str = "") -> str:
    """An article's page with a title, a byline's place and some text."""
    return (
        f"<html lang='zh-CN'><head><title>港口复航 - 海港日报</title>{head}</head><body>"
        f"<h1>港口复航</h1>{body}<p>三号码头今晨重新开放，渡轮按夏季时刻表开行。</p></body></html>"
    )


LONG = 4 * f"<p>{'The ferries sail by the timetable of the summer. ' * 4}</p>"
"""A text behind which no byline is expected."""


def ld(data: object) -> str:
    """A JSON-LD block."""
    return (
        f"<script type='application/ld+json'>{data if isinstance(data, str) else json.dumps(data)}</script>"
    )


def test_every_field_with_its_rule() -> None:
    """Each field comes with the rule that gave it, in words for people."""
    found = read(
        page(
            "<link rel='canonical' href='/n/1.html'><meta name='PubDate' content='2026-03-05 10:20'>"
            "<meta name='ContentSource' content='海事局'><meta name='Author' content='林舟'>"
            "<meta name='description' content='渡轮恢复。'>",
            "<div>更新时间：2026-03-06</div>",
        )
    )
    assert {name: (getattr(found, name).value, getattr(found, name).rule) for name in Metadata.__slots__} == {
        "title": ("港口复航", "h1"),
        "published": ("2026-03-05 10:20", "meta[name=PubDate]"),
        "updated": ("2026-03-06", 'text "更新时间："'),
        "author": ("林舟", "meta[name=Author]"),
        "origin": ("海事局", "meta[name=ContentSource]"),
        "canonical": ("/n/1.html", "link[rel~=canonical]"),
        "language": ("zh-CN", "html[lang]"),
        "summary": ("渡轮恢复。", "meta[name=description]"),
    }


def test_a_page_that_says_nothing() -> None:
    """Where nothing is said, everything is empty."""
    assert read("<p>text</p>") == Metadata()
    assert read("") == Metadata()
    assert not read("").title


@pytest.mark.parametrize(
    "data",
    [
        {"@type": "NewsArticle", "datePublished": "2026-03-05T01:00Z"},
        [{"@type": "Organization"}, {"@type": ["Report", "Thing"], "datePublished": "2026-03-05T01:00Z"}],
        {"@graph": [{"@type": "WebPage"}, {"@type": "BlogPosting", "datePublished": "2026-03-05T01:00Z"}]},
        {"@type": "http://schema.org/Article", "datePublished": "2026-03-05T01:00Z"},
        {"@type": "WebPage", "mainEntity": {"@type": "Article", "datePublished": "2026-03-05T01:00Z"}},
        '{"@type": "Article", "datePublished": "2026-03-05T01:00Z",}',
        '<!-- {"@type": "Article", "datePublished": "2026-03-05T01:00Z"} -->',
        '{"@type": "Article", "description": "a\nb", "datePublished": "2026-03-05T01:00Z"};',
        '{"@type": "Article", "headline": "a "b" c", "datePublished": "2026-03-05T01:00Z"',
    ],
)
def test_json_ld(data: object) -> None:
    """JSON-LD is read in all its shapes, broken ones too, and believed before any meta."""
    found = read(page(ld(data) + "<meta property='article:published_time' content='2025-01-01'>"))
    assert (found.published.value, found.published.rule) == ("2026-03-05T01:00Z", "JSON-LD datePublished")


def test_json_ld_of_other_articles() -> None:
    """Of several articles the one with this page's headline or address counts, and without one none does."""
    others = [{"@type": "Article", "headline": f"别的{n}新闻", "datePublished": "2020-01-01"} for n in "一二"]
    own = {
        "@type": "Article",
        "headline": "港口复航",
        "datePublished": "2026-03-05",
        "author": {"name": "林舟"},
    }
    found = read(page(ld([*others, own])))
    assert (found.published.value, found.author.value) == ("2026-03-05", "林舟")
    assert not read(page(ld(others))).published


def test_json_ld_authors() -> None:
    """Each author is a line; one that is only named elsewhere in the graph is looked up."""
    graph = [
        {"@type": "Article", "author": [{"@id": "#a"}, {"@type": "Person", "name": "Vera Quay"}, "admin"]},
        {"@id": "#a", "@type": "Person", "name": "Jon Pier"},
    ]
    assert read(page(ld({"@graph": graph}))).author.value == "Jon Pier\nVera Quay"


@pytest.mark.parametrize(
    ("head", "value"),
    [
        ("<meta NAME='pubdate' CONTENT='2026-03-05'>", "2026-03-05"),
        ("<meta name='firstpublishedtime' content='2026-03-05-10:20:00'>", "2026-03-05-10:20:00"),
        ("<meta property='article:published_time' content='2026-03-05T01:00Z'>", "2026-03-05T01:00Z"),
        ("<meta name='parsely-pub-date' content='2026-03-05'>", "2026-03-05"),
        ("<meta name='sailthru.date' content='2026-03-05'>", "2026-03-05"),
        ("<meta name='DCTERMS.issued' content='2026-03-05'>", "2026-03-05"),
        ("<meta name='citation_publication_date' content='2026/03/05'>", "2026/03/05"),
        ("<meta itemprop='datePublished' content='2026-03-05'>", "2026-03-05"),
        ("<meta name='PubDate' content=''><meta name='date' content='2026-03-05'>", "2026-03-05"),
        ("<meta name='PubDate' content='{{ date }}'><meta name='date' content='2026-03-05'>", "2026-03-05"),
        ("<meta name='PubDate' content='0000-00-00'><meta name='date' content='2026-03-05'>", "2026-03-05"),
    ],
)
def test_dates_in_metas(head: str, value: str) -> None:
    """Metas are known under any case; what holds no date is passed over."""
    assert read(page(head, "<span>2019-01-01</span>")).published.value == value


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("<div>发布时间：2026-03-05 10:20 来源：海事局</div>", "2026-03-05 10:20"),
        ("<p>发布日期：<span>2026年3月5日</span></p>", "2026年3月5日"),
        ("<p>日　期: 2026-03-05</p>", "2026-03-05"),
        ("<table><tr><td>发布日期：</td><td>2026年3月5日</td></tr></table>", "2026年3月5日"),
        ("<p>时间：03-05 10:20</p>", "03-05 10:20"),
        ("<p>发布时间：3小时前</p>", "3小时前"),
        ("<div>海港日报 2026-03-05 10:20:30 阅读 15</div>", "2026-03-05 10:20:30"),
        ("<p>Published on March 5, 2026 at 10:20 am by Vera Quay</p>", "March 5, 2026 at 10:20 am"),
        ("<p>By Vera Quay | 5 March 2026</p>", "5 March 2026"),
        ("<p>Von Vera Quay, 5. März 2026, 10:20 Uhr</p>", "5. März 2026, 10:20 Uhr"),
        ("<p>4. 3. 2026</p>", "4.3.2026"),
        (
            "<time datetime='2026-03-05T10:20+08:00' class='entry-date'>gestern</time>",
            "2026-03-05T10:20+08:00",
        ),
        ("<time class='updated' datetime='2026-03-09'>x</time><time>2026-03-05</time>", "2026-03-05"),
        ("<p>Published: March 5, 2026 10:20 a.m. Eastern Time</p>", "March 5, 2026 10:20 a.m. Eastern Time"),
        ("<p>时间：2026-03-05 10:20 美东时间　来源：晨报</p>", "2026-03-05 10:20 美东时间"),
        ("<p>发布时间：香港时间2026年3月5日 10:20</p>", "香港时间2026年3月5日 10:20"),
        ("<p>5. März 2026, 10:20 Uhr MEZ</p>", "5. März 2026, 10:20 Uhr MEZ"),
        ("<p>2026-03-05 10:20 ART | Redacción</p>", "2026-03-05 10:20 ART"),
    ],
)
def test_dates_in_sight(body: str, value: str) -> None:
    """A date near the title is read with or without a label, in the page's own words."""
    assert read(page(body=body)).published.value == value


@pytest.mark.parametrize(
    "markup",
    [
        page(body="<aside><time datetime='2020-01-01'>2020-01-01</time></aside>"),
        page(body="<div class='related-news'><p>发布时间：2020-01-01</p></div>"),
        page(body="<div id='comments'><time datetime='2020-01-01'></time></div>"),
        page(body="<footer>发布时间：2020-01-01</footer>"),
        page(body="<script>var a = '发布时间：2020-01-01'</script>"),
        page().replace("<h1>", "<div>今天是2020年1月1日</div><h1>"),
        page().replace("<h1>", "<div>2020年1月1日 星期三</div><h1>"),
        page().replace("<h1>", "<header><p>2020-01-01</p></header><h1>"),
        "<title>港口复航</title><nav><h1>港口复航</h1><p>2020-01-01</p></nav><div class='title'>港口复航</div>",
        page(body="<p>会议时间：2020-01-01</p>"),
        page(body="<p style='Display: none'>发布时间：2020-01-01</p><p hidden>发布时间：2020-01-01</p>"),
        page(body="<p>Copyright 2020-01-01</p>"),
        page("<meta property='article:modified_time' content='2020-01-01'>"),
        page(body="<ul><li class='date'>2020-01-01</li><li class='date'>2020-01-02</li></ul>" * 1).replace(
            "<ul>",
            "<p>"
            + "三号码头。" * 30
            + "</p><p>" * 1
            + "渡轮。" * 60
            + "</p>"
            + f"<p>{'潮水。' * 60}</p>" * 3
            + "<ul>",
        ),
    ],
)
def test_dates_of_something_else(markup: str) -> None:
    """The date of a teaser, a comment, a footer, today's or that of a change is not when it was published."""
    assert not read(markup).published


def test_updated() -> None:
    """What was changed is told apart from what was published."""
    found = read(page("<meta property='article:modified_time' content='2026-03-09'>", "<p>2026-03-05</p>"))
    assert (found.published.value, found.updated.value) == ("2026-03-05", "2026-03-09")


@pytest.mark.parametrize(
    ("shown", "value"),
    [
        ("2026年3月5日10:20", "2026年3月5日10:20"),
        ("2026-03-09 10:20", "2026-03-05"),
        ("2026-3-5", "2026-03-05"),
    ],
)
def test_time_of_day(shown: str, value: str) -> None:
    """A day that is declared gets its time from the byline, if that names the same day."""
    assert (
        read(page("<meta name='PubDate' content='2026-03-05'>", f"<p>{shown}</p>")).published.value == value
    )


def test_when_the_file_was_made() -> None:
    """Jcms's Maketime is when the file was written: it counts only where nothing else is said."""
    made = "<meta name='Maketime' content='2026-03-22 12:28:37'>"
    assert read(page(made)).published.value == "2026-03-22 12:28:37"
    assert read(page(made, "<p>发布日期：2024-11-22</p>")).published.value == "2024-11-22"


@pytest.mark.parametrize(
    ("markup", "value", "rule"),
    [
        ("<title>港口复航_海港日报</title><h1>海港日报</h1><h2>港口复航</h2>", "港口复航", "h2"),
        ("<title>港口复航_要闻_海港日报</title><h1>港口复航</h1>", "港口复航", "h1"),
        ("<title>港口复航 | Harbour</title><link rel=canonical href='https://harbour.example/1'>", "港口复航", "title"),
        ("<title>港口复航-海港日报</title><meta property='og:site_name' content='海港日报'>", "港口复航", "title"),
        ("<title>港口复航_海港日报网</title><div class='title'>港口复航</div>", "港口复航", "title"),
        ("<title>Harbour: ferries | piers</title><p>x</p>", "Harbour: ferries | piers", "title"),
        ("<title>x</title><meta name='ArticleTitle' content='港口复航'><h1>海事局门户</h1>", "港口复航", "meta[name=ArticleTitle]"),
        ("<meta property='og:title' content='港口复航 - 海港日报'><meta property='og:site_name' content='海港日报'>", "港口复航", "meta[property=og:title]"),
        ("<meta property='og:title' content='三号码头港口复航渡轮…'><h1>三号码头港口复航渡轮开行</h1>", "三号码头港口复航渡轮开行", "h1"),
        ("<title>海港日报 | 港口复航</title><h1><a href='/'>海港日报</a></h1><h2>港口复航</h2>", "港口复航", "h2"),
        ("<title>Water</title><h1>Wa<b>ter</b></h1>", "Water", "h1"),
        ("<h1>港口复航</h1>", "港口复航", "h1"),
        (
            "<title>Ferries: More of them at night</title><meta property='og:title' content='More of them at night'>"
            "<h1><i>Ferries</i>More of them at night</h1>",
            "More of them at night",
            "meta[property=og:title]",
        ),
        (
            "<title>Ferries: More of them at night</title><meta property='og:title' content='Ferries: More of them at night'>"
            "<meta name='twitter:title' content='Ferries: More of them at night'><p>Ferries</p><h1>More of them at night</h1>",
            "Ferries: More of them at night",
            "meta[name=twitter:title]",
        ),
        (
            "<title>Ferries at night</title><meta property='og:title' content='Ferries: More of them at night'>"
            "<h2><i>Ferries</i> More of them at night</h2>",
            "Ferries: More of them at night",
            "meta[property=og:title]",
        ),
        ("<table><tr><td>标　　题：</td><td>港口复航</td></tr></table>", "港口复航", 'text "标 题："'),
    ],
)  # fmt: skip
def test_titles(markup: str, value: str, rule: str) -> None:
    """A heading that agrees with the page's name is the title; the site's name goes only if it is known."""
    assert (read(markup).title.value, read(markup).title.rule) == (value, rule)


@pytest.mark.parametrize(
    ("head", "body", "value"),
    [
        ("", "<p>作者：林舟 2026-03-05</p>", "林舟"),
        ("", "<p>记者：林舟 陆帆</p>", "林舟\n陆帆"),
        ("", "<p>来源：海事局 责任编辑：陆帆_NB12345</p>", "陆帆"),
        ("", "<p>作者：林舟</p><p>编辑：陆帆</p>", "林舟"),
        ("", "<p>By <a>Vera Quay</a> and <a>Jon Pier</a></p>", "Vera Quay\nJon Pier"),
        ("", "<p>By Vera Quay · Published March 5, 2026</p>", "Vera Quay"),
        ("", "<p>Written by Vera van der Quay on Monday</p>", "Vera van der Quay"),
        ("", "<p>By the time it opened, all ships had left.</p>", ""),
        ("", "<p>The pier was opened by Vera Quay.</p>", ""),
        ("", "<a rel='author' href='/a'>Vera Quay</a>", "Vera Quay"),
        ("", "<div class='comments'><a class='author'>Troll</a></div>", ""),
        ("<meta name='author' content='admin'>", "<p>作者：林舟</p>", "林舟"),
        ("<meta name='author' content='me@harbour.example'>", "", ""),
        ("<meta property='article:author' content='https://social.example/vera'>", "<p>By Vera Quay</p>", "Vera Quay"),
        ("<meta name='author' content='海港日报'><meta property='og:site_name' content='海港日报'>", "<p>作者：林舟</p>", "林舟"),
        ("<meta name='citation_author' content='Vera Quay'><meta name='citation_author' content='Jon Pier'>", "", "Vera Quay\nJon Pier"),
        ("<meta name='citation_author' content='Quay, Vera M.'><meta name='citation_author' content='Pier, Jon'>", "", "Vera M. Quay\nJon Pier"),
        ("", "<p><a rel='author'>Vera Quay</a> <a rel='author'>Jon Pier</a></p><div><p><a rel='author'>Troll</a></p></div>", "Vera Quay\nJon Pier"),
        ("", "<p>作者：</p>", ""),
        ("", "<div class='story__authors'><span class=a>Vera Quay</span><span class=a>Jon Pier</span></div>", "Vera Quay\nJon Pier"),
        ("", "<div id='author-line'>By Vera Quay og Jon Pier</div>", "Vera Quay\nJon Pier"),
        ("", "<div class='comment-author'>Troll</div>", ""),
        ("", "<p class='byline'>Source: Harbour Press</p>", ""),
        ("<meta name='author' content='Vera Quay, Image: Jon Pier'>", "", "Vera Quay"),
        ("", "<p><span class='meta-prep-author'>Posted</span> <a class='author'>Vera Quay</a></p>", "Vera Quay"),
        ("", "<p><a class='author-link'>Vera Quay</a> 5.3.2026</p>", "Vera Quay"),
        ("", "<p class='post-author'>Post author By <a href='/v'>Vera Quay</a></p>", "Vera Quay"),
        ("", "<div class='author'><a href='/v'>Vera Quay</a><i>Games Editor</i></div>", "Vera Quay"),
        ("", "<div class='author'>By <a href='/v'>Vera Quay</a> and Jon Pier</div>", "Vera Quay\nJon Pier"),
        ("", "<p>An article by <a href='/v'>Vera Quay</a> | 5.3.2026</p>", "Vera Quay"),
        ("", "<p>The ship was greeted by Vera Quay.</p>", ""),
        ("<meta name='author' content='海港日报'>", "<p>作者：林舟</p>", "林舟"),
        ("<meta name='author' content='SRF'><link rel='canonical' href='https://www.srf.example/1'>", "<p>By Vera Quay</p>", "Vera Quay"),
        ("<meta name='author' content='Benedict Quay'><link rel='canonical' href='https://www.ben.example/1'>", "<p>By Jon Pier</p>", "Benedict Quay"),
        ("", LONG + "<p><b>Author:</b> Vera Quay</p>", "Vera Quay"),
        ("", LONG + "<p>Author: Vera Quay</p><p>Author: Jon Pier</p>", ""),
        ("", LONG + "<p>By Vera Quay</p>", ""),
        (
            "<meta property='article:author' content='Harbour News'><meta property='og:site_name' content='Harbour'>"
            "<meta name='dc.creator' content='Vera Quay'>",
            "",
            "Vera Quay",
        ),
    ],
)  # fmt: skip
def test_authors(head: str, body: str, value: str) -> None:
    """Authors are names: no addresses, no "admin", no sentence that has "by" in it."""
    assert read(page(head, body)).author.value == value


def test_the_byline_stands_at_the_only_heading() -> None:
    """Where the heading says something else than the title declared, the byline is looked for there."""
    markup = (
        "<title>Suit against the pier</title><meta property='og:title' content='Suit against the pier'>"
        "<h1>The harbour goes to court</h1><p>By <a>Vera Quay</a></p>"
    )
    found = read(markup)
    assert (found.title.value, found.author.value) == ("Suit against the pier", "Vera Quay")
    assert read(markup + "<h1>Most read</h1>").author.value == ""


@pytest.mark.parametrize(
    ("head", "body", "value"),
    [
        ("", "<p>来源：<a>海事局</a> 作者：林舟</p>", "海事局"),
        ("", "<p>信息来源：海事局网站&nbsp;&nbsp;浏览次数：12</p>", "海事局网站"),
        ("", "<p>来　源： 海事局 【字体：大 中 小】</p>", "海事局"),
        ("", "<p>来源：</p><p>三号码头今晨重新开放，渡轮按夏季时刻表开行，票价不变，停车场免费开放到月底，全天有人值守。</p>", ""),
        ("", "<p>三号码头的资金来源：地方财政</p>", ""),
        ("<meta name='source' content='来源：海事局 原创稿'>", "", "海事局"),
        ("", "<p>Source: Harbour Board</p>", "Harbour Board"),
    ],
)  # fmt: skip
def test_origins(head: str, body: str, value: str) -> None:
    """Whose article it is stands behind a label, up to the next one."""
    assert read(page(head, body)).origin.value == value


def test_language_and_summary() -> None:
    """A language that is none and a summary that only repeats the title are passed over."""
    head = "<meta http-equiv='Content-Language' content='utf-8'><meta property='og:locale' content='en_GB'>"
    found = read(f"<title>Ferries sail</title>{head}<meta name='description' content='Ferries sail'>")
    assert (found.language.value, found.summary.value) == ("en-GB", "")


MARKUP = st.lists(
    st.sampled_from(
        [
            *"<h1> </h1> <title> </title> <div> </div> <time datetime='2026-03-05'> <meta name=PubDate".split(
                " "
            ),
            "<script type='application/ld+json'>",
            "</script>",
            '{"@type":"Article","author":[{"name":{}}],"@graph":[[1,null]]}',
            "<link rel=canonical href='http://[x'>",
            "<a href='http://[x'>",
            "来源：",
            "发布时间：",
            "2026-13-45 99:99",
            "By ",
            "\x1f",
            " - ",
        ]
    ),
    max_size=30,
)


@given(MARKUP)
def test_nothing_is_raised(pieces: list[str]) -> None:
    """No page raises anything, and reading leaves the tree as it is."""
    soup = BeautifulSoup("".join(pieces), "lxml")
    before = str(soup)
    read_metadata(soup)
    assert str(soup) == before


@pytest.mark.parametrize(
    "markup",
    [
        page(ld("[" * 50_000)),
        page(ld('{"@graph":' * 20_000)),
        page(body="<div>" * 20_000),
        page(body="来源：" * 50_000),
        page(body="<h2 class='title'>" * 3_000 + "x" * 10_000),
        page(body="<p>" + " " * 100_000 + "By</p>"),
        page(body="<time>" * 3_000),
        f"<title>{' - ' * 50_000}</title><h1>{'|' * 50_000}</h1>",
    ],
)
def test_hostile_pages(markup: str) -> None:
    """Pages made to be slow or deep are read like others."""
    read(markup)


def test_real_pages(corpora: Path) -> None:
    """Real pages: Mozilla's expectations are met, government and Chinese news pages give title and date."""
    cases = sorted((corpora / "extraction" / "readability").glob("*/expected-metadata.json"))
    dated = titled = 0
    for case in cases:
        expected = json.loads(case.read_text("utf-8"))
        found = read((case.parent / "source.html").read_text("utf-8"))
        titled += found.title.value == " ".join((expected["title"] or "").split())
        dated += bool(expected["publishedTime"]) and found.published.value == expected["publishedTime"]
    assert (len(cases), titled, dated) >= (42, 32, 11)
    government = [read(path.read_text("utf-8")) for path in (corpora / "gov" / "gov.cn").glob("*.page.html")]
    assert len(government) == 20
    assert all(found.title and found.published.value.startswith("2018年1") for found in government)
