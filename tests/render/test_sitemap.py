"""Sitemaps as sitemaps.org and Google News have them, and robots.txt."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.robotparser import RobotFileParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aggregator.model import Category, Document, Fetched, Headline
from aggregator.render.sitemap import (
    MAX_LOCATIONS,
    MAX_NEWS,
    news_language,
    news_sitemap,
    robots_txt,
    sitemap_index,
    sitemap_pages,
    sitemap_part,
)
from aggregator.settings import Site, Source
from aggregator.sources import sitemap

SITE = Site(title="港口 & <b>", url="https://ports.example.org/news/", language="zh-Hant")
ROOT = "https://ports.example.org/news"
NOON = datetime(2026, 3, 5, 12, 0, 0, 123456, tzinfo=UTC)
LISTED = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
MAX_NEWSED = "{http://www.google.com/schemas/sitemap-news/0.9}"
MOST_BYTES = 50 * 1024**2


def keep(number: int, **fields: Any) -> Headline:
    """An article as a sitemap needs it."""
    usual = Headline(f"S{number:03}", f"Ship {number}", "", NOON, NOON + timedelta(hours=number))
    return usual._replace(**fields)


def read(page: Document, name: str) -> list[etree._Element]:
    """The elements of a sitemap, each checked for what the protocol asks of it (sitemaps.org/protocol.html)."""
    assert page.body.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    assert len(page.body) <= MOST_BYTES
    root = etree.fromstring(page.body)
    assert root.tag == f"{LISTED}{'sitemapindex' if name == 'sitemap' else 'urlset'}"
    assert len(root) <= MAX_LOCATIONS
    for place in root:
        assert place.tag == f"{LISTED}{name}"
        assert place[0].tag == f"{LISTED}loc"
        assert {child.tag for child in place[1:]} <= {f"{LISTED}lastmod", f"{MAX_NEWSED}news"}
        address = place[0].text or ""
        assert address.startswith(f"{ROOT}/")
        assert address.isascii()
        assert len(address) < 2048
    return list(root)


def locations(page: Document, name: str = "url") -> list[str]:
    return [place[0].text or "" for place in read(page, name)]


def test_index() -> None:
    """The index names the pages, the news and every part, all at the root, from where they may speak of all."""
    page = sitemap_index(SITE, 2)
    assert page.path == "sitemap.xml"
    names = ["sitemap-pages.xml", "sitemap-news.xml", "sitemap-1.xml", "sitemap-2.xml"]
    assert locations(page, "sitemap") == [f"{ROOT}/{name}" for name in names]
    assert len(read(sitemap_index(SITE, 0), "sitemap")) == 2
    parts = [
        sitemap_pages(SITE, []),
        news_sitemap(SITE, []),
        *(sitemap_part(SITE, number, []) for number in (1, 2)),
    ]
    assert [part.path for part in parts] == names


def test_part() -> None:
    """A part has the share page of each article and when it was changed, to the second."""
    page = sitemap_part(SITE, 3, [keep(1), keep(2)])
    assert locations(page) == [f"{ROOT}/share/S001.html", f"{ROOT}/share/S002.html"]
    changed = [place.findtext(f"{LISTED}lastmod") for place in read(page, "url")]
    assert changed == ["2026-03-05T13:00:00+00:00", "2026-03-05T14:00:00+00:00"]


def test_pages() -> None:
    """The pages are the home page, that of the feeds and each category's; of more than may be listed the first are.

    Which category has more articles changes nothing.
    """
    categories = [Category("harbour", "港口"), Category("customs", "海关")]
    assert locations(sitemap_pages(SITE, categories)) == [
        f"{ROOT}/",
        f"{ROOT}/feeds.html",
        f"{ROOT}/category/customs.html",
        f"{ROOT}/category/harbour.html",
    ]
    assert sitemap_pages(SITE, categories) == sitemap_pages(SITE, categories[::-1])
    many = [Category(f"c{number}", "") for number in range(MAX_LOCATIONS + 5)]
    assert len(read(sitemap_pages(SITE, many), "url")) == MAX_LOCATIONS


def test_news() -> None:
    """An article of the news has all four things that Google asks for, in its words."""
    page = news_sitemap(
        SITE, [keep(1, title="A < B ]]>", language="en_GB"), keep(2, title=" \0"), keep(3, language="?")]
    )
    places = read(page, "url")
    assert [place[0].text for place in places] == [f"{ROOT}/share/S00{number}.html" for number in (1, 2, 3)]
    for place in places:
        (news,) = place.findall(f"{MAX_NEWSED}news")
        assert [child.tag for child in news] == [
            f"{MAX_NEWSED}{name}" for name in ("publication", "publication_date", "title")
        ]
        assert news.findtext(f"{MAX_NEWSED}publication/{MAX_NEWSED}name") == SITE.title
        assert news.findtext(f"{MAX_NEWSED}publication_date") == "2026-03-05T12:00:00+00:00"
    assert [place.findtext(f".//{MAX_NEWSED}title") for place in places] == ["A < B ]]>", "S002", "Ship 3"]
    assert [place.findtext(f".//{MAX_NEWSED}language") for place in places] == ["en", "zh-tw", "zh-tw"]
    many = news_sitemap(SITE, [keep(number) for number in range(MAX_NEWS + 5)])
    assert len(read(many, "url")) == MAX_NEWS
    assert locations(many)[0] == f"{ROOT}/share/S000.html"


def test_a_day_without_a_time() -> None:
    """It is that day in both sitemaps, as W3C datetimes may be; a change has its time."""
    article = keep(0, day=date(2026, 3, 5))
    assert b"publication_date>2026-03-05<" in news_sitemap(SITE, [article]).body
    part = sitemap_part(SITE, 1, [article, article._replace(updated=NOON + timedelta(hours=1))])
    assert [place[1].text for place in read(part, "url")] == ["2026-03-05", "2026-03-05T13:00:00+00:00"]


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh", "zh-cn"),
        ("zh-CN", "zh-cn"),
        ("zh-Hans-SG", "zh-cn"),
        ("zh-HK", "zh-tw"),
        ("EN-us", "en"),
        ("yue", "yue"),
    ],
)
def test_language_of_news(tag: str, language: str) -> None:
    """Google knows languages by ISO 639 alone, and the two scripts of Chinese by two regions."""
    assert news_language(tag) == language


def test_we_read_our_own_sitemap() -> None:
    """Our own reader of sitemaps follows the index and finds each article with its title."""
    source = Source(name="us", kind="sitemap", url=f"{ROOT}/sitemap.xml")

    def listed(page: Document) -> Any:
        return sitemap.read_list(source, Fetched(f"{ROOT}/{page.path}", 200, {}, page.body))

    assert f"{ROOT}/sitemap-news.xml" in [request.address for request in listed(sitemap_index(SITE, 1)).more]
    (entry,) = listed(news_sitemap(SITE, [keep(1)])).entries
    assert (entry.title, entry.address) == ("Ship 1", f"{ROOT}/share/S001.html")


@given(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=())))
def test_any_text(title: str, name: str) -> None:
    """Whatever the texts, a news sitemap is well-formed and says something in each place."""
    site = SITE.model_copy(update={"title": name})
    for element in etree.fromstring(news_sitemap(site, [keep(1, title=title, language=name)]).body).iter():
        assert len(element) or (element.text or "").strip()


@pytest.mark.parametrize("url", ["https://ports.example.org", "https://ports.example.org/news/"])
def test_robots(url: str) -> None:
    """Robots may read everything but searches, and learn of the sitemap, below a site's path too."""
    site = Site(url=url)
    page = robots_txt(site)
    robots = RobotFileParser()
    robots.parse(page.body.decode().splitlines())
    assert page.path == "robots.txt"
    assert robots.site_maps() == [f"{site.root}/sitemap.xml"]
    for path in ("/", "/share/S1.html", "/category/harbour/rss.xml"):
        assert robots.can_fetch("Crawler", f"{site.root}{path}")
    for path in ("/search", "/search?q=ship"):
        assert not robots.can_fetch("Crawler", f"{site.root}{path}")
