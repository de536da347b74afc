"""Fields of a hundred thousand characters alike: no pattern of ours goes back over them again and again."""

from __future__ import annotations

import html
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from aggregator.content.normalise import normalise
from aggregator.errors import AggregatorError
from aggregator.model import Entry, Fetched, Listing
from aggregator.settings import Source
from aggregator.sources import api, feed, listing
from aggregator.text.html import DEPTH, parse_html
from aggregator.web.negotiation import wants_gzip

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LENGTH = 100_000
SECONDS = 20  # in which a pattern that goes back over a field is not done; all the others take one
RUNS = (
    " |\u00a0|\n|\t|a|1|-|_|.|/|:|&amp;|中|=|附件|a-|1-|a |1 |\"|'|（|[|—|来源|http://|2026-|@a|a@|?a=|#|%20|a.|ago|1月| -"
    "|</a|来源：|第|1:|上午|…|[…| by |by|记者 |+1|page |｜|«|,|;|(|*/|/*"
).split("|")
QUICK = (" ", "1-", "来源：")
SLOW = ("\n", "a", "1", "-", "</a")

PROSE = "<p>An ordinary sentence of an article, long enough to be read as one of its paragraphs.</p>" * 8
ITEM = "<guid>1</guid><title>T</title><link>http://e.example/1</link><description>text of it</description>"
HEAD = "<html><head><title>T</title></head><body><h1>T</h1><div id=c>"
DECLARED = "<html><head><title>T</title><script type='application/ld+json'>"
FEEDS = {
    "title": "<guid>1</guid><title>X@</title>",
    "author": f"{ITEM}<author>X@</author>",
    "creator": f"{ITEM}<dc:creator>X@</dc:creator>",
    "date": f"{ITEM}<pubDate>@</pubDate>",
    "date-begun": f"{ITEM}<pubDate>2026-03-05 @</pubDate>",
    "category": f"{ITEM}<category>X@</category>",
    "guid": "<title>T</title><guid>X@</guid><description>text</description>",
    "link": "<title>T</title><link>@</link><description>text</description>",
    "path": "<title>T</title><link>http://e.example/@</link><description>text</description>",
    "enclosure": f"{ITEM}<enclosure url='http://e.example/@' type='@' length='@'/>",
    "description": "<guid>1</guid><title>T</title><description>X@X</description>",
    "content": "<guid>1</guid><title>T</title><content:encoded>&lt;p&gt;X&lt;/p&gt;&lt;p&gt;@&lt;/p&gt;</content:encoded>",
    "address": "<guid>1</guid><title>T</title><description>text &lt;a href='@'&gt;x&lt;/a&gt;&lt;img src='@'&gt;</description>",
    "file": "<guid>1</guid><title>T</title><description>text &lt;a href='/a.pdf'&gt;@&lt;/a&gt;</description>",
}
PAGES = {
    "title": f"<html><head><title>X@</title></head><body><h1>X</h1><div>{PROSE}",
    "headline": f"<html><head><title>X@</title></head><body><h1>X@</h1><div>{PROSE}",
    "byline": f"{HEAD}<p class=byline>@</p>{PROSE}",
    "origin": f"{HEAD}<p class=meta>来源：@</p>{PROSE}",
    "time": f"{HEAD}<time datetime='@'>@</time>{PROSE}",
    "meta": "<html><head><title>T</title><meta name=author content='@'><meta name=keywords content='@'>"
    f"<meta property='article:published_time' content='@'><meta name=description content='@'></head><body><h1>T</h1>{PROSE}",
    "json-ld": f'{DECLARED}{{"@type":"NewsArticle","headline":"@","datePublished":"@","author":"@"}}</script></head><body>{PROSE}',
    "json-ld-cut": f'{DECLARED}{{"@type":"@","headline":"@"</script></head><body><h1>T</h1>{PROSE}',
    "json-ld-blank": f"{DECLARED}{{@}}</script></head><body><h1>T</h1>{PROSE}",
    "text": f"{HEAD}{PROSE}<p>@X</p>",
    "link": f"{HEAD}{PROSE}<a href='@'>@</a>",
    "class": f"{HEAD}<div class='@' id='@'>{PROSE}",
    "style": f"{HEAD}<p style='@'>x</p>{PROSE}",
    "pager": f"{HEAD}{PROSE}<div class=pager><a href='?page=2'>@</a></div>",
    "crumbs": f"<html><head><title>T - @ - @</title></head><body><nav class=breadcrumb>@</nav><h1>T</h1>{PROSE}",
    "charset": f"<html><head><meta charset='@'><title>T</title></head><body>{PROSE}",
    "canonical": f"<html><head><link rel=canonical href='@'><base href='@'><title>T</title></head><body>{PROSE}",
    "comment": f"{HEAD}<!-- @ -->{PROSE}",
    "script": f"{HEAD}<script>@</script>{PROSE}",
    "tag": f"{HEAD}<a@>{PROSE}",
    "attribute": f"{HEAD}<p @>{PROSE}",
    "short": "<html><body>@",
}
ROWS = {
    "row": "<ul id=n><li><a href='/a/1.html'>A headline</a> @</li></ul>",
    "title": "<ul id=n><li><a href='/a/1.html'>A @</a> 2026-01-01</li></ul>",
    "address": "<ul id=n><li><a href='/a/@'>A headline</a> 2026-01-01</li></ul>",
    "date": "<ul id=n><li><a href='/a/1.html'>A headline</a><span class=date>@</span></li></ul>",
}
ANSWERS = {
    "title": '{"rows": [{"id": 1, "title": "X@", "text": "t", "date": "2026-01-01"}]}',
    "text": '{"rows": [{"id": 1, "title": "X", "text": "@", "date": "2026-01-01"}]}',
    "date": '{"rows": [{"id": "@", "title": "X", "text": "t", "date": "@"}]}',
    "before": '@{"rows": [{"id": 1, "title": "X", "text": "t"}]}',
    "after": '{"rows": [{"id": 1, "title": "X", "text": "t"}]}@',
    "called": 'a@({"rows": [{"id": 1, "title": "X", "text": "t"}]});',
}


def source(kind: str, **more: Any) -> Source:
    return Source(name="x", kind=kind, url="https://e.example/", timezone="Asia/Shanghai", **more)


FEED = source("feed", full_text="never")
LIST = source("listing", list={"entry": "#n li"})
API = source("api", list={"entry": "rows", "id": "id", "title": "title", "body": "text", "date": "date"})


def answer(text: str, content_type: str) -> Fetched:
    return Fetched("https://e.example/a/1.html", 200, {"content-type": content_type}, text.encode())


def make_articles(listed: Listing, source: Source) -> None:
    for entry in listed.entries:
        normalise(entry, source, NOW)


def read_rss(item: str) -> None:
    names = (
        "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:content='http://purl.org/rss/1.0/modules/content/'"
    )
    text = f"<rss version='2.0' {names}><channel><title>t</title><item>{item}</item></channel></rss>"
    make_articles(feed.read_list(FEED, answer(text, "application/xml")), FEED)


def read_page(text: str) -> None:
    entry = Entry(key="https://e.example/a/1.html", title="t", link="https://e.example/a/1.html")
    normalise(listing.read_article(LIST, entry, answer(text, "text/html")), LIST, NOW)


def read_rows(text: str) -> None:
    make_articles(listing.read_list(LIST, answer(text, "text/html")), LIST)


def read_api(text: str) -> None:
    make_articles(api.read_list(API, answer(text, "application/json")), API)


def marks(run: str) -> list[pytest.MarkDecorator]:
    """A few runs are tried each time, some more in the slow tests, and all in the soak."""
    if run in QUICK:
        return []
    return [pytest.mark.slow if run in SLOW else pytest.mark.soak]


@contextmanager
def an_end() -> Iterator[None]:
    """Interrupt what has computed for too long, a pattern too; its traceback says which.

    The clock counts what this process computes, so that a busy machine does not matter.
    """

    def end(*_: object) -> None:
        raise TimeoutError("is not done")

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@pytest.mark.parametrize("run", [pytest.param(run, marks=marks(run)) for run in RUNS])
@pytest.mark.parametrize(
    ("read", "forms"),
    [(read_rss, FEEDS), (read_page, PAGES), (read_rows, ROWS), (read_api, ANSWERS)],
    ids=["feed", "page", "rows", "api"],
)
def test_a_field_of_one_run(read: Callable[[str], None], forms: dict[str, str], run: str) -> None:
    """Whatever is made of it: it is done, and raises nothing but errors of ours."""
    long = run * (LENGTH // len(html.unescape(run)))
    for form in forms.values():
        with an_end():
            try:
                read(form.replace("@", long))
            except AggregatorError:
                continue


def test_headers_of_blanks() -> None:
    """A client may send 16 KB of them."""
    with an_end():
        for run in (" ", "\t", "a ", ";q=", "gzip;", "gzip ;q=1 "):
            for _ in range(50):
                wants_gzip([f"gzip{run * (16_000 // len(run))}!"])


@pytest.mark.slow
def test_a_tree_stays_shallow() -> None:
    """Nothing that is nested deeper is lost, and what stands beside it is where it was."""
    soup = parse_html(f"<div>{'<div><b>' * 50_000}inside{'</b></div>' * 50_000}</div><p id=after>after</p>")
    deepest = max(soup.find_all(True), key=lambda element: len(list(element.parents)))
    assert len(list(deepest.parents)) <= DEPTH
    assert soup.get_text() == "insideafter"
    assert len(soup.find_all("b")) == 50_000
    assert soup.find(id="after").parent is soup.body
