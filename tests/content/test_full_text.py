"""Whether a feed gives a whole text or a summary, and what `full_text` makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.model import Attachment, Entry
from aggregator.settings import ArticleRules, Source
from aggregator.sources import feed
from aggregator.sources.full_text import breaks_off, is_whole, leads_to_article
from aggregator.text.text import plain
from tests.support.answers import URL, fetched

SENTENCE = "The harbour office moved the ferry to the northern quay on Monday. "
CHINESE = "港务局周一将渡轮移至北码头，市民可从东门进入候船大厅。"


def paragraphs(sentence: str, count: int) -> str:
    """So many paragraphs."""
    return f"<p>{sentence}</p>" * count


@pytest.mark.parametrize(
    ("content", "digest", "whole"),
    [
        (paragraphs(SENTENCE, 2), SENTENCE, True),
        (f"<p>{SENTENCE}</p>", "", True),
        ("<p><img src='a.png'></p>", "", True),
        (f"<p>{SENTENCE}</p>", SENTENCE, False),
        (f"<p>{SENTENCE} […]</p>", "", False),
        (f"<p>{SENTENCE}</p><a href='x'>Continue reading <span>The ferry →</span></a>", "", False),
        (paragraphs(SENTENCE, 200) + "<p>Read more</p>", "", False),
        (paragraphs(SENTENCE, 200), paragraphs(SENTENCE, 200), True),
        ("", SENTENCE, False),
        ("", SENTENCE * 30, True),
        ("", paragraphs(SENTENCE, 12), True),
        ("", paragraphs(SENTENCE, 3), False),
        ("", SENTENCE * 30 + "…", False),
        ("", f"<p>{CHINESE * 3}</p>", False),
        ("", f"<p>{CHINESE * 25}</p>", True),
        ("", f"<p>{CHINESE * 25}</p><a>阅读全文</a>", False),
        ("", "<a href='x'><img src='a.png' alt='a comic'></a>", True),
        ("", "", False),
    ],
)
def test_whole_or_summary(content: str, digest: str, whole: bool) -> None:
    """What a feed gives is judged by where it stands, how long it is, and how it ends."""
    assert is_whole(content, digest) is whole


@pytest.mark.parametrize(
    "end",
    [
        "word…",
        "word...",
        "word [...]",
        "word [&#8230;]",
        "word (more…)",
        "<a>Read more</a>",
        "<a>Read the full story »</a>",
        "<a>Continue reading →</a>",
        "<a>查看全文&gt;&gt;</a>",
        "点击查看更多",
        "【全文】",
        "word […]</p><p>The post <a>Ferry</a> appeared first on <a>The Wire</a>.</p>",
    ],
)
def test_breaks_off(end: str) -> None:
    """The ways in which feeds say that there is more."""
    assert breaks_off(f"<p>{SENTENCE} {end}</p>")


@pytest.mark.parametrize(
    "end",
    [
        "他没有说下去……",
        "They continue reading. The end.",
        "The post office appeared first.",
        "阅读全文需要十分钟。",
    ],
)
def test_does_not_break_off(end: str) -> None:
    """Words that only look like it, a Chinese ellipsis among them, are the end of a text."""
    assert not breaks_off(f"<p>{SENTENCE} {end}</p>")


@pytest.mark.parametrize(
    "piece", ["…", "[", "The post ", "continue reading ", "阅读", "read ", "<p>", "...."]
)
def test_hostile_ends(piece: str) -> None:
    """Only the end of a text is looked at, however long it is."""
    breaks_off(piece * 200_000)


def test_no_article_behind_it() -> None:
    """Files, players, comments and front pages are no pages of articles; nor is what a podcast links to."""
    page = "https://x.example/news/1.html"
    assert leads_to_article(page, "", (Attachment(page, media_type="image/png"),))
    assert not leads_to_article(page, "", (Attachment(page, media_type="audio/mpeg"),))
    assert not leads_to_article(page, f"{page}#comments", ())
    for address in (
        "https://x.example/report.PDF",
        "https://www.youtube.com/watch?v=1",
        "https://youtu.be/1",
        "https://x.example/",
        "https://x.example",
    ):
        assert not leads_to_article(address, "", ())
    assert leads_to_article("https://notyoutube.com/a", "", ())


def read(items: str, full_text: str, body: str = "") -> list[Entry]:
    """The entries of an RSS feed of these items."""
    source = Source(name="x", kind="feed", url=URL, full_text=full_text, article=ArticleRules(body=body))  # type: ignore[arg-type]
    said = f"<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel>{items}</channel></rss>"
    return list(feed.read_list(source, fetched(said)).entries)


SUMMARY = "<item><guid>1</guid><title>t</title><link>http://x.example/1</link><description>Short &lt;b&gt;words&lt;/b&gt;</description></item>"
ENCODED = "<content:encoded>&lt;p&gt;All of it&lt;/p&gt;</content:encoded>"
FULL = SUMMARY.replace("</item>", f"{ENCODED}</item>")
BARE = "<item><guid>2</guid><title>t</title><description>Short words</description></item>"


@pytest.mark.parametrize(
    ("full_text", "body", "item", "content", "summary"),
    [
        ("never", "", SUMMARY, "Short <b>words</b>", ""),
        ("never", "#zoom", SUMMARY, "Short <b>words</b>", ""),
        ("auto", "", SUMMARY, None, "Short words"),
        ("auto", "", FULL, "<p>All of it</p>", "Short words"),
        ("auto", "#zoom", FULL, None, "Short words"),
        ("auto", "", BARE, "Short words", ""),
        ("always", "", FULL, None, "Short words"),
        ("always", "", BARE, "Short words", ""),
        ("always", "", SUMMARY.replace("/1<", "/1.mp3<"), None, "Short words"),
        ("auto", "", SUMMARY.replace("/1<", "/1.mp3<"), "Short <b>words</b>", ""),
    ],
)
def test_by_full_text(full_text: str, body: str, item: str, content: str | None, summary: str) -> None:
    """Never, always, or where only a summary is given; what has no address is never asked for."""
    (entry,) = read(item, full_text, body)
    # What stands in for a page keeps its markup.
    assert (entry.content, plain(entry.summary)) == (content, summary)
    assert ("content" in entry.rules) is (content is not None)


def test_order_of_elements() -> None:
    """A summary behind the whole text is a summary all the same, and a whole text alone has none."""
    behind = SUMMARY.replace("<description>", f"{ENCODED}<description>")
    alone = FULL.replace("<description>Short &lt;b&gt;words&lt;/b&gt;</description>", "")
    assert [(entry.content, entry.summary) for entry in read(behind, "auto")] == [
        ("<p>All of it</p>", "Short words")
    ]
    assert [(entry.content, entry.summary) for entry in read(alone, "auto")] == [("<p>All of it</p>", "")]


def test_real_feeds(corpora: Path) -> None:
    """Of real feeds, those known to be whole ask for no page, and those known to be cut ask for all."""
    folder = corpora / "feeds"
    source = Source(name="x", kind="feed", url=URL)

    def asks(name: str) -> set[bool]:
        (path,) = folder.rglob(name)
        entries = feed.read_list(source, fetched(path.read_bytes())).entries
        return {entry.content is None for entry in entries}

    assert asks("guardian.rss") == {True}
    assert asks("craigslist.rss") == {True}
    assert asks("feedburner.atom") == {False}
    assert asks("many-links.rss") == {False}
    assert asks("rss_1.0-ns-on-channel.xml") == {False}
