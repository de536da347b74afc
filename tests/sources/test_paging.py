"""How each kind asks for the first page of its list and for those behind it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aggregator.model import Fetched, Request
from aggregator.settings import Paging, Source
from aggregator.sources import find_kind, paging
from tests.support.answers import as_json, fetched

SITE = "https://news.example"


def source(kind: str, url: str = f"{SITE}/list", **keys: Any) -> Source:
    """A source of that kind; ``paging`` is a table."""
    rules = {"list": {"entry": "x", "title": "x", "link": "x"}, **keys}
    return Source.model_validate({"name": "x", "kind": kind, "url": url, **rules})


def ask(of: Source, number: int = 1, before: Fetched | None = None) -> Request | None:
    """Ask as a poll does."""
    kind = find_kind(of.kind)
    assert kind
    return kind.ask(of, number, before)


def address(request: Request | None) -> str:
    """Where a request goes; empty where there is none."""
    return request.address if request else ""


@pytest.mark.parametrize("kind", ["feed", "listing", "api", "sitemap", "jpaas"])
def test_one_page_without_paging(kind: str) -> None:
    """Where nothing says how a list goes on, it is its first page."""
    first = source(kind)
    assert ask(first) == Request(f"{SITE}/list")
    assert ask(first, 2, as_json({"items": [], "title": "t"}, f"{SITE}/list")) is None


@pytest.mark.parametrize("kind", ["feed", "listing", "api"])
def test_counted_pages(kind: str) -> None:
    """{page} counts from `first`, in the address or in that of the further pages."""
    counted = source(kind, f"{SITE}/list?p={{page}}", paging={"first": 0})
    before = fetched("x", f"{SITE}/list?p=0")
    assert address(ask(counted)) == f"{SITE}/list?p=0"
    assert address(ask(counted, 3, before)) == f"{SITE}/list?p=2"
    further = source(kind, f"{SITE}/index.html", paging={"url": f"{SITE}/index_{{page}}.html"})
    assert address(ask(further)) == f"{SITE}/index.html"
    assert address(ask(further, 2, before)) == f"{SITE}/index_2.html"


def test_pages_by_post() -> None:
    """A POST counts in its body, JSON or form; the body's own braces stay as they are."""
    posted = source("api", method="POST", body='{"page": {page}, "query": "{ posts {id} }", "a": {}}')
    assert ask(posted) == Request(
        f"{SITE}/list", method="POST", body='{"page": 1, "query": "{ posts {id} }", "a": {}}'
    )
    assert ask(posted, 2, as_json({})) == Request(
        f"{SITE}/list", method="POST", body='{"page": 2, "query": "{ posts {id} }", "a": {}}'
    )


def test_next_link_of_a_listing() -> None:
    """The link of `next` is followed, counted from the page's base; one to the page itself is the end."""
    linked = source("listing", paging={"next": "a.next"})
    page = "<base href='/news/'><a class='next' href='javascript:x()'>1</a><a class='next' href='p2.html?a=1'>2</a>"
    assert address(ask(linked, 2, fetched(page))) == f"{SITE}/news/p2.html?a=1"
    for end in ("<a class=next href='/list#top'>", "<a class=next>", "<a href='/p3'>", ""):
        assert ask(linked, 2, fetched(end, f"{SITE}/list")) is None


def test_next_link_inside_of_json() -> None:
    """Where a list's HTML stands in JSON, the link is looked for there."""
    linked = source("listing", paging={"next": "a.next"}, list={"entry": "li", "html": "data.html"})
    before = as_json({"data": {"html": "<a class='next' href='?p=2'>next</a>"}}, f"{SITE}/unit?p=1")
    assert address(ask(linked, 2, before)) == f"{SITE}/unit?p=2"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"next": "/api?p=2"}, f"{SITE}/api?p=2"),
        ({"next": ""}, ""),
        ({"next": None}, ""),
        ({"next": False}, ""),
        ({}, ""),
        ({"next": f"{SITE}/api"}, ""),
    ],
)
def test_next_address_of_an_api(answer: dict[str, Any], expected: str) -> None:
    """The address of the next page may stand in the answer; empty or missing ends the list."""
    linked = source("api", f"{SITE}/api", paging={"next": "next"})
    assert address(ask(linked, 2, as_json(answer, f"{SITE}/api"))) == expected


@pytest.mark.parametrize("cursor", ["", None, False, 0, [], {}])
def test_cursor(cursor: Any) -> None:
    """A cursor goes into the address or body, encoded for either; the first page has none, and no cursor is the end."""
    moved = source("api", f"{SITE}/api?end={{cursor}}", paging={"cursor": "data.end"})
    assert address(ask(moved)) == f"{SITE}/api?end="
    assert address(ask(moved, 2, as_json({"data": {"end": "a b&c"}}))) == f"{SITE}/api?end=a%20b%26c"
    assert address(ask(moved, 2, as_json({"data": {"end": 17}}))) == f"{SITE}/api?end=17"
    assert ask(moved, 2, as_json({"data": {"end": cursor}})) is None
    posted = source("api", method="POST", body='{"after": "{cursor}"}', paging={"cursor": "end"})
    request = ask(posted, 2, as_json({"end": 'say "x"'}))
    assert request
    assert json.loads(request.body) == {"after": 'say "x"'}
    form = source("api", method="POST", body="after={cursor}&n=5", paging={"cursor": "end"})
    request = ask(form, 2, as_json({"end": "a&b"}))
    assert request
    assert request.body == "after=a%26b&n=5"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f'<{SITE}/api?p=2>; rel="next"', f"{SITE}/api?p=2"),
        ('</api?p=1>; rel="prev", </api?p=2,3>; title="a; b"; rel=next', f"{SITE}/api?p=2,3"),
        ('<?p=9>; rel="last next"', f"{SITE}/api?p=9"),
        ('</api?p=9>; rel="last"', ""),
        ("<" * 100_000, ""),
        ("<a>;" * 20_000, ""),
        ("", ""),
    ],
)
def test_link_header(header: str, expected: str) -> None:
    """Where nothing is configured, an api's Link header leads on (RFC 8288)."""
    assert address(ask(source("api"), 2, as_json([], f"{SITE}/api", link=header))) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><link rel='next' href='/f?p=2'/></feed>",
            f"{SITE}/f?p=2",
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><link rel='prev-archive' href='/2025'/></feed>",
            f"{SITE}/2025",
        ),
        (
            "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel>"
            "<atom:link rel='next' href='https://news.example/f?p=3'/></channel></rss>",
            f"{SITE}/f?p=3",
        ),
        ("<feed xmlns='http://www.w3.org/2005/Atom'><link rel='self' href='/f'/></feed>", ""),
        ("<feed xmlns='http://www.w3.org/2005/Atom'><link rel='next' href='/list'/></feed>", ""),
    ],
)
def test_pages_of_a_feed(body: str, expected: str) -> None:
    """A feed is followed to its next page or the archive before it (RFC 5005)."""
    assert address(ask(source("feed"), 2, fetched(body))) == expected


@pytest.mark.parametrize(
    ("kind", "keys", "said"),
    [
        ("api", {"url": f"{SITE}/l?p={{pag}}"}, "{pag} is not known here"),
        ("api", {"paging": {"next": "a["}}, "paging.next: 'a[' is not JMESPath"),
        (
            "api",
            {"paging": {"cursor": "a["}, "url": f"{SITE}/{{cursor}}"},
            "paging.cursor: 'a[' is not JMESPath",
        ),
        ("api", {"paging": {"cursor": "a"}}, "paging.cursor: goes nowhere"),
        ("api", {"url": f"{SITE}/{{cursor}}"}, "paging.cursor: is missing"),
        ("listing", {"paging": {"next": "a["}}, "paging.next: 'a[' is not a CSS selector"),
        ("listing", {"paging": {"cursor": "a"}, "url": f"{SITE}/{{cursor}}"}, "paging.cursor: means nothing"),
        ("feed", {"paging": {"next": "a"}}, "paging.next: means nothing"),
        ("sitemap", {"paging": {"next": "a"}}, "paging.next: means nothing"),
        ("jpaas", {"paging": {"first": 0}}, "paging.first: means nothing"),
        ("feed", {"options": {"x": 1}}, "options.x: is unknown"),
    ],
)
def test_faults(kind: str, keys: dict[str, Any], said: str) -> None:
    """What is wrong with a list's paging is found before anything is asked for."""
    wrong = source(kind, **keys)
    found = find_kind(kind)
    assert found
    faults = [f"{key}: {message}" for key, message in found.check(wrong)]
    assert any(said in fault for fault in faults), faults
    assert len(faults) == 1


def test_check_is_shared() -> None:
    """A kind of one's own can take the check of the templates as it is."""
    assert list(paging.check(source("x", paging=Paging().model_dump()))) == []


def walk(of: Source, answers: dict[str, Any]) -> list[list[str]]:
    """The titles or paths of each page of a list, as a poll walks it: page by page, with what each needs besides."""
    kind = find_kind(of.kind)
    assert kind
    pages: list[list[str]] = []
    before: Fetched | None = None
    while (request := kind.ask(of, len(pages) + 1, before)) and len(pages) < 9:
        found, waiting = [], [request]
        while waiting:
            target = waiting.pop(0).address
            answer = answers[target.removeprefix(SITE)]
            body = answer if isinstance(answer, str) else json.dumps(answer)
            before = fetched(body, target)
            listing = kind.read_list(of, before)
            waiting += listing.more
            found += [entry.title or entry.address.removeprefix(SITE) for entry in listing.entries]
        pages.append(found)
    return pages


def test_walk_by_cursor() -> None:
    """An api is walked until it gives no cursor."""
    of = source(
        "api", f"{SITE}/l?c={{cursor}}", list={"entry": "l", "id": "t", "title": "t"}, paging={"cursor": "c"}
    )
    answers = {
        "/l?c=": {"l": [{"t": "a"}], "c": 7},
        "/l?c=7": {"l": [{"t": "b"}], "c": "x/"},
        "/l?c=x%2F": {"l": []},
    }
    assert walk(of, answers) == [["a"], ["b"], []]


def test_walk_by_links() -> None:
    """A listing is walked along its links, and so is a feed."""
    of = source("listing", f"{SITE}/1", list={"entry": "li"}, paging={"next": "a[rel=next]"})
    page = "<li><a href='/a{0}'>a{0}</a></li><a rel=next href='/{1}'>next</a>"
    assert walk(of, {"/1": page.format(1, 2), "/2": page.format(2, 2)}) == [["a1"], ["a2"]]
    items = {"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "t"}]}
    assert walk(source("feed", f"{SITE}/1"), {"/1": {**items, "next_url": "/2"}, "/2": items}) == [
        ["t"],
        ["t"],
    ]


def test_walk_of_a_column() -> None:
    """A column is its page, the unit that the page names, and that unit's pages."""
    unit = "/api-gateway/jpaas-publish-server/front/page/build/unit?parseType=bulidstatic&webId=w&tplSetId=t&pageType=column&tagId=g&editType=null&pageId=p&paramJson="
    answers: dict[str, Any] = {
        "/col/": """<html><script querydata='{"webId":"w","tplSetId":"t","pageId":"p","tagId":"g","pageSize":1}'></script>"""
    }
    for number in (1, 2):
        html = f"<ul><li><a href='/{number}'>n{number}</a></li></ul><i count='2' rows='1'></i>"
        address = f"{unit}%7B%22pageNo%22%3A{number}%2C%22pageSize%22%3A1%7D"
        answers[address] = {"success": True, "data": {"html": html}}
    assert walk(source("jpaas", f"{SITE}/col/", list={}), answers) == [["n1"], ["n2"]]


def test_walk_of_an_index() -> None:
    """An index of sitemaps is one page, made of its sitemaps."""
    part = "<urlset><url><loc>{0}/{1}</loc></url></urlset>"
    index = "<sitemapindex><sitemap><loc>/a.xml</loc></sitemap><sitemap><loc>/b.xml</loc></sitemap></sitemapindex>"
    answers = {"/list": index, "/a.xml": part.format(SITE, 1), "/b.xml": part.format(SITE, 2)}
    assert walk(source("sitemap", list={}), answers) == [["/1", "/2"]]
