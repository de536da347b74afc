"""What is shown of a text: on our pages in our style, in feeds with what we mirror, and no more than is allowed."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import html5lib
import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.content.clean import clean
from aggregator.model import Article, Attachment, Category, Filing, KeptArticle, MediaFile
from aggregator.render.body import feed_body, mirrored_attachments, page_body
from aggregator.render.visibility import shown
from aggregator.settings import Site
from aggregator.text.text import text_of

NOW = datetime(2026, 3, 5, tzinfo=UTC)
SITE = Site(url="https://news.example.org/x")
HELD = {
    "https://s.example/a.png": MediaFile("media/ab/abc.png", "image/png", 10),
    "https://s.example/d.pdf?a=1&b=2": MediaFile("media/cd/cde.pdf", "application/pdf", 20),
}


def keep(content: str, **fields: object) -> KeptArticle:
    """An article with this text, which has been cleaned."""
    article = Article("n", "k", "s", "Title", "https://s.example/", content, NOW, NOW, (), **fields)  # type: ignore[arg-type]
    return KeptArticle("an-article", 1, 1, NOW, article, (Filing(Category("c", "C"), "C"),), HELD)


def page(markup: str) -> str:
    """The text on our page, from markup as a source writes it."""
    return page_body(keep(clean(markup, "https://s.example/")), "../", picture="Picture", table="Table").html


def tidy(text: str) -> str:
    """Markup with the attributes of each tag in one order."""
    tag = re.compile(r'<(\w+)((?: [\w-]+="[^"]*")*)>')
    return tag.sub(lambda found: f"<{found[1]} {sorted(found[2].split())}>", text)


def test_many_empty_links() -> None:
    """Fifty thousand links and headings without words go in linear time; the text between them stays."""
    content = "<p>" + "<a href='https://s.example/1'></a>x" * 50_000 + "</p>" + "<h2></h2>" * 20_000
    found = page_body(keep(content), "../", picture="Picture", table="Table").html
    assert found == f"<p>{'x' * 50_000}</p>"


@pytest.mark.parametrize(
    ("markup", "shown_as"),
    [
        ('<p style="text-align:center" class="x">a</p>', '<p class="align-center">a</p>'),
        ('<p align="RIGHT">a</p>', '<p class="align-right">a</p>'),
        ("<h1>a</h1><h3>b</h3><h1>c</h1>", "<h2>a</h2><h3>b</h3><h2>c</h2>"),
        ("<h4>a</h4><h6>b</h6><h5>c</h5>", "<h2>a</h2><h3>b</h3><h3>c</h3>"),
        ("<h2></h2><p>a</p>", "<p>a</p>"),
        (
            '<p><img src="a.png" width="20" height="x" alt="A  quay"></p>',
            '<p><img src="../media/ab/abc.png" alt="A quay" width="20" loading="lazy" decoding="async"></p>',
        ),
        (
            '<p><img src="b.png" alt="A &lt;ship&gt;">, see</p>',
            '<p><a class="picture" href="https://s.example/b.png">A &lt;ship&gt;</a>, see</p>',
        ),
        (
            '<p><a href="/x"><img src="b.png"></a></p>',
            '<p><a href="https://s.example/x"><span class="picture">Picture</span></a></p>',
        ),
        (
            '<p><a href="d.pdf?a=1&amp;b=2">the file</a></p>',
            '<p><a href="../media/cd/cde.pdf">the file</a></p>',
        ),
        ('<p><a href="/x"></a>text</p>', "<p>text</p>"),
        (
            "<table><tr><th></th><th scope='x'>b</th></tr></table>",
            '<div class="table" role="group" tabindex="0" aria-label="Table"><table><tbody><tr><td></td><th>b</th></tr></tbody></table></div>',
        ),
        ("<ul><p>a</p><li>b</li></ul>", "<ul><li><p>a</p></li><li>b</li></ul>"),
        ("<div><li>a</li></div>", "<div><div>a</div></div>"),
        ("<pre>a</pre>", '<pre tabindex="0">a</pre>'),
        ("", ""),
    ],
)
def test_a_text_on_our_page(markup: str, shown_as: str) -> None:
    """Style is ours, pictures are ours or links, tables scroll, headings begin below the title."""
    found = page(markup)
    assert tidy(found) == tidy(shown_as)


def test_feeds_point_to_the_mirror() -> None:
    """What we hold has our address there, absolute; the rest, and text that looks like it, stays as it is."""
    content = (
        '<p><img src="https://s.example/a.png"><img src="https://s.example/b.png">'
        '<a href="https://s.example/d.pdf?a=1&amp;b=2">x</a> src="https://s.example/a.png"</p>'
    )
    assert feed_body(SITE, keep(content)) == (
        '<p><img src="https://news.example.org/x/media/ab/abc.png"><img src="https://s.example/b.png">'
        '<a href="https://news.example.org/x/media/cd/cde.pdf">x</a> src="https://s.example/a.png"</p>'
    )
    files = (Attachment("https://s.example/d.pdf?a=1&b=2", "File"), Attachment("https://s.example/e.pdf"))
    first, second = mirrored_attachments(SITE, keep("", attachments=files))
    assert first == Attachment("https://news.example.org/x/media/cd/cde.pdf", "File", "application/pdf", 20)
    assert second == files[1]


def test_no_more_is_shown_than_is_allowed() -> None:
    """A summary is short, and a link has no text, whatever else the article has."""
    files = (Attachment("https://s.example/e.pdf"),)
    kept = keep("<p>" + "words " * 500 + "secret</p>", summary="the summary", attachments=files)
    summary = shown(kept, "summary")
    assert (summary.article.content, summary.article.summary) == ("<p>the summary</p>", "the summary")
    assert "secret" not in str(summary)
    assert not summary.article.attachments
    bare = shown(keep("<p>" + "words " * 500 + "secret</p>"), "summary")
    assert "secret" not in str(bare)
    assert bare.article.content.startswith("<p>words words")
    link = shown(kept, "link")
    assert "words" not in str(link)
    assert "summary" not in (link.article.content, link.article.summary)
    assert link.article.title == "Title"
    assert shown(kept, "full") is kept


DEEP = "<div>" * 2000 + "deep" + "</div>" * 2000


@pytest.mark.parametrize(
    "markup",
    [
        DEEP,
        "<ul><li>" * 2000 + "deep",
        "<table><tr><td>" * 500 + "deep",
        "<p>" + "汉字 text " * 500_000,
        "<b>" * 50_000,
        "<p>a ]]> b \x00\x0b\ud800\u202e 😀</p>",
        "<p>unclosed <b>bold <table><tr><td>cell",
        "<h1>one<a<p></p><h2>two</h2>three</h1>",
    ],
    ids=["deep", "lists", "tables", "big", "bold", "characters", "unclosed", "headings"],
)
def test_whatever_the_markup(markup: str) -> None:
    """Depth and size cost no error and lose no text."""
    cleaned = clean(markup, "https://s.example/")
    found = page_body(keep(cleaned), "../", picture="Picture", table="Table").html
    # The parsers here bear no depth themselves: what our own reading of text gives counts.
    assert text_of(found) == text_of(cleaned)


TAGS = st.sampled_from(
    "p div b a ul ol li dl dt dd table tr td th h1 h3 h6 img pre blockquote figure figcaption span".split()
)
MARKUP = st.recursive(
    st.text(alphabet="ab <&>\"'车", max_size=8),
    lambda inner: st.builds(
        lambda tag, attribute, parts: f"<{tag}{attribute}>{''.join(parts)}</{tag}>",
        TAGS,
        st.sampled_from(
            ["", ' src="a.png"', ' href="/x"', ' align="center"', ' class="skip" id="content"', ' scope="q"']
        ),
        st.lists(inner, max_size=3),
    ),
    max_leaves=20,
)


@given(MARKUP)
@example("<h1><a<p></p><h1><</h1></h1>")
def test_any_markup_is_valid_on_our_page(markup: str) -> None:
    """A strict parser finds nothing wrong, and nothing asks another server or takes our own names."""
    found = page(markup)
    soup = BeautifulSoup(found, "html.parser")
    assert not [one for one in soup.select("img") if not str(one["src"]).startswith("../media/")]
    assert not soup.select("[id], [style], .skip, [align]")
    assert not soup.select("a a, h1")
    html5lib.HTMLParser(strict=True).parse(f"<!doctype html><title>x</title><body>{found}")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("序号", None),
        ("2026-03-05 12:00", None),
        ("", None),
        ("北京某某食品有限公司", ["phrase"]),
        ("经查" * 20, ["prose"]),
    ],
)
def test_a_cell_is_as_wide_as_it_needs(text: str, kind: list[str] | None) -> None:
    """Few words stay on one line, many get room; the style sheet says how much."""
    cell = BeautifulSoup(page(f"<table><tr><td>{text}</td></tr></table>"), "lxml").td
    assert cell is not None
    assert cell.get("class") == kind
