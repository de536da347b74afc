"""Searching over HTTP: on a page, and by subscribing to what is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import feedparser
import httpx
import pytest
from bs4 import BeautifulSoup

from aggregator.render.pages import Pages
from aggregator.render.search_page import SearchPage
from aggregator.settings import Site
from aggregator.web import search_routes
from aggregator.web.finder import Finder
from tests.support.posts import START, a_press, an_item
from tests.support.website import serving

HARBOUR = {"q": "harbour text", "category": "market"}


@pytest.fixture
def searching(tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a server with seventy articles, of which one has been removed."""
    with a_press(tmp_path, source={"publish": "summary"}) as press:
        long = "".join(f"<p>Paragraph {number} of the harbour text.</p>" for number in range(60))
        press.save(
            *(
                an_item(number, content=f"<p>Text {number}.</p>{long}<p>last words</p>")
                for number in range(70)
            )
        )
        press.publish()
        press.store.remove("item-000003", "a test", START)
        press.publish()
        finder = Finder(press.app.config.site, press.store, press.publisher.documents)
        with serving(
            tmp_path / "public", removed=press.store.is_removed, more=search_routes(finder)
        ) as client:
            yield client


def titles(answer: httpx.Response) -> list[str]:
    """What a page of results shows."""
    return [link.text for link in BeautifulSoup(answer.text, "lxml").select(".results h2 a")]


def test_on_a_page(searching: httpx.Client) -> None:
    """Twenty at a time, newest first, with the way to the next ones, filters, and what is wrong said plainly."""
    first = searching.get("/search", params={"q": "harbour"})
    assert titles(first) == [f"Title {number}" for number in range(69, 49, -1)]
    older = BeautifulSoup(first.text, "lxml").select_one(".pager a.older")
    assert older is not None
    assert titles(searching.get("/search" + str(older["href"])))[0] == "Title 49"
    day = "2026-03-05"
    filtered = {"q": "harbour -69", "category": "harbour", "order": "best", "from": day, "to": day}
    page = searching.get("/search", params=filtered)
    assert len(titles(page)) == 20
    assert all(int(title.split()[1]) % 2 for title in titles(page))
    assert "Title 69" not in titles(page)
    assert [one.text for one in BeautifulSoup(page.text, "lxml").select("option[selected]")] == [
        "Harbour",
        "Best first",
    ]
    assert "A search needs a word" in searching.get("/search", params={"q": "-x"}).text
    assert "more than 200" in searching.get("/search", params={"q": "x" * 300}).text
    odd = {"q": "harbour", "from": "garbage", "page": "-1", "category": "../x"}
    assert "Nothing was found" in searching.get("/search", params=odd).text
    assert searching.get("/search", params={"q": "harbour", "page": "9" * 5000}).status_code == 200
    assert searching.get("/search").status_code == 200
    assert "last words" not in first.text, "of this source only summaries are published"


def test_what_was_looked_for_is_counted_and_marked(searching: httpx.Client) -> None:
    """The count is of all pages; words are marked in titles and texts, whatever their case and width."""
    page = BeautifulSoup(searching.get("/search", params={"q": "ＨＡＲＢＯＵＲ title"}).text, "lxml")
    assert [found.text for found in page.select(".count")] == ["69 articles"]
    assert {found.text for found in page.select(".results h2 mark")} == {"Title"}
    assert {found.text for found in page.select(".teaser mark")} == {"harbour"}
    assert next(found.text for found in page.select(".results h2")) == "Title 69"
    older = searching.get("/search", params={"q": "harbour", "page": "4"})
    assert [found.text for found in BeautifulSoup(older.text, "lxml").select(".count")] == ["69 articles"]


def test_filters_are_folded_and_say_what_they_are(searching: httpx.Client) -> None:
    """The form comes with its words alone; what is filtered stands on the fold."""
    page = BeautifulSoup(
        searching.get("/search", params={"q": "text", "category": "harbour", "from": "2026-03-05"}).text,
        "lxml",
    )
    (fold,) = page.select("form details:not([open])")
    assert len(fold.select("select, input[type=date]")) == 4
    summary = fold.summary
    assert summary is not None
    assert summary.text == "Filters · Harbour · 2026-03-05 –"


def test_nothing_of_a_query_is_markup(searching: httpx.Client) -> None:
    """What is asked is shown as it was asked, and is no markup, in the page and in its feeds."""
    evil = '"><script>alert(1)</script>'
    page = BeautifulSoup(searching.get("/search", params={"q": evil}).text, "lxml")
    assert not page.select("script:not([type])")
    assert [one["value"] for one in page.select("input[name=q]")] == [evil]
    for name in ("rss.xml", "atom.xml", "feed.json"):
        assert searching.get(f"/search/{name}", params={"q": evil}).status_code == 200


def test_as_a_feed(searching: httpx.Client) -> None:
    """Its own address stands in it, the newest come first, and a reader that has it gets a 304."""
    answer = searching.get("/search/atom.xml", params=HARBOUR)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    read = feedparser.parse(answer.content)
    assert [entry.title for entry in read.entries][:2] == ["Title 68", "Title 66"]
    own = next(link.href for link in read.feed.links if link.rel == "self")
    assert own == "https://news.example.org/search/atom.xml?q=harbour+text&category=market"
    assert "last words" not in answer.text
    tag = {"If-None-Match": answer.headers["etag"]}
    assert searching.get("/search/atom.xml", params=HARBOUR, headers=tag).status_code == 304
    # Whatever the page's order, who subscribes waits for what is new.
    for more in ({"order": "best"}, {"page": "9" * 5000}):
        same = feedparser.parse(searching.get("/search/atom.xml", params=HARBOUR | more).content)
        assert [entry.id for entry in same.entries] == [entry.id for entry in read.entries]
    # What finds nothing is as old as what was searched, and no older.
    nothing = feedparser.parse(searching.get("/search/atom.xml", params={"q": "unheard"}).content)
    assert (nothing.entries, nothing.feed.updated[:10]) == ([], "2026-03-05")
    assert searching.get("/search/other.xml", params=HARBOUR).status_code == 404


@pytest.mark.parametrize("departs", [False, True])
@pytest.mark.parametrize("publish", ["summary", "link"])
def test_what_is_not_shown_is_not_found(tmp_path: Path, publish: str, departs: bool) -> None:
    """Who tries words learns nothing of texts that are not shown, by what is found or by what is left out."""
    open_paper = {"name": "open", "kind": "feed", "url": "https://open.example/feed"}
    paper = {"name": "paper", "kind": "feed", "url": "https://paper.example/feed", "publish": publish}
    text = f"<p>{'An opening of many words. ' * 20}</p><p>secret</p>"
    hidden, whole = an_item(1, content=text, title="Harbour"), an_item(2, content=text, source="open")
    with a_press(tmp_path, sources=[open_paper, paper]) as press:
        press.save(hidden, whole)
        press.publish()
    with a_press(tmp_path, sources=[open_paper] if departs else [open_paper, paper]) as press:
        press.publish()
        finder = Finder(press.app.config.site, press.store, press.publisher.documents)
        with serving(
            tmp_path / "public", removed=press.store.is_removed, more=search_routes(finder)
        ) as client:

            def found(query: str) -> tuple[list[str], set[str]]:
                feed = feedparser.parse(client.get("/search/rss.xml", params={"q": query}).content)
                return titles(client.get("/search", params={"q": query})), {one.title for one in feed.entries}

            assert found("secret") == (["Title 2"], {"Title 2"})
            assert found("text:secret OR nowhere") == (["Title 2"], {"Title 2"})
            assert found("harbour -secret") == (["Harbour"], {"Harbour"})
            assert found("harbour /secre[t]/") == ([], set())
            assert found("title:harbour") == (["Harbour"], {"Harbour"})
            assert ("Harbour" in found("opening")[0]) == (publish == "summary")


@pytest.mark.parametrize(
    ("query", "fault", "place", "said"),
    [
        ("", "empty", "", "the query names no word"),
        ("a OR (b", "syntax", "a OR (b", "the query cannot be read at its end: a ( before it has no )"),
        ("x after:2026", "syntax", "after:2026", "after:2026 names no day; write after:2026-03-01"),
    ],
)
def test_a_query_that_cannot_be_read(
    searching: httpx.Client, query: str, fault: str, place: str, said: str
) -> None:
    """Programs are told what is wrong, where, and what to write; people are told on the page."""
    answer = searching.get("/search/feed.json", params={"q": query})
    error = answer.json()
    assert (answer.status_code, error["fault"], error["place"]) == (400, fault, place)
    assert said in error["error"]
    plain = searching.get("/search/atom.xml", params={"q": query})
    assert (plain.status_code, plain.text) == (400, f"{error['error']}\n")
    note = BeautifulSoup(searching.get("/search", params={"q": query}).text, "lxml").select_one("p.note")
    assert note is None if fault == "empty" else note is not None and f"“{place}”" in note.text


def test_a_removed_article_is_gone(searching: httpx.Client) -> None:
    """Its address answers 410, one that never was 404; people get a page, programs a line."""
    gone = searching.get("/share/item-000003.html", headers={"Accept": "text/html"})
    assert gone.status_code == 410
    assert "<h1>" in gone.text
    assert searching.get("/share/item-999999.html").status_code == 404
    assert searching.get("/share/item-999999.html").text == "404 Not Found\n"


@pytest.mark.parametrize(
    ("problem", "limit", "said"),
    [
        ("search_empty", 1, "请至少输入一个要查找的词。"),
        ("search_crowded", 16, "关键词不能超过 16 个。"),
        ("search_lengthy", 200, "关键词不能超过 200 个字符。"),
        ("search_failed", 0, "暂时无法搜索，请稍后再试。"),
    ],
)
def test_a_fault_is_said_in_the_language_of_the_site(problem: str, limit: int, said: str) -> None:
    """A Chinese page has no English sentence in it."""
    pages = Pages(Site(url="https://news.example.org", language="zh-CN"), search=True)
    assert said in pages.search(SearchPage("x", problem=problem, limit=limit)).body.decode()
