"""Feeds with faults that real ones have: each costs what it must, and nothing else."""

from __future__ import annotations

import json

import pytest

from aggregator.model import Entry, Episode, Fetched, Listing
from aggregator.settings import Source
from aggregator.sources import feed, sitemap
from aggregator.text.text import fold, plain

NAMESPACES = (
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
)


def read(body: bytes | str, content_type: str = "application/xml", full_text: str = "never") -> Listing:
    """What the feed kind reads in an answer."""
    source = Source(name="x", kind="feed", url="https://feeds.example/all.xml", full_text=full_text)
    body = body if isinstance(body, bytes) else body.encode()
    return feed.read_list(source, Fetched(source.url, 200, {"content-type": content_type}, body))


def rss(*items: str, encoding: str = "utf-8") -> str:
    """An RSS feed of these items, on a site of its own."""
    joined = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0" {NAMESPACES}><channel><title>C</title>'
        f"<link>https://harbour.example/</link>{joined}</channel></rss>"
    )


def atom(*entries: str) -> str:
    """An Atom feed of these entries."""
    joined = "".join(f"<entry><id>urn:{n}</id>{entry}</entry>" for n, entry in enumerate(entries))
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>C</title><id>urn:c</id>{joined}</feed>'


def only(listing: Listing) -> Entry:
    """The one entry of a list."""
    (entry,) = listing.entries
    return entry


GOOD = "<title>港口管理局关于夜间渡轮的通告</title><guid>good</guid><description>夜间渡轮自三月一日起恢复。</description>"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize(
    "content_type", ["text/xml", "application/rss+xml; charset={}", "text/xml; charset=utf-16"]
)
@pytest.mark.parametrize("bad", [b"\xe5\x8f", b"\x92", b"\xff", "é".encode("latin-1")])
def test_a_bad_byte_costs_one_character(encoding: str, content_type: str, bad: bytes) -> None:
    """Whatever header and declaration say, the other entries are read as they are."""
    marked = rss(
        GOOD,
        "<title>Tide table</title><guid>bad</guid><description>ten@past</description>",
        encoding=encoding,
    )
    listing = read(marked.encode(encoding).replace(b"@", bad), content_type.format(encoding))
    good, broken = listing.entries
    assert (good.key, good.title) == ("good", "港口管理局关于夜间渡轮的通告")
    assert broken.title == "Tide table"


def test_a_wide_feed_without_entries_is_whole() -> None:
    """A feed in UTF-16 that lists nothing is not one that was cut off."""
    for encoding in ("utf-16", "utf-16-le"):
        assert read(rss(encoding="utf-16").encode(encoding)).entries == ()


@pytest.mark.parametrize(
    ("reference", "read_as"),
    [
        ("&#55357;&#56832;", "😀"),
        ("&#xD83D;&#xDE00;", "😀"),
        ("&#55357;", "\ufffd"),
        ("&#0;", ""),
        ("&#1114112;", "\ufffd"),
        ("&#60;b", "<b"),
    ],
)
def test_references_that_no_document_may_hold(reference: str, read_as: str) -> None:
    """An emoji as two halves is that emoji; a number that is no character is one place that cannot be read."""
    titles = [
        entry.title
        for entry in read(rss(f"<title>Fog {reference} ahead</title><guid>1</guid>", GOOD)).entries
    ]
    assert titles == [fold(f"Fog {read_as} ahead"), "港口管理局关于夜间渡轮的通告"]


def test_an_item_that_the_parser_cannot_bear(monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs itself, with its reason; the entries around it are read."""
    from aggregator.sources import feed_parser

    parse = feed_parser._parse

    def fragile(text: str) -> object:
        if "unbearable" in text:
            raise RuntimeError("cannot bear it")
        return parse(text)

    monkeypatch.setattr(feed_parser, "_parse", fragile)
    feed = rss(
        "<title>One</title><guid>1</guid>",
        "<title>unbearable</title><guid>2</guid>",
        "<title>Three</title><guid>3</guid>",
    )
    listing = read(feed.replace("<rss", "<!DOCTYPE rss><rss"))  # which only feedparser reads
    assert [entry.title for entry in listing.entries] == ["One", "Three"]
    assert [item.message for item in listing.unreadable] == [
        "entry 2 is too broken to be read: RuntimeError: cannot bear it"
    ]


@pytest.mark.parametrize(
    "other",
    [
        "<media:group><media:description>A ferry at night</media:description></media:group>",
        "<media:content url='https://p.example/1.jpg' medium='image'><media:description>A ferry</media:description></media:content>",
        "<itunes:summary>What we talk about</itunes:summary>",
        "<dc:description>In short</dc:description>",
        "<description>Once more</description>",
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_only_the_text_counts_as_the_text(other: str, first: bool) -> None:
    """A caption, a podcast's line or a second description is no whole text: the page is asked for."""
    teaser = "<description>The night ferry sails again, says the board.</description>"
    both = other + teaser if first else teaser + other
    entry = only(read(rss(f"<title>T</title><link>https://harbour.example/1</link>{both}"), full_text="auto"))
    assert entry.content is None
    assert "night ferry sails" in entry.summary


def test_the_richest_notes_are_kept() -> None:
    """An episode's notes may stand in either of the elements that podcasts have for them."""
    notes = "Notes of the whole hour. " * 20
    for text in (
        f"<description>Line</description><itunes:summary>{notes}</itunes:summary>",
        f"<content:encoded>Line</content:encoded><description>{notes}</description>",
    ):
        assert only(read(rss(f"<title>E</title><guid>1</guid>{text}"))).content == notes.strip() or notes in (
            only(read(rss(f"<title>E</title><guid>1</guid>{text}"))).content or ""
        )


def test_an_address_stands_for_a_missing_id() -> None:
    """It is the canonical address, so what only tracks makes no other entry."""
    links = ("https://h.example/a?utm_source=rss", "https://h.example/a?utm_medium=x&amp;utm_source=y")
    assert {only(read(rss(f"<title>A</title><link>{link}</link>"))).key for link in links} == {
        "https://h.example/a"
    }


def test_relative_addresses_count_from_the_article() -> None:
    """A text is taken from its page, and so are its pictures, its links and its notes."""
    item = "<title>T</title><link>/2026/post/</link><description>&lt;img src='pic.jpg'&gt; &lt;a href='#fn1'&gt;1&lt;/a&gt;</description>"
    entry = only(read(rss(item)))
    assert (entry.address, entry.base) == ("https://harbour.example/2026/post/",) * 2
    body = json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "C",
            "items": [
                {
                    "id": "1",
                    "url": "https://harbour.example/2026/post/",
                    "content_html": "<a href='#fn1'>1</a>",
                }
            ],
        }
    )
    assert only(read(body, "application/feed+json")).base == "https://harbour.example/2026/post/"


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("First line\nSecond line\n\nThird", "<p>First line</p><p>Second line</p><p>Third</p>"),
        (
            "Press &lt;Enter&gt; or List&lt;int&gt;\nand go on",
            "<p>Press &lt;Enter&gt; or List&lt;int&gt;</p><p>and go on</p>",
        ),
        ("Tea &amp;amp; cake\nat four", "<p>Tea &amp; cake</p><p>at four</p>"),
        ("One &lt;b&gt;bold&lt;/b&gt;\nword", "One <b>bold</b>\nword"),
        (
            "A text that a mail program has wrapped at the width of its window\nso that each line but the last one is about as long as the others\nare.",
            "<p>A text that a mail program has wrapped at the width of its window so that each line but the last one is about as long as the others are.</p>",
        ),
    ],
)
def test_plain_text(text: str, markup: str) -> None:
    """Lines stay lines, wrapped ones excepted, and what only looks like a tag stays text."""
    assert (
        only(read(rss(f"<title>T</title><guid>1</guid><description>{text}</description>"))).content == markup
    )
    assert only(read(atom(f"<title>T</title><summary>{text}</summary>"))).content == markup


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("ed@paper.cloud (Ed Poe)", "Ed Poe"),
        ("Ed Poe (ed@paper.online)", "Ed Poe"),
        ("Ed Poe &lt;ed@news.paper.photography&gt;", "Ed Poe"),
        ("mailto:ed@paper.museum (Ed Poe)", "Ed Poe"),
        ("news@paper.agency", "news@paper.agency"),
        ("Ed Poe (Harbour desk)", "Ed Poe (Harbour desk)"),
    ],
)
def test_authors_at_any_domain(author: str, name: str) -> None:
    """The name is what stands beside the address; where there is only an address, it stays."""
    assert only(read(rss(f"<title>T</title><guid>1</guid><author>{author}</author>"))).author == name


def test_all_authors() -> None:
    """An entry has all its authors, in their order and once each."""
    two = (
        "<author><name>Ann Poe</name></author><author><name>Bob Roe</name><email>b@x.example</email></author>"
    )
    assert only(read(atom(f"<title>T</title><content>c</content>{two}"))).author == "Ann Poe\nBob Roe"
    two = "<author>ann@paper.cloud (Ann Poe), Bob Roe &lt;bob@paper.online&gt;</author>"
    assert only(read(rss(f"<title>T</title><guid>1</guid>{two}"))).author == "Ann Poe\nBob Roe"
    creators = (
        "<dc:creator>Ann Poe</dc:creator><dc:creator>Bob Roe</dc:creator><dc:creator>Ann Poe</dc:creator>"
    )
    assert only(read(rss(f"<title>T</title><guid>1</guid>{creators}"))).author == "Ann Poe\nBob Roe"


@pytest.mark.parametrize("word", ["lang", "copy", "not", "times", "para", "amp"])
def test_bare_ampersands(word: str) -> None:
    """Words get no semicolon, and addresses lose no parameter, in feeds as in sitemaps."""
    listing = read(rss(f"<title>AT&T and R&D of H&M</title><link>https://h.example/x?a=1&{word}=2</link>"))
    assert only(listing).title == "AT&T and R&D of H&M"
    assert only(listing).address == f"https://h.example/x?a=1&{word}=2"
    source = Source(name="s", kind="sitemap", url="https://h.example/sitemap.xml")
    urls = f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>https://h.example/p?x=1&{word}=2</loc></url></urlset>"
    found = sitemap.read_list(source, Fetched(source.url, 200, {"content-type": "text/xml"}, urls.encode()))
    assert only(found).address == f"https://h.example/p?x=1&{word}=2"


def test_files_of_media_rss() -> None:
    """Sounds and films are attachments, the picture stands before a text that has none."""
    item = (
        "<title>T</title><guid>1</guid><description>Words.</description><media:group>"
        "<media:content url='https://v.example/f.mp4' type='video/mp4' fileSize='0'/>"
        "<media:thumbnail url='https://p.example/t.jpg'/></media:group>"
    )
    entry = only(read(rss(item)))
    assert [(file.address, file.media_type, file.length) for file in entry.attachments] == [
        ("https://v.example/f.mp4", "video/mp4", None)
    ]
    assert entry.content == '<p><img src="https://p.example/t.jpg" alt=""></p>Words.'


@pytest.mark.parametrize(
    ("media", "files"),
    [
        (
            "<media:content url='https://v.example/1.mp4' duration='90'/><media:content url='https://v.example/2.mp4'/>",
            ["https://v.example/1.mp4", "https://v.example/2.mp4"],
        ),
        (
            "<media:group><media:content url='https://v.example/low.mp4'/>"
            "<media:content url='https://v.example/good.mp4' isDefault='true'/></media:group>",
            ["https://v.example/good.mp4"],
        ),
        ("<media:content url='https://v.example/1.jpg'/><media:content url='https://v.example/a.mp3'/>", ["https://v.example/a.mp3"]),
    ],
)  # fmt: skip
def test_several_files_of_media_rss(media: str, files: list[str]) -> None:
    """Only those of one group are forms of one file; what says no type has one by its ending."""
    entry = only(read(rss(f"<title>T</title><guid>1</guid><description>Words.</description>{media}")))
    assert [file.address for file in entry.attachments] == files


def test_references_in_labels_and_names() -> None:
    """They are read in feeds that are no XML, and where programs escaped them twice."""
    item = (
        "<title>T</title><guid>1</guid><category>Food &amp; Drink</category><category><![CDATA[R&amp;D]]></category>"
        "<dc:creator>Jane Roe &lt;jane@x.international&gt;</dc:creator>"
    )
    for broken in ("", "<b>"):
        entry = only(read(rss(item + f"<description>Words{broken}</description>")))
        assert entry.fields["category"] == ["Food & Drink", "R&D"]
        assert entry.author == "Jane Roe"


def test_a_base_ends_with_its_element() -> None:
    """The ids of other entries do not change by it."""
    based = "<title>A</title><content type='xhtml' xml:base='https://b.example/'><div xmlns='http://www.w3.org/1999/xhtml'>a</div></content>"
    feed_ = atom(based).replace(
        "</entry>", "</entry><entry><id>second</id><title>B</title><content>b</content></entry>"
    )
    assert [entry.key for entry in read(feed_).entries][-1] == "second"


def test_content_that_is_a_file() -> None:
    """What an Atom entry's content names is an attachment where it is no page."""
    entry = only(read(atom("<title>T</title><content src='/files/a.pdf' type='application/pdf'/>")))
    assert [(file.address, file.media_type) for file in entry.attachments] == [
        ("https://feeds.example/files/a.pdf", "application/pdf")
    ]


def test_the_widest_thumbnail() -> None:
    """Of several pictures the widest stands for an item."""
    media = "".join(
        f"<media:thumbnail url='https://p.example/{width}.jpg' width='{width}'/>" for width in (75, 750)
    )
    entry = only(read(rss(f"<title>T</title><guid>1</guid><description>Words.</description>{media}")))
    assert "https://p.example/750.jpg" in (entry.content or "")


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("1:02:03", 3723), ("62:03", 3723), ("3723", 3723), ("3723.5", 3723), ("long", None)],
)
def test_episodes(duration: str, seconds: int | None) -> None:
    """What iTunes' elements say of an item goes with its first file."""
    said = (
        f"<itunes:duration>{duration}</itunes:duration><itunes:season>2</itunes:season>"
        "<itunes:episode>7</itunes:episode><itunes:image href='/7.jpg'/>"
    )
    files = "<enclosure url='https://v.example/7.mp3' type='audio/mpeg'/>"
    entry = only(read(rss(f"<title>T</title><guid>1</guid><description>Words.</description>{files}{said}")))
    (file,) = entry.attachments
    assert file.episode == Episode(seconds, 2, 7, "https://harbour.example/7.jpg")


def test_a_film_beside_a_story_is_not_the_story() -> None:
    """The page of a newspaper's article is read although its feed names a film."""
    item = "<title>T</title><link>https://h.example/1</link><description>Teaser</description><media:content url='https://v.example/f.mp4' type='video/mp4'/>"
    assert only(read(rss(item), full_text="auto")).content is None


@pytest.mark.parametrize(
    ("item", "title"),
    [
        (
            "<enclosure url='https://h.example/tide%20table.pdf' type='application/pdf' length='1'/>",
            "tide table.pdf",
        ),
        ("<media:content url='https://h.example/fog.jpg' medium='image'/>", "fog.jpg"),
    ],
)
def test_a_file_alone_is_an_entry(item: str, title: str) -> None:
    """What has neither title nor text is called after its file."""
    assert only(read(rss(item))).title == title


def test_content_elsewhere_is_the_link() -> None:
    """An Atom entry may name only where its content is (RFC 4287, section 4.1.3.2)."""
    assert (
        only(read(atom("<title>T</title><content src='https://h.example/1' type='text/html'/>"))).address
        == "https://h.example/1"
    )


def test_half_an_emoji_in_json() -> None:
    """One broken character costs one character, wherever in the feed it stands."""
    items = [
        {"id": "1", "title": "One \ud83d", "content_html": "<p>x</p>"},
        {"id": "2", "title": "Two", "summary": "y \ude00 z"},
    ]
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "C", "items": items})
    assert [entry.title for entry in read(body, "application/feed+json").entries] == ["One \ufffd", "Two"]


def test_inline_markup_ends_no_word() -> None:
    """Titles are read as browsers show them."""
    titles = {
        "H&lt;sub&gt;2&lt;/sub&gt;O": "H2O",
        "&lt;b&gt;Fog&lt;/b&gt;: ships wait": "Fog: ships wait",
        "夜间&lt;em&gt;渡轮&lt;/em&gt;恢复": "夜间渡轮恢复",
    }
    for markup, title in titles.items():
        assert only(read(atom(f"<title type='html'>{markup}</title><content>c</content>"))).title == title
    assert plain("<p>One</p><p>two<br>three</p>") == "One two three"
