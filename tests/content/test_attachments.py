"""Files: which of a page's links are attached to its article, and which answers are files themselves."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from aggregator.content.attachments import find_outside
from aggregator.content.sniffing import is_file
from aggregator.text.filetypes import type_of

BASE = "https://gov.example/zw/art_1.html"


def attached(markup: str, body: str = "#zoom") -> list[tuple[str, str, str]]:
    """Address below the site, title and type of each file outside of the body."""
    soup = BeautifulSoup(markup, "lxml")
    return [
        (item.address.removeprefix("https://gov.example"), item.title, item.media_type)
        for item in find_outside(soup, soup.select_one(body), BASE)
    ]


def test_list_of_its_own() -> None:
    """SAMR's way: file links in a list beside the body, whose class occurs twice, the first one empty."""
    page = """
    <div class='head_nav'><ul><li><a href='/app.zip'>客户端下载</a></li></ul></div>
    <div class='detail'>
      <h1>公告</h1><ul class='contentLeft0102box'></ul>
      <div id='zoom'><p>正文。<a href='in.pdf'>内附</a></p></div>
      <ul class='contentLeft0102box'>
        <li><a href='/cms_files/filemanager/1/attach/2026/8f.docx'>召回清单.docx</a></li>
        <li><a href='/cms_files/filemanager/1/attach/2026/9a'>说明.pdf</a></li>
        <li><a href='/cms_files/filemanager/1/attach/2026/9b'>备注</a></li>
      </ul>
    </div>
    <div class='footer'><a href='/annual.pdf'>年度报告</a></div>"""
    assert attached(page) == [
        (
            "/cms_files/filemanager/1/attach/2026/8f.docx",
            "召回清单.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("/cms_files/filemanager/1/attach/2026/9a", "说明.pdf", "application/pdf"),
        ("/cms_files/filemanager/1/attach/2026/9b", "备注", ""),
    ]


@pytest.mark.parametrize(
    "markup",
    [
        "<h3>附件：</h3><ul><li><a href='a.pdf'>表</a></li><li><a href='b.xls'>册</a></li></ul>",
        "<div><span>相关附件</span><p><a href='a.pdf'>表</a></p><p><a href='b.xls'>册</a></p></div>",
        "<p>Attachments:</p><p><a href='a.pdf'>表</a></p><p><a href='b.xls'>册</a></p>",
        "<dl><dt>Downloads</dt><dd><a href='a.pdf'>表</a></dd><dd><a href='b.xls'>册</a></dd></dl>",
    ],
)
def test_headed_lists(markup: str) -> None:
    """What stands under a heading for files is attached, wherever the article's container ends."""
    page = f"<div class='a'><div class='b'><div id='zoom'><p>正文。</p></div></div></div><div>{markup}</div>"
    assert [item[0] for item in attached(page)] == ["/zw/a.pdf", "/zw/b.xls"]


@pytest.mark.parametrize(
    ("link", "title", "media_type"),
    [
        ("<a href='/x/1.ofd?v=2'>附件1：名单</a>", "附件1：名单", "application/ofd"),
        (
            "<a href='/download?file=%E5%90%8D.xlsx'>附件</a>",
            "附件",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        ("<a href='/download.do?id=7'>附件：价格表.doc</a>", "附件：价格表.doc", "application/msword"),
        ("<a href='/x/2.PDF'></a>", "2.PDF", "application/pdf"),
    ],
)
def test_told_by_address_or_text(link: str, title: str, media_type: str) -> None:
    """A file is told by its address, a name in the query, or the text of a link to a download."""
    page = f"<div class='article'><div id='zoom'><p>正文。</p></div><div class='fj'>{link}</div></div>"
    assert [item[1:] for item in attached(page)] == [(title, media_type)]


@pytest.mark.parametrize(
    "markup",
    [
        "<nav><a href='/m.pdf'>用户手册</a></nav>",
        "<div class='sidebar'><h3>下载</h3><ul><li><a href='/m.pdf'>用户手册</a></li></ul></div>",
        "<footer><p>附件：</p><a href='/m.pdf'>年报</a></footer>",
        "<div><ul><li><a href='/m.pdf'>年报</a></li><li><a href='/about.html'>关于</a></li></ul></div>",
        "<p>The report was <a href='/x.html'>here</a>, the <a href='/m.pdf'>plan</a> there.</p>",
        "<p>The harbour board has published the plan of the new pier in full, <a href='/m.pdf'>5</a>.</p>",
        "<div class='related'><a href='/m.pdf'>旧公告</a></div>",
        "<p><a href='/download.html'>下载客户端</a></p>",
        "<p><a href='javascript:get(1)'>附件.pdf</a></p>",
    ],
)
def test_not_the_articles(markup: str) -> None:
    """Files in navigation, footers, sidebars and lists of other things belong to the site."""
    assert attached(f"<div><h1>公告</h1><div id='zoom'><p>正文。</p></div>{markup}</div>") == []


def test_far_from_the_body() -> None:
    """A list of files without a heading in another part of the page is not the article's."""
    page = "<div class='l'><p>甲</p></div><div class='m'><div id='zoom'><p>正文。</p></div></div><p>乙</p><p>丙</p><div class='r'><p><a href='/m.pdf'>手册</a></p></div>"
    assert attached(page) == []


def test_without_a_body() -> None:
    """The main heading stands in for a body that is not known; without either there is nothing."""
    page = "<div><h1>公告</h1><p>附件：<a href='/a.pdf'>表</a></p></div>"
    assert [item[0] for item in attached(page, body="#none")] == ["/a.pdf"]
    assert attached("<p><a href='/a.pdf'>表</a></p>", body="#none") == []


def packed(*names: str) -> bytes:
    """A ZIP of empty files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return target.getvalue()


WORD = type_of("x.docx")


@pytest.mark.parametrize(
    ("content_type", "body", "address", "expected"),
    [
        ("application/pdf", b"%PDF-1.7 ...", "/a.pdf", "application/pdf"),
        ("text/html", b"%PDF-1.7 ...", "/view?id=1", "application/pdf"),
        ("application/octet-stream", packed("[Content_Types].xml", "word/document.xml"), "/d", WORD),
        ("application/octet-stream", packed("OFD.xml"), "/d", "application/ofd"),
        ("application/zip", packed("a.txt"), "/d.docx", WORD),
        ("application/zip", packed("a.txt"), "/d", "application/zip"),
        ("", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 9, "/d.xls", "application/vnd.ms-excel"),
        ("image/jpeg", b"\xff\xd8\xff\xe0", "/i", "image/jpeg"),
        ("", b"\0\0\0\x20ftypisom", "/v", "video/mp4"),
        ("image/svg+xml", b"<svg xmlns='x'/>", "/i.svg", "image/svg+xml"),
        ("", b"<?xml version='1.0'?>\n<svg xmlns='x'/>", "/i", "image/svg+xml"),
        ("text/html", b"<html><body><svg/></body></html>", "/a.html", ""),
        ("text/csv; charset=gbk", b"a,b\n1,2\n", "/t", "text/csv"),
        ("text/plain", b"a,b\n1,2\n", "/t.csv", "text/csv"),
        ("text/html; charset=utf-8", b"<!DOCTYPE html><html>", "/a.html", ""),
        ("application/octet-stream", b"\xef\xbb\xbf\n<html>", "/a.pdf", ""),
        ("application/pdf", b"  <html><body>Not found", "/a.pdf", ""),
        ("application/octet-stream", "<html>".encode("utf-16"), "/a", ""),
        ("application/rss+xml", b"<?xml version='1.0'?><rss/>", "/f", ""),
        ("application/vnd.api+json", b"{}", "/f", ""),
        ("application/json", b"{}", "/f.txt", ""),
        ("text/plain", b"Just a text.", "/note", ""),
        ("", b"", "/a.pdf", ""),
        ("application/octet-stream", b"\x01\x02", "http://[broken/a.pdf", "application/pdf"),
    ],
)
def test_is_file(content_type: str, body: bytes, address: str, expected: str) -> None:
    """A file is told by its first bytes, then by what it is called; markup is a page under any name."""
    if address.startswith("/"):
        address = "https://gov.example" + address
    assert is_file(content_type, body, address) == expected


def test_real_pages_are_pages(corpora: Path) -> None:
    """No page of the corpora is taken for a file, even where it is sent as one."""
    pages = [*(corpora / "extraction").rglob("*.html"), *(corpora / "gov").rglob("*.html")]
    taken = [
        page.name
        for page in pages
        if is_file("application/octet-stream", page.read_bytes(), "https://x.example/")
    ]
    assert len(pages) > 300
    assert taken == []


@pytest.mark.parametrize(
    "markup",
    [
        "<a href='a.pdf'>x</a>" * 20_000,
        "<p>附件</p>" + "<p><a href='a.pdf?{}'>x</a></p>" * 5_000,
        "<div>" * 2_000 + "<a href='a.pdf'>x</a>",
        "<a href='/download?" + "a=1&" * 20_000 + "'>a.pdf</a>",
        "<a href='http://[x/a.pdf'>附件</a>",
    ],
)
def test_hostile_lists(markup: str) -> None:
    """Pages made to be slow or deep are read like others, and a list has an end."""
    markup = "".join(part + str(count) for count, part in enumerate(markup.split("{}")))
    assert len(attached(f"<div><div id='zoom'><p>正文。</p></div>{markup}</div>")) <= 100
