"""Articles over several pages: what is the next page, what is not, and what of a body is only a pager."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from aggregator.content.pager import find_pager, next_part

SITE = "https://news.example/"


def page(markup: str) -> BeautifulSoup:
    """A page with a body of this."""
    return BeautifulSoup(
        f"<html><body><div id='text'><p>港口今日复航。</p></div>{markup}</body></html>", "lxml"
    )


@pytest.mark.parametrize(
    ("address", "links", "expected"),
    [
        ("a/t1.html", "<b>1</b> <a href='t1_2.html'>2</a> <a href='t1_2.html'>下一页</a>", "a/t1_2.html"),
        (
            "a/t1.html",
            "<a href='t1_1.html'>2</a> <a href='t1_2.html'>3</a> <a href='t1_1.html'>下一页</a>",
            "a/t1_1.html",
        ),
        ("a/t1_1.html", "<a href='t1_2.html'>下一页 &gt;</a>", "a/t1_2.html"),
        (
            "a/t1_2.html",
            "<a href='t1.html'>1</a> 2 <a href='t1_3.html'>3</a> <a href='t1_3.html'>下页</a>",
            "a/t1_3.html",
        ),
        ("a/t1.html", "<a href='t1.html?page=2'>Next ›</a>", "a/t1.html?page=2"),
        ("a?id=7&page=2", "<a href='a?id=7&page=3'>»</a>", "a?id=7&page=3"),
        ("view?id=7&p=1", "<a href='view?id=7&p=1'>1</a><a href='view?id=7&p=2'>2</a>", "view?id=7&p=2"),
        ("2026/storm", "<a href='/2026/storm/2'>Weiter</a>", "2026/storm/2"),
        ("2026/storm/", "<a href='/2026/storm/2/'>2</a> <a href='/2026/storm/3/'>3</a>", "2026/storm/2/"),
        (
            "2026/storm/2/",
            "<a href='/2026/storm/'>1</a> <a href='/2026/storm/3/'>Next page</a>",
            "2026/storm/3/",
        ),
        ("a/9/index.html", "<a href='index_1.html'>下一页</a>", "a/9/index_1.html"),
        ("a/9/", "<a href='index_1.html'>下一页</a>", "a/9/index_1.html"),
        ("a/9.html", "<nav class='pagination'><a href='9_2.html#text'>suivant</a></nav>", "a/9_2.html"),
        ("a/9.html", "<link rel='next' href='9_2.html'>", "a/9_2.html"),
    ],
)
def test_next_part(address: str, links: str, expected: str) -> None:
    """The next page has the same address but for the next number, in every usual shape."""
    assert next_part(page(links), SITE + address) == SITE + expected


@pytest.mark.parametrize(
    ("address", "links"),
    [
        ("a/t1.html", "<a href='t2.html'>下一篇</a>"),
        ("a/t1.html", "<a href='t1_2.html'>下一篇：港口</a>"),
        ("a/content_5345410.html", "<a href='content_5345411.html'>下一页</a>"),
        ("news/12", "<a href='/news/13'>Next</a> <a href='/news/11'>Previous</a>"),
        ("?p=12", "<a href='/?p=13'>Next ›</a>"),
        ("a/story_4.html", "<a href='story_5.html'>Next ›</a>"),
        ("news/storm", "<a href='/news/flood'>Next page</a>"),
        ("news/storm", "<a href='https://other.example/news/storm/2'>Next page</a>"),
        ("a/t1_2.html", "<a href='t1.html'>上一页</a> <a href='t1.html'>1</a>"),
        ("a/t1_3.html", "<a href='t1.html'>1</a> <a href='t1_2.html'>2</a> 3"),
        (
            "a/t1.html",
            "<a href='t1.html'>下一页</a> <a href='#2'>2</a> <a href='javascript:go(2)'>下一页</a>",
        ),
        ("a/t1.html", "<div id='comments'><a href='t1.html?page=2'>下一页</a></div>"),
        ("a/t1.html", "<a href='t1.html?page=2#comments'>下一页</a>"),
        ("2026/storm/", "<a href='/2026/storm/comment-page-2/'>Next</a>"),
        ("", "<a href='/page/2/'>Next page</a>"),
        ("a/t1.html", "<link rel='next' href='t0.html'>"),
        ("a/2026/03/05/t1.html", "<a href='/a/2026/03/06/t1.html'>下一页</a>"),
        ("a/t1.html", "<a href='http://[broken/'>下一页</a>"),
    ],
)
def test_no_next_part(address: str, links: str) -> None:
    """Another article, a page before, comments, another site or this very page is no next page."""
    assert next_part(page(links), SITE + address) == ""


def test_list_has_no_parts() -> None:
    """Where the body is a list of links, its next page is that of a list."""
    rows = "".join(
        f"<li><a href='/n/{row}'>Harbour opens again after storm number {row}</a></li>" for row in range(9)
    )
    soup = BeautifulSoup(f"<div id='b'><ul>{rows}</ul><a href='/news?page=2'>Next page</a></div>", "lxml")
    assert next_part(soup, SITE + "news", soup.find(id="b")) == ""
    assert next_part(soup, SITE + "news") == SITE + "news?page=2"


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (
            "<p>甲</p><div class='page'><b>1</b> <a href='t_2.html'>2</a> <a href='t_2.html'>下一页</a></div>",
            "<p>甲</p>",
        ),
        ("<p>甲</p><a href='t.html'>1</a> | <a href='t_2.html'>2</a>", "<p>甲</p>"),
        ("<p>甲</p><p>共3页 [1] <a href='t_2.html'>[2]</a> <a href='t_3.html'>末页</a></p>", "<p>甲</p>"),
        (
            "<p>甲</p><p><a href='javascript:go()'>上一页</a> <a href='javascript:go()'>下一页</a></p>",
            "<p>甲</p>",
        ),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "<table><tr><td>1</td><td>2</td></tr></table>"),
        (
            "<p>甲<a href='#note1'>[1]</a></p><p><a href='t.html#note2'>2</a></p>",
            "<p>甲<a href='#note1'>[1]</a></p><p><a href='t.html#note2'>2</a></p>",
        ),
        ("<p>甲</p><p><a href='t.html'>5</a></p>", "<p>甲</p><p><a href='t.html'>5</a></p>"),
        (
            "<p>甲</p><ul><li><a href='t.html'>1</a></li><li><a href='t_2.html#top'>2</a></li></ul>",
            "<p>甲</p>",
        ),
        ("<p>见第<a href='t_2.html'>2</a>页的图表</p>", "<p>见第<a href='t_2.html'>2</a>页的图表</p>"),
        ("<p>甲<a href='other.html'>2</a></p>", "<p>甲<a href='other.html'>2</a></p>"),
        (
            "<p>Read the <a href='t_2.html'>whole report</a></p>",
            "<p>Read the <a href='t_2.html'>whole report</a></p>",
        ),
    ],
)
def test_pager_goes(body: str, left: str) -> None:
    """A pager's numbers and words are found, and nothing that says anything else."""
    soup = BeautifulSoup(f"<div id='b'>{body}</div>", "lxml")
    text = soup.find(id="b")
    assert text is not None
    for node in find_pager(text, SITE + "t.html"):
        node.extract()
    assert text.decode_contents().strip().replace('"', "'") == left


def test_pages_without_parts(corpora: Path) -> None:
    """Real articles on one page have no next one, whatever else their pages number."""
    found = [
        path.name
        for path in sorted((corpora / "extraction" / "gne").glob("[!l]*.html"))
        if next_part(BeautifulSoup(path.read_bytes(), "lxml"), f"https://site.example/a/{path.name}")
    ]
    assert found == []


@pytest.mark.parametrize(
    "markup",
    [
        "<a href='t_2.html'>2</a>" * 20_000,
        "<span>" * 2_000 + "<a href='t_2.html'>2</a>",
        "<a href='t_2.html'>" + "下一页" * 20_000 + "</a>",
        "<a href='t.html?" + "page=2&" * 5_000 + "'>2</a>",
        "<p>" + "1 | " * 20_000 + "<a href='t_2.html'>2</a></p>",
        "<a href='" + "/1" * 20_000 + "'>2</a>",
    ],
)
def test_hostile_pagers(markup: str) -> None:
    """Pages made to be slow or deep are read like others, and nothing is raised."""
    soup = page(markup)
    assert soup.body is not None
    next_part(soup, SITE + "t.html", soup.body)
    find_pager(soup.body, SITE + "t.html")
    assert next_part(soup, "http://[broken/t.html") == ""
