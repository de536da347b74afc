"""The pages a person reads, parsed as a browser parses them."""

import html
import json
import posixpath
import re
import string
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Any, NoReturn, get_args
from urllib.parse import unquote

import html5lib
import pytest
from bs4 import BeautifulSoup, Tag
from jinja2 import Environment, nodes
from lxml import etree

from aggregator.daemon.cluster.queue import VISIT
from aggregator.daemon.tasks import BackgroundTasks
from aggregator.errors import EventKind
from aggregator.model import (
    EVERYTHING,
    WITHDRAWN,
    Article,
    Attachment,
    Category,
    Change,
    ChangeKind,
    Document,
    Filing,
    Headline,
    KeptArticle,
    Revision,
    Surroundings,
    Topic,
)
from aggregator.render import paths, rows, texts
from aggregator.render.difference import Fact
from aggregator.render.pages import KINDS, Pages
from aggregator.render.share import FAULTS, SHOWN
from aggregator.render.status import MOODS, SORTS
from aggregator.settings import Site
from aggregator.web.metrics import Metrics
from aggregator.web.status.routes import NOTICES

NOON = datetime(2022, 4, 24, 2, 50, 37, tzinfo=UTC)
SITE = Site(title="金融消息", url="https://example.org/news/", language="zh-CN", timezone="Asia/Shanghai")
MARKET = Category("shichangjianguanzongju", "市场监管总局")
HARBOUR = Category("harbour", "Harbour & <b>Tides</b>")
HOSTILE = (
    'A "title" \\ {{ site }} {% raw %} ]]> </title></h1><script>alert(1)</script> & \u202e \x00\x0b\ud800'
)
FORMS = ["application/rss+xml", "application/atom+xml", "application/feed+json"]


TOPICS = [Topic("category", one.slug, one.label) for one in (MARKET, HARBOUR)]
HEADLINE = Headline("tide-gauge", HOSTILE, "en", NOON, NOON)


def kept(
    key: str = "NW202204242354992724",
    *,
    version: int = 1,
    categories: tuple[Category, ...] = (MARKET,),
    **fields: Any,
) -> KeptArticle:
    """An article as the store holds it, plain unless said otherwise."""
    usual: dict[str, Any] = {
        "title": "关于开展行动的通知",
        "address": f"https://source.example/{key}.html?a=1&b=2",
        "content": "<p>正文第一段。</p><table><tr><td>一</td></tr></table>",
        "published": NOON,
        "updated": NOON,
    }
    article = Article(namespace="samr", key=key, source="samr-news", labels=(), **(usual | fields))
    filings = tuple(Filing(category, category.label) for category in categories)
    return KeptArticle(key, version, 1, NOON + timedelta(hours=2), article, filings)


def read(page: Document) -> BeautifulSoup:
    return BeautifulSoup(page.body, "html5lib", from_encoding="utf-8")


def one(soup: BeautifulSoup | Tag, selector: str) -> Tag:
    found = soup.select(selector)
    assert len(found) == 1, selector
    return found[0]


def changed_article() -> tuple[KeptArticle, Surroundings]:
    """An article that was changed twice, in its text, a table, its author and its files."""
    files = [Attachment(f"https://source.example/{name}.pdf", title=HOSTILE) for name in "ab"]
    states = [
        "<p>船舶进港费为120元。</p><p>不变的一段。</p><p>Ship <i>dues</i>.</p><table><tr><td>1</td></tr></table>",
        "<p>不变的一段。</p><p>船舶进港费为150元。</p><table><tr><td>2</td></tr><tr><td>3</td></tr></table>",
        f"<p>{html.escape(HOSTILE)}</p><p>船舶进港费为150元。</p>",
    ]
    now = kept("dues", title="Dues", content=states[2], attachments=(files[1],))
    first = replace(now.article, content=states[0], attachments=(files[0],), author=HOSTILE)
    second = replace(now.article, content=states[1], title=HOSTILE)
    earlier = (Revision(1, NOON, first), Revision(4, NOON + timedelta(days=1), second))
    changed = replace(now, version=5, changes=2, changed=NOON + timedelta(days=1))
    return changed, Surroundings(HEADLINE, earlier=earlier)


def whole_site(site: Site = SITE) -> list[Document]:
    """One page of each kind and the style sheet, with hostile words among them."""
    pages = Pages(site)
    changed, around = changed_article()
    withdrawn = replace(kept("taken-back"), missing_since=NOON, withdrawn=NOON + timedelta(days=7))
    told: list[tuple[ChangeKind, KeptArticle]] = [("withdrawn", withdrawn), ("back", changed)]
    articles = [
        kept(),
        kept("tide-gauge", title=HOSTILE, origin=HOSTILE, language="en", categories=(HARBOUR, MARKET)),
        kept("no-date", dated=False, complete=False),
        kept("ahead", dated=False, future=NOON + timedelta(days=400)),
        withdrawn,
    ]
    return [
        pages.home(articles, [(MARKET, 3), (HARBOUR, 1)]),
        pages.category(MARKET, articles, 3, 2),
        pages.category(HARBOUR, articles[1:2], 1),
        *(pages.share(article) for article in articles[1:]),
        pages.share(articles[0], Surroundings(HEADLINE, HEADLINE)),
        pages.share(replace(kept("not-there"), missing_since=NOON)),
        pages.share(changed, around),
        *pages.earlier(changed, around),
        pages.listing(MARKET, 1, articles, 2),
        pages.listing(MARKET, 2, articles, 2),
        pages.feeds([EVERYTHING, *TOPICS, Topic("tag", "tide", HOSTILE)]),
        pages.withdrawn([(Change(NOON, kind, one.id, 2, "s", "", ""), one) for kind, one in told]),
        pages.withdrawn([]),
        pages.not_found(),
        pages.opml([EVERYTHING, *TOPICS]),
        pages.style_sheet(),
        pages.icon(),
    ]


def documents(site: Site = SITE) -> list[Document]:
    return [page for page in whole_site(site) if page.path.endswith(".html")]


def test_every_page_is_valid_html() -> None:
    """A strict HTML parser finds nothing wrong, hostile titles and labels included."""
    for page in documents():
        html5lib.HTMLParser(strict=True).parse(page.body.decode())


def test_hostile_titles_and_labels_stay_text() -> None:
    """Markup, template syntax and control characters in titles and labels never become markup."""
    shown = "".join(character for character in HOSTILE if character not in "\x00\x0b\ud800")
    for page in documents():
        soup = read(page)
        assert not soup.select("script:not([type='application/ld+json'])")
        for data in soup.select("script"):
            json.loads(data.string or "")
        assert not soup.select("bdi b, h1 b")
        assert b"\x00" not in page.body
    share = read(Pages(SITE).share(kept(title=HOSTILE, categories=(HARBOUR,))))
    assert one(share, "h1").text == shown
    assert one(share, "title").text == f"{shown} · 金融消息"
    assert one(share, ".tags a").text == HARBOUR.label


def test_titles_are_isolated_from_the_text_around_them() -> None:
    """Marks of direction in a title cannot turn what stands beside it."""
    article = kept(title="\u202eabc")
    assert one(read(Pages(SITE).share(article)), "h1")["dir"] == "auto"
    assert one(read(Pages(SITE).home([article], [])), "h3 bdi").text == "\u202eabc"


def test_links_between_our_pages_lead_to_pages_that_exist() -> None:
    """Every relative link, followed from its document, is a page we write or a feed."""
    written = {page.path for page in whole_site()}
    written |= {
        paths.feed_path(topic, form)
        for topic in (EVERYTHING, WITHDRAWN, *TOPICS, Topic("tag", "tide"))
        for form in paths.FEED_FILES
    }
    for page in documents():
        soup = read(page)
        for element in soup.select("[href]"):
            link, _, fragment = str(element["href"]).partition("#")
            if link.startswith(("/news/", "?")):
                continue
            if link and not re.match("[a-z]+:", link):
                target = posixpath.normpath(posixpath.join(posixpath.dirname(page.path), unquote(link)))
                assert target in written
            elif not link:
                assert soup.find(id=fragment)


def test_every_page_names_its_feeds() -> None:
    """Autodiscovery finds the three formats of each topic of a page, its own before everything."""
    expected = {
        "index.html": ["feeds"],
        "category/harbour.html": ["category/harbour", "feeds"],
        "share/tide-gauge.html": ["category/harbour", "category/shichangjianguanzongju", "feeds"],
    }
    found = {page.path: read(page).select("head link[rel=alternate]") for page in documents()}
    for path, folders in expected.items():
        folder = posixpath.dirname(path)
        addresses = [posixpath.normpath(posixpath.join(folder, str(link["href"]))) for link in found[path]]
        assert addresses == [f"{name}/{file}" for name in folders for file in paths.FEED_FILES.values()]
        assert [link["type"] for link in found[path]] == FORMS * len(folders)
        assert all("金融消息" in str(link["title"]) for link in found[path])
    for page in documents():
        assert len(found[page.path]) >= len(FORMS)
        if page.path in ("feeds.html", "404.html"):
            continue
        visible = one(read(page), "#subscribe")
        assert [a["href"] for a in visible.select(".formats a")] == [
            link["href"] for link in found[page.path]
        ]


def test_every_page_says_what_it_is() -> None:
    """Language, viewport, title, description, canonical address and policy stand in every head."""
    canonical = {
        "index.html": "https://example.org/news/",
        "category/harbour.html": "https://example.org/news/category/harbour.html",
        "share/tide-gauge.html": "https://source.example/tide-gauge.html?a=1&b=2",
    }
    for page in documents():
        soup = read(page)
        assert one(soup, "html")["lang"] == "zh-CN"
        assert "金融消息" in one(soup, "title").text
        assert one(soup, "meta[name=viewport]")["content"]
        assert one(soup, "meta[name=description]")["content"]
        assert one(soup, "meta[name=referrer]")["content"] == "no-referrer"
        policy = str(one(soup, "meta[http-equiv=Content-Security-Policy]")["content"])
        assert policy.startswith("default-src 'none'; style-src 'self';")
        addresses = [link["href"] for link in soup.select("link[rel=canonical]")]
        # What is shown under any address has none.
        assert len(addresses) == (page.path != "404.html")
        assert addresses == [canonical[page.path]] if page.path in canonical else True
        assert one(soup, "header.site .brand").text == "金融消息"
        assert one(soup, "h1").text


def test_share_page_carries_source_times_and_both_addresses() -> None:
    """Who said it, when in the site's time zone, where it came from and where this copy lies."""
    page = Pages(SITE).share(kept(origin="青川市计量局", author="王小明\n李华", language="zh-TW"))
    assert page.path == "share/NW202204242354992724.html"
    soup = read(page)
    assert one(soup, ".voice").text == "青川市计量局"
    assert [meta["content"] for meta in soup.select("meta[name=author]")] == ["王小明", "李华"]
    moment = one(soup, ".byline time")
    assert (moment["datetime"], moment.text) == ("2022-04-24T10:50:37+08:00", "2022-04-24 10:50")
    assert one(soup, "h1")["lang"] == one(soup, ".body")["lang"] == "zh-TW"
    source = one(soup, "a.source")
    assert source["href"] == "https://source.example/NW202204242354992724.html?a=1&b=2"
    details = dict(zip(soup.select("dt"), soup.select("dd"), strict=True))
    told = {term.text: detail.text.strip() for term, detail in details.items()}
    assert told == {
        "来源": "青川市计量局",
        "作者": "王小明, 李华",
        "发布": "2022-04-24 10:50",
        "首次收录": "2022-04-24 12:50",
        "原文地址": source["href"],
        "镜像地址": "https://example.org/news/share/NW202204242354992724.html",
    }
    assert "<p>正文第一段。</p>" in page.body.decode()


@pytest.mark.parametrize(
    ("fields", "voice"),
    [
        ({"origin": "Origin", "author": "Author"}, "Origin"),
        ({"author": "Author"}, "Author"),
        ({}, "samr-news"),
    ],
)
def test_the_voice_is_the_nearest_to_the_source(fields: dict[str, Any], voice: str) -> None:
    """The origin speaks before the author, and the source's name stands in for both."""
    assert one(read(Pages(SITE).share(kept(**fields))), ".voice").text == voice


@pytest.mark.parametrize(
    ("version", "later", "shown"),
    [(2, timedelta(minutes=2), True), (1, timedelta(minutes=2), False), (2, timedelta(minutes=1), False)],
)
def test_an_update_shows_where_it_was_one(version: int, later: timedelta, shown: bool) -> None:
    """Updated stands on the page only for a later version and over a minute after publication."""
    soup = read(Pages(SITE).share(kept(version=version, updated=NOON + later)))
    assert (len(soup.select(".byline time")) == 2) is shown
    assert ("更新" in soup.get_text()) is shown


def test_an_undated_article_says_so() -> None:
    """A time first seen is never passed off as a date of publication, on no page."""
    article = kept(dated=False)
    share = read(Pages(SITE).share(article))
    assert "日期不详，首次收录于 2022-04-24 10:50" in one(share, ".byline").text
    assert "发布" not in [term.text for term in share.select("dt")]
    assert "日期不详" in one(read(Pages(SITE).home([article], [])), ".meta").text


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh-CN", "首次收录于 2022-04-24 10:50，来源标注日期 2027-01-01"),
        ("en", "First seen 2022-04-24 10:50, dated 2027-01-01 by its source"),
    ],
)
def test_a_date_that_lies_ahead_is_the_sources_word(language: str, told: str) -> None:
    """The article's page says what date its source states; lists know no other day than the first seen."""
    pages = Pages(SITE.model_copy(update={"language": language}))
    article = kept(dated=False, future=datetime(2026, 12, 31, 16, tzinfo=UTC))
    share = read(pages.share(article))
    assert told in one(share, ".byline").text
    assert [moment["datetime"][:10] for moment in share.select(".byline time")] == [
        "2022-04-24",
        "2027-01-01",
    ]
    home = read(pages.home([article], []))
    assert one(home, ".day h2 time")["datetime"] == "2022-04-24"
    assert one(home, ".meta").text.split() == ["市场监管总局"]


def test_an_article_without_a_page_of_its_own_is_canonical_here() -> None:
    """Without any address at the source, the page claims none and is its own canonical address."""
    alone = read(Pages(SITE).share(kept(address="", complete=False)))
    mirror = "https://example.org/news/share/NW202204242354992724.html"
    assert one(alone, "link[rel=canonical]")["href"] == mirror
    assert not alone.select("a.source")
    configured = read(Pages(SITE).share(kept(address="", share_url="https://share.example/?id=1")))
    assert one(configured, "a.source")["href"] == "https://share.example/?id=1"


def test_a_digest_is_called_one() -> None:
    """Where the source gave no text, the page says that a summary stands in for it."""
    assert "来源只提供了摘要" in one(read(Pages(SITE).share(kept(complete=False))), ".note").text
    assert not read(Pages(SITE).share(kept())).select(".note")


@pytest.mark.parametrize(
    ("attachment", "name", "facts"),
    [
        (
            Attachment("https://s.example/a.docx", "附件<1>", "application/msword", 48213),
            "附件<1>",
            "DOCX · 47 KB",
        ),
        (Attachment("https://s.example/%E8%A1%A8.pdf?v=1.2", "", "", 1536), "表.pdf", "PDF · 1.5 KB"),
        (Attachment("https://s.example/down.php?id=3", "录音", "audio/mpeg"), "录音", "audio/mpeg"),
        (Attachment("https://s.example/", "", "", 1023), "https://s.example/", "1023 B"),
        (Attachment("https://s.example/x.zip", "x", "", 5 * 1024**3), "x", "ZIP · 5.0 GB"),
        (Attachment("http://[broken/x", "", "", 1048575), "x", "1.0 MB"),
    ],
)
def test_attachments_are_listed_for_people(attachment: Attachment, name: str, facts: str) -> None:
    """An attachment has a name, a type and a size that a person reads."""
    soup = read(Pages(SITE).share(kept(attachments=(attachment,))))
    link = one(soup, ".attachments a")
    assert (link["href"], link.text) == (attachment.address, name)
    assert one(soup, ".attachments .facts").text == facts


def test_lists_are_grouped_by_day_in_the_sites_time_zone() -> None:
    """Articles keep the order given; those of one local day stand under one heading."""
    articles = [kept(f"article{hour}", published=NOON - timedelta(hours=hour)) for hour in (0, 10, 11)]
    soup = read(Pages(SITE).category(MARKET, articles, 1234))
    assert [heading.text for heading in soup.select(".day h2")] == ["2022年4月24日", "2022年4月23日"]
    assert [str(link["href"]) for link in soup.select(".day h3 a")] == [
        f"../share/article{hour}.html" for hour in (0, 10, 11)
    ]
    assert [moment.text for moment in soup.select(".meta time")] == ["10:50", "00:50", "23:50"]
    assert one(soup, ".count").text == "共 1,234 篇 · 本页列出最新 3 篇"


def test_a_day_without_a_time_is_that_day_everywhere() -> None:
    """No clock is shown, no other zone's day, and a day has one heading; midnight is no time either."""
    day = {"day": date(2022, 4, 24), "published": datetime(2022, 4, 23, 12, tzinfo=UTC)}
    day["updated"] = day["published"]
    midnight = datetime(2022, 4, 23, 16, tzinfo=UTC)
    articles = [
        kept("late", published=NOON - timedelta(hours=12)),
        kept("early", published=NOON - timedelta(hours=13)),
        kept("day", **day),
        kept("midnight", published=midnight, updated=midnight),
    ]
    home = read(Pages(SITE).home(articles, []))
    shown = [(one(found, "h2 time")["datetime"], len(found.select("li"))) for found in home.select(".day")]
    assert shown == [("2022-04-24", 2), ("2022-04-23", 2)]
    assert [len(found.select(".meta time")) for found in home.select("li:has(.meta)")] == [0, 0, 1, 1]
    for article in articles[2:]:
        share = Pages(SITE).share(article)
        assert [found.text for found in read(share).select(".byline time")] == ["2022-04-24"]
        assert one(read(share), "[property='article:published_time']")["content"] == "2022-04-24"
    data = json.loads(one(read(Pages(SITE).share(articles[2])), "script").string or "")
    assert (data["datePublished"], "dateModified" in data) == ("2022-04-24", False)


def test_teasers_are_short_and_plain() -> None:
    """A list shows the start of the summary, or of the body's text, and never half a tag or word."""
    long_body = f"<p>一</p><p>二 &amp; 三 <b>四</b>五</p><p title='>'>{'六' * 5000}</p>"
    words = "word " * 60
    articles = [
        kept("1", content=long_body),
        kept("2", summary=words),
        kept("3", content=""),
        kept("4", summary="a\n<b> and more"),
    ]
    soup = read(Pages(SITE).home(articles, []))
    teasers = [teaser.text for teaser in soup.select(".teaser")]
    assert teasers[0].startswith("一 二 & 三 四五 六六")
    assert len(teasers[0]) == 121
    assert teasers[1] == "word " * 23 + "word…"
    assert teasers[2:] == ["a <b> and more"]


PREAMBLE = "各省、自治区、直辖市市场监管局（厅、委），新疆生产建设兵团市场监管局："


def test_a_teaser_says_something_or_is_not_there() -> None:
    """What all notices of a list begin with, the title again, the name of a file, and a word or two are no news."""
    title = "关于开展行动的通知"
    pdf = Attachment("https://x.example/1.pdf", "抽检情况一览表.pdf")
    articles = [
        kept("1", content=f"<p>{PREAMBLE}</p><p>一</p>"),
        kept("2", content=f"<p>{PREAMBLE}</p><p>二</p>"),
        kept("3", content=f"<p>{title}</p>", title=title),
        kept("4", content=f"<p>{title}</p><p>五月一日起全市统一开展检查。</p>", title=title),
        kept(
            "5", content='<p><a href="https://x.example/1.pdf">抽检情况一览表.pdf</a></p>', attachments=(pdf,)
        ),
        kept("6", content="<p>详见附件。</p>"),
    ]
    for number, page in enumerate(
        (Pages(SITE).home(articles, []), Pages(SITE).listing(MARKET, 1, articles, 1))
    ):
        assert [found.text for found in read(page).select(".teaser")] == ["五月一日起全市统一开展检查。"], (
            number
        )
    alone = read(Pages(SITE).home(articles[:1], []))
    assert one(alone, ".teaser").text.startswith(PREAMBLE[:9])


def test_a_list_says_who_speaks_and_what_there_is() -> None:
    """The source's label stands before the office, nothing twice; files and changes have a mark."""
    plain = kept("1", origin="办公厅")
    article = kept(
        "2",
        version=2,
        origin="办公厅",
        updated=NOON + timedelta(hours=1),
        attachments=(Attachment("https://x.example/1.pdf"),),
    )
    articles = [plain, replace(article, label="市监总局公告"), replace(plain, id="3", label=MARKET.label)]
    home = read(Pages(SITE).home(articles, [])).select(".meta")
    assert [" ".join(found.text.split()) for found in home] == [
        "10:50 市场监管总局 办公厅",
        "10:50 市场监管总局 市监总局公告 办公厅 附件 更新 2022-04-24 11:50",
        "10:50 市场监管总局 办公厅",
    ]
    share = read(Pages(SITE).share(articles[1]))
    assert [found.text for found in share.select(".voice")] == ["市监总局公告", "办公厅"]
    facts = [found.text for found in share.select(".about dt, .about dd")]
    assert facts[:4] == ["来源", "市监总局公告", "发文", "办公厅"]


def test_numbers_in_names_sort_as_numbers() -> None:
    """Of categories with as many articles, and of feeds, the second comes before the tenth."""
    counted = [(Category(f"branch-{number}", f"Branch {number}"), 1) for number in (10, 1, 2, 100)]
    home = read(Pages(SITE).home([], counted))
    assert [found.text for found in home.select(".counted bdi")] == [
        f"Branch {number}" for number in (1, 2, 10, 100)
    ]
    topics = [paths.category_topic(category) for category, _ in counted]
    feeds = read(Pages(SITE).feeds(topics))
    assert [found.text for found in feeds.select(".topic")] == [f"Branch {n}" for n in (1, 2, 10, 100)]


def test_a_missing_page_offers_the_search_where_there_is_one() -> None:
    """Its form leads to the search from any depth; without a server there is none."""
    found = read(Pages(SITE, search=True).not_found())
    assert one(found, "form")["action"] == "/news/search"
    assert one(found, "form input")["name"] == "q"
    assert not read(Pages(SITE).not_found()).select("form")


def test_home_shows_the_largest_categories_and_keeps_the_rest_at_hand() -> None:
    """Forty categories stand open, the largest first; the others are folded away by slug."""
    categories = [(Category(f"c{number:04}", f"分类{number}"), number) for number in range(2000)]
    soup = read(Pages(SITE).home([], categories))
    shown = soup.select("#categories > ul a")
    assert [link["href"] for link in shown] == [
        f"category/c{number:04}.html" for number in range(1999, 1959, -1)
    ]
    folded = [link["href"] for link in soup.select("#categories details a")]
    assert folded == [f"category/c{number:04}.html" for number in range(1960)]
    assert one(soup, "summary").text == "其余 1,960 个分类"


def test_empty_lists_say_so() -> None:
    """A site without articles and a category without any are whole pages."""
    assert one(read(Pages(SITE).home([], [])), ".none").text == "还没有文章。"
    assert one(read(Pages(SITE).category(MARKET, [], 0)), ".none")


def test_the_same_input_gives_the_same_bytes() -> None:
    """Nothing of the moment or the process gets into a page."""
    assert whole_site() == whole_site()


def test_rows_are_those_of_their_articles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are remembered, as many as there is room for, and never stand for another state of an article."""
    monkeypatch.setattr(rows, "MAX_ROWS", 20)
    pages = Pages(SITE)
    old = [kept(f"number-{number}", title=f"Notice {number}") for number in range(9)]
    new = [kept(f"number-{number}", title=f"Correction {number}", version=2) for number in range(9)]
    for articles in (old, old[::-1], new, old):
        shown = pages.listing(MARKET, 1, articles, 1)
        assert [cell.text for cell in read(shown).select("h3")] == [one.article.title for one in articles]
        assert shown.body == Pages(SITE).listing(MARKET, 1, articles, 1).body


def test_opml_lists_everything_and_each_category() -> None:
    """The list of feeds is OPML 2.0 with absolute addresses, by name, whatever the labels hold."""
    page = Pages(SITE).opml(
        [EVERYTHING, *TOPICS, Topic("category", "odd", HOSTILE), Topic("source", "samr", "samr")]
    )
    root = etree.fromstring(page.body)
    assert (page.path, root.tag, root.get("version")) == ("feeds.opml", "opml", "2.0")
    outlines = root.findall(".//outline[@xmlUrl]")
    assert [outline.get("xmlUrl") for outline in outlines] == [
        "https://example.org/news/feeds/rss.xml",
        "https://example.org/news/category/harbour/rss.xml",
        "https://example.org/news/category/odd/rss.xml",
        "https://example.org/news/category/shichangjianguanzongju/rss.xml",
        "https://example.org/news/source/samr/rss.xml",
    ]
    assert [folder.get("text") for folder in root.findall("body/outline")][1:] == ["分类", "来源"]
    assert [outline.get("htmlUrl") for outline in outlines][:2] == [
        "https://example.org/news/",
        "https://example.org/news/category/harbour.html",
    ]
    assert {outline.get("type") for outline in outlines} == {"rss"}
    assert outlines[1].get("text") == HARBOUR.label


@pytest.mark.parametrize(
    ("language", "chosen"),
    [
        ("zh-CN", "zh-CN"),
        ("zh", "zh-CN"),
        ("ZH-hant-TW", "zh-CN"),
        ("en-GB", "en"),
        ("de", "en"),
        ("zha", "en"),
    ],
)
def test_the_nearest_language_speaks(language: str, chosen: str) -> None:
    """A region falls back to its language, all of Chinese to zh-CN, and the unknown to English."""
    assert texts.choose(language) == chosen
    soup = read(Pages(SITE.model_copy(update={"language": language})).home([], []))
    assert one(soup, "html")["lang"] == language
    assert one(soup, "h1").text == texts.load(chosen)["latest"]


def test_english_counts() -> None:
    """One article is not articles."""
    pages = Pages(Site(url="https://example.org", language="en"))
    assert one(read(pages.category(HARBOUR, [kept()], 1)), ".count").text == "1 article"
    assert one(read(pages.category(HARBOUR, [kept(), kept("b")], 2)), ".count").text == "2 articles"


def names(text: str) -> set[str]:
    return {re.split(r"[.\[]", name)[0] for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_language_says_the_same() -> None:
    """All languages have the same keys, and fill the same names into each."""
    english = texts.load("en")
    assert {"en", "zh-CN"} <= set(texts.available())
    for language in texts.available():
        words = texts.load(language)
        assert words.keys() == english.keys()
        assert {key: names(text) for key, text in words.items()} == {
            key: names(text) for key, text in english.items()
        }


def not_called(*arguments: object) -> NoReturn:
    """Stands for what nobody calls."""
    raise AssertionError(arguments)


def asked_for() -> Iterator[str]:
    """Every key that a template or the code asks for."""
    render = files("aggregator.render")
    templates = render / "templates"
    for template in (*templates.iterdir(), *(templates / "status").iterdir()):
        if template.is_dir():
            continue
        environment = Environment(autoescape=True)
        parsed = environment.parse(template.read_text("utf-8"))
        for word in parsed.find_all(nodes.Filter):
            if word.name == "text" and isinstance(word.node, nodes.Const):
                yield word.node.value
        for call in parsed.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "text":
                chosen = [call.args[0], *call.args[0].find_all(nodes.Const)]
                found = (node.value for node in chosen if isinstance(node, nodes.Const))
                yield from (key for key in found if not key.endswith("_"))
    for module in render.iterdir():
        if module.name.endswith(".py"):
            yield from re.findall(r'\b(?:_?texts|self)\("(\w+)"', module.read_text("utf-8"))
    yield from (key for key in (*KINDS.values(), *SHOWN.values(), *FAULTS.values()) if key)
    # What is wrong with a search comes to the template as the name of its text.
    yield from get_args(Fact)
    yield from (f"{what}_{kind}" for what in ("title", "note") for kind in ("withdrawn", "back", "unsteady"))
    yield from ("title_changed", "title_test")
    yield from (f"{what}_{kind}" for what in ("title", "event") for kind in get_args(EventKind))
    yield from ("notice", "notice_back", "title_notice", "title_notice_back")
    # What people see of a named fact, where it is one of an official document's.
    yield from (key for key in texts.load("en") if key.startswith("field_"))
    yield from ("cites", "cited_by", "repeals", "repealed_by")
    yield from ("status_kind_push", "status_kind_looks", "status_stale")
    yield from (f"status_done_{action}" for action in NOTICES)
    tasks = BackgroundTasks(not_called, lambda: datetime.now(UTC), Metrics(), not_called).all()
    jobs = (name for name, one in tasks.items() if one.place in ("any", "output"))
    yield from (f"status_task_{task}" for task in (VISIT, *jobs))
    yield from (*(f"status_mood_{mood}" for mood in MOODS), *(f"status_by_{key}" for key in SORTS))
    yield from ("search_empty", "search_lengthy", "search_crowded", "search_failed", "search_syntax")


def test_templates_use_the_words_there_are() -> None:
    """Every key asked for exists, and every key that exists is asked for."""
    assert set(asked_for()) == texts.load("en").keys()


def contrast(one_colour: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two colours in #rrggbb."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one_colour), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_stands_out_in_both_themes() -> None:
    """Every pair of ink and ground reaches WCAG AA (4.5 to 1), light and dark."""
    style = Pages(SITE).style_sheet().body.decode()
    for theme in re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]:
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", theme))
        pairs = [
            (ink, ground)
            for ink in ("ink", "soft", "quiet", "link", "visited")
            for ground in ("paper", "panel")
        ]
        for ink, ground in [*pairs, ("on-mark", "mark"), ("ink", "note")]:
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def test_a_file_is_shown_once_with_its_type_and_size() -> None:
    """A link in the text says what it leads to, and only files that the text does not link to are listed."""
    inside = Attachment("https://x.example/1.docx", "指南.docx", "", 2048)
    beside = Attachment("https://x.example/2.pdf", "清单.pdf", "application/pdf", 1024)
    text = '<p>请于五月底前报送。附件：<a href="https://x.example/1.docx">指南.docx</a>。</p>'
    soup = read(Pages(SITE).share(kept(content=text, attachments=(inside, beside))))
    assert one(soup, ".body p").text == "请于五月底前报送。附件：指南.docx DOCX · 2.0 KB。"
    assert [link["href"] for link in soup.select(".attachments a")] == [beside.address]
    assert len(soup.select(f"a[href='{inside.address}']")) == 1


@pytest.mark.parametrize(
    "content",
    [
        "",
        '<p><a href="https://x.example/1.pdf">公告.pdf</a></p>',
        '<p>附件：1. <a href="https://x.example/1.pdf">公告</a></p>',
    ],
)
def test_an_article_that_is_a_file_looks_like_one(content: str) -> None:
    """Type and size stand in its list and on its page, where there is neither an empty text nor an excuse."""
    pdf = Attachment("https://x.example/1.pdf", "公告.pdf", "application/pdf", 1258291)
    article = kept(content=content, attachments=(pdf,), complete=False)
    share = read(Pages(SITE).share(article))
    assert not share.select(".body, .note")
    assert " ".join(one(share, ".attachments.only li").text.split()) == "公告.pdf PDF · 1.2 MB"
    home = read(Pages(SITE).home([article], []))
    assert " ".join(one(home, ".meta").text.split()).endswith("附件 PDF · 1.2 MB")
    words = read(Pages(SITE).share(kept(content="<p>现将公告印发。</p>", attachments=(pdf,))))
    assert not words.select(".attachments.only")


@pytest.mark.parametrize(
    ("title", "language", "said"),
    [
        ("关于开展行动的通知", "", "zh"),
        ("Tides", "", "en"),
        ("港のお知らせ港湾", "", "en"),
        ("通知通知", "fr", "fr"),
    ],
)
def test_a_chinese_title_says_that_it_is_chinese(title: str, language: str, said: str) -> None:
    """On an English page too, so that it gets the fonts and breaks of Chinese."""
    pages = Pages(SITE.model_copy(update={"language": "en"}))
    article = kept(title=title, language=language)
    for page, place in ((pages.share(article), "h1"), (pages.home([article], []), "h3 a")):
        shown = one(read(page), place)
        assert next(found["lang"] for found in (shown, *shown.parents) if "lang" in found.attrs) == said
        # What the page says is not said again.
        assert ("lang" in shown.attrs) == (said != "en")


def test_a_changed_article_says_so_in_plain_sight() -> None:
    """Its page shows what was changed last and leads to each earlier state, which shows its own change."""
    pages = Pages(Site(url=SITE.url, language="en", timezone="UTC"))
    changed, around = changed_article()
    page = read(pages.share(changed, around))
    assert " ".join(one(page, ".byline .changed").text.split()) == "Changed 2 times, last 2022-04-25 02:50"
    assert [item.text for item in page.select("#changes .difference td del")] == ["2", "3"]
    assert [item.text for item in page.select("#changes .difference dl ins")] == ["Dues"]
    states = [link["href"] for link in page.select("#changes li a")]
    assert states == ["../share/dues/4.html", "../share/dues/1.html"]
    first, second = (read(state) for state in pages.earlier(changed, around))
    assert [item.text for item in first.select(".difference .is-moved :is(del, ins)")] == ["120", "150"]
    assert [item.text for item in first.select(".difference .is-removed")] == ["Ship dues.", "1"]
    assert [item.text for item in first.select(".difference .is-added")] == ["2", "3"]
    assert "Ship dues." in one(first, ".body").text
    assert "船舶进港费为150元。" in one(second, ".body").text
    for state in (first, second):
        assert one(state, 'meta[name="robots"]')["content"] == "noindex"
        assert one(state, ".note a")["href"] == "../../share/dues.html"


def test_only_a_summary_is_shown_of_earlier_states() -> None:
    """Where an article is not shown whole, its earlier states are not shown either."""
    changed, around = changed_article()
    summary = replace(changed, shown="summary")
    assert Pages(SITE).earlier(summary, around) == []
    page = read(Pages(SITE).share(summary, around))
    assert "更改过 2 次" in one(page, "#changes").text
    assert not page.select("#changes .difference, #changes li")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"missing_since": NOON}, "Its source has not shown this article since 2022-04-24 02:50."),
        (
            {"missing_since": NOON, "withdrawn": NOON + timedelta(days=7)},
            "Withdrawn: its source has not shown this article since 2022-04-24 02:50."
            " Noted as withdrawn 2022-05-01 02:50.",
        ),
    ],
)
def test_what_its_source_shows_no_more_is_kept_and_says_so(fields: dict[str, Any], told: str) -> None:
    pages = Pages(Site(url=SITE.url, language="en", timezone="UTC"))
    page = read(pages.share(replace(kept(), **fields)))
    assert " ".join(one(page, ".note").text.split()) == told
    assert "正文第一段。" in one(page, ".body").text
