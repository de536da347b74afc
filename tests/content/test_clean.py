"""Cleaning: what a source's HTML may still be when it is ours."""

from __future__ import annotations

from pathlib import Path

import html5lib
import pytest

from aggregator.content.attachments import find_attachments
from aggregator.content.clean import clean, says_something
from tests.support.sampling import sampled

BASE = "http://x.example/a/"
SCHEMES = ("http://", "https://", "mailto:", "tel:")


def dangers(content: str) -> list[str]:
    """What in clean HTML could run, as a browser's parser sees it."""
    tree = html5lib.parse(content, treebuilder="etree", namespaceHTMLElements=False)
    found = []
    for element in tree.iter():
        if element.tag in (
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "form",
            "meta",
            "link",
            "base",
            "svg",
            "math",
        ):
            found.append(f"<{element.tag}>")
        for name, value in element.attrib.items():
            if name.lower().startswith("on"):
                found.append(f"{name}={value}")
            if name in ("href", "src", "cite") and not value.lower().startswith(SCHEMES):
                found.append(f"{name}={value}")
            if name == "style" and not all(
                part.strip().lower().startswith("text-align") and "(" not in part
                for part in value.split(";")
                if part
            ):
                found.append(f"style={value}")
    # An empty document has a head of its own.
    return found


@sampled(5)
def test_attack_strings(corpora: Path, step: int) -> None:
    """No attack of the corpus survives, as a document, as a line, or inside of an attribute."""
    count = 0
    for path in sorted((corpora / "security").rglob("*")):
        if not path.is_file():
            continue
        text = path.read_text("utf-8", "replace")
        for attack in (text, *text.splitlines())[::step]:
            for markup in (attack, f'<a href="{attack}">x</a>', f"<p style='{attack}'>x</p>"):
                assert dangers(clean(markup, BASE)) == [], attack
                count += 1
    assert count > 3000 // step


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("loose <b>text</b><p>block</p>", "<p>loose <b>text</b></p><p>block</p>"),
        ("<p>　　缩进</p>", "<p>缩进</p>"),
        ("<p>one</p>\n <p>two</p>", "<p>one</p>\n <p>two</p>"),
        ("<p>one</p>      <p>two</p>", "<p>one</p>\n<p>two</p>"),
        ("<div hidden>x</div><p style='DISPLAY: none'>y</p><p>z</p>", "<p>z</p>"),
        ("<img src='data:x' data-src='i.png'>", '<p><img src="http://x.example/a/i.png"></p>'),
        ("<img src='javascript:x'>", ""),
        ("<p style='text-align:center;color:red'>x</p>", '<p style="text-align:center;">x</p>'),
        ("<pre>  a\n    b</pre>", "<pre>  a\n    b</pre>"),
        ("<p id='share' class='em_media'>x</p>", '<p class="em_media">x</p>'),
        ("<span id='stock_1'>万科</span>", "<p>万科</p>"),
        ("<p>a\x00b\x0bc</p>", "<p>abc</p>"),
    ],
)
def test_cleaned(markup: str, expected: str) -> None:
    """Each kind of markup comes out as it should."""
    assert clean(markup, BASE) == expected


@pytest.mark.parametrize(
    "markup",
    [
        "<iframe src='//v.example/1'></iframe>",
        "<video><source src='//v.example/1'></video>",
        "<audio src='http://v.example/1'></audio>",
    ],
)
def test_players_become_links(markup: str) -> None:
    """What plays or frames something becomes a link to it, so that it is not lost."""
    assert 'href="http://v.example/1"' in clean(markup, BASE)


def test_sanitising_is_last() -> None:
    """Removing an element cannot put together what the sanitiser would have refused."""
    markup = "<scr<b class='x'></b>ipt>alert(1)</scr<b class='x'></b>ipt><a href='java<b class=x></b>script:x()'>l</a>"
    assert dangers(clean(markup, BASE, ["b.x"])) == []
    assert "<script" not in clean("<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>", BASE)


def test_user_selectors() -> None:
    """What the user removes is gone, whatever is inside."""
    assert (
        clean("<div><p>a</p><div class='share'><p>b</p></div></div>", BASE, [".share"])
        == "<div><p>a</p></div>"
    )


def test_attachments() -> None:
    """Links to files are attachments, told by the ending of their path."""
    content = clean("<a href='x.pdf?v=1'>表一</a> <a href='/y.DOCX'></a> <a href='page.html'>page</a>", BASE)
    assert [(item.address, item.title) for item in find_attachments(content)] == [
        ("http://x.example/a/x.pdf?v=1", "表一"),
        ("http://x.example/y.DOCX", "y.DOCX"),
    ]


def test_attachments_handed_out() -> None:
    """A file behind a program is told by the name in its query or in the link's text, with its type."""
    content = clean(
        "<a href='get?file=a.xls'>表</a> <a href='/download?id=7'>价格.pdf</a> <a href='/n?id=7'>b.pdf</a>",
        BASE,
    )
    assert [(item.title, item.media_type) for item in find_attachments(content)] == [
        ("表", "application/vnd.ms-excel"),
        ("价格.pdf", "application/pdf"),
    ]


@pytest.mark.parametrize(
    ("content", "expected"), [("<p> &nbsp;</p>", False), ("<p><br></p>", False), ("<p>x</p>", True)]
)
def test_says_something(content: str, expected: bool) -> None:
    """A body of nothing but blanks is no text."""
    assert says_something(content) is expected
