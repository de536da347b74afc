"""Feeds: what readers and validators make of the three forms."""

import json
import locale
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import feedparser
import html5lib
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aggregator.model import (
    EVERYTHING,
    Article,
    Attachment,
    Category,
    Episode,
    Field,
    Filing,
    KeptArticle,
    Topic,
)
from aggregator.render import paths
from aggregator.render.feeds import FORMS, read_feed, render_feeds
from aggregator.settings import Site

SITE = Site(title="金融消息", url="https://finews.example.org/news/", language="zh-CN")
MARKET = Category("shichangjianguanzongju", "市场监管总局")
ODD = Category("a-b", 'A & <b> "x"')
NOON = datetime(2026, 3, 5, 4, 0, 0, 123456, tzinfo=UTC)
AWKWARD = r"""1 < 2 & "q" 'q' \n {{ x }} {% raw %} ]]> <b>b</b> &amp; &lt;i&gt;"""
BODY = '<p>你好<b>粗</b>体</p><ul><li>a &lt; b</li><li>]]&gt;</li></ul><p>{{ x }}</p><img src="https://a.example/i.png">'
PDF = Attachment("https://a.example/f/%E4%B8%80.PDF?x=.zip", "附件")
DOC = Attachment("https://a.example/f/b", "附件", "application/msword; charset=x", 2048)
DATA = Attachment("https://a.example/f/data.unheard-of", "数据", "nonsense", 7)
NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
}


def topic_of(category: Category | None) -> Topic:
    """The topic of a category, or everything."""
    return paths.category_topic(category) if category else EVERYTHING


def keep(number: int, filed: tuple[Category, ...] = (MARKET, ODD), **fields: Any) -> KeptArticle:
    article = Article(
        namespace="samr",
        key=f"key {number}",
        source="samr-news",
        title=f"消息 {number}",
        address=f"https://samr.example.cn/{number}?a=1&b=2",
        content=BODY,
        published=NOON,
        updated=NOON + timedelta(hours=number),
        labels=(),
    )
    filings = tuple(Filing(category, category.label) for category in filed)
    return KeptArticle(f"NW{number:08}", 1, number, NOON, replace(article, **fields), filings)


FIELDS = (
    Field("number", "国发〔2026〕5号", "reference"),
    Field("subject", f"{AWKWARD}\n\x0b\n码头", "list"),
    Field("nothing", "\x0b"),
    Field("issued", "2026-03-05", "date"),
)
RICH = [
    keep(2, title=AWKWARD, author="王小明", summary="1 < 2 & <b>", attachments=(PDF, DOC, DATA)),
    keep(
        3,
        address="",
        origin="新华社",
        content='<img src="https://a.example/i.png">',
        language="en_GB",
        fields=FIELDS,
    ),
    keep(1, address="", share_url="https://old.example/share?id=1", content="", language="zh-cn"),
]


def render(
    articles: list[KeptArticle], category: Category | None = None, site: Site = SITE
) -> tuple[etree._Element, etree._Element, dict[str, Any]]:
    """The RSS channel, the Atom feed and the JSON Feed, parsed."""
    rss, atom, text = (page.body for page in render_feeds(site, topic_of(category), articles))
    return etree.fromstring(rss)[0], etree.fromstring(atom), json.loads(text.decode("utf-8"))


def texts(element: etree._Element, path: str) -> list[str]:
    return [found.text or "" for found in element.iterfind(path, NAMES)]


def links(element: etree._Element) -> list[dict[str, str]]:
    return [dict(found.attrib) for found in element.iterfind("a:link", NAMES)]


@pytest.fixture(scope="module")
def atom_schema(corpora: Path) -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(corpora / "schemas/atom_relaxng/schemas/atom.rng"))


@pytest.fixture(scope="module")
def json_schema(corpora: Path) -> Any:
    schema = json.loads((corpora / "schemas/jsonfeed_schema/schema-v1.1.json").read_text("utf-8"))
    return jsonschema.Draft7Validator(schema)


@pytest.mark.parametrize("category", [None, MARKET], ids=["everything", "category"])
@pytest.mark.parametrize("articles", [RICH, []], ids=["rich", "empty"])
def test_atom_is_valid(
    atom_schema: etree.RelaxNG, articles: list[KeptArticle], category: Category | None
) -> None:
    """Every Atom feed satisfies the schema of RFC 4287, an empty one included."""
    atom_schema.assertValid(render(articles, category)[1])


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (b'type="html"', b'type="CDATA"'),
        (b"2026-03-05T06:00:00+00:00", b"yesterday"),
        (b'type="application/pdf"', b'type="pdf"'),
        (b'xml:lang="en-GB"', b'xml:lang="en_GB"'),
    ],
)
def test_the_schema_bites(atom_schema: etree.RelaxNG, good: bytes, bad: bytes) -> None:
    """The schema reads entries to the bottom: one wrong value in ours, and it refuses the feed."""
    body = render_feeds(SITE, EVERYTHING, RICH)[1].body
    assert good in body
    assert not atom_schema.validate(etree.fromstring(body.replace(good, bad)))


@pytest.mark.parametrize("articles", [RICH, []], ids=["rich", "empty"])
def test_json_feed_is_valid(json_schema: Any, articles: list[KeptArticle]) -> None:
    """Every JSON Feed satisfies the schema of version 1.1."""
    feed = render(articles, MARKET)[2]
    json_schema.validate(feed)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"


def test_rss_is_valid() -> None:
    """RSS has the elements that 2.0 requires, once each, readable dates, and a guid for each item."""
    channel = render(RICH, MARKET)[0]
    for name in ("title", "link", "description", "language", "generator", "lastBuildDate"):
        assert len(channel.findall(name)) == 1, name
    items = channel.findall("item")
    assert len(items) == 3
    for item in items:
        assert all(len(item.findall(name)) == 1 for name in ("title", "link", "guid", "pubDate"))
        assert len(item.findall("enclosure")) <= 1
        assert len(item.findall("description")) <= 1
        assert parsedate_to_datetime(texts(item, "pubDate")[0]) == NOON.replace(microsecond=0)
    guids = channel.findall("item/guid")
    assert len({guid.text for guid in guids}) == 3
    assert {guid.get("isPermaLink") for guid in guids} == {"false"}


def test_pages_and_addresses() -> None:
    """Each form lies at its own path, names itself absolutely and its HTML page, below a site's path too."""
    for category, folder, home in (
        (None, "feeds", "https://finews.example.org/news/"),
        (MARKET, f"category/{MARKET.slug}", f"https://finews.example.org/news/category/{MARKET.slug}.html"),
    ):
        pages = render_feeds(SITE, topic_of(category), RICH)
        assert [page.path for page in pages] == [
            f"{folder}/{name}" for name in ("rss.xml", "atom.xml", "feed.json")
        ]
        channel, atom, feed = render(RICH, category)
        root = f"https://finews.example.org/news/{folder}"
        assert texts(channel, "link") == [home]
        assert links(channel) == [{"href": f"{root}/rss.xml", "rel": "self", "type": "application/rss+xml"}]
        assert links(atom) == [
            {"href": f"{root}/atom.xml", "rel": "self", "type": "application/atom+xml"},
            {"href": home, "rel": "alternate", "type": "text/html"},
        ]
        assert (feed["home_page_url"], feed["feed_url"]) == (home, f"{root}/feed.json")


def test_name_of_a_feed() -> None:
    """A category's feed is named after the category and the site, the feed of everything after the site."""
    for category, title in ((None, "金融消息"), (MARKET, "市场监管总局 - 金融消息")):
        channel, atom, feed = render([], category)
        assert [*texts(channel, "title"), *texts(atom, "a:title"), feed["title"]] == [title] * 3
        assert texts(atom, "a:id") == [paths.feed_urn(topic_of(category))]
        assert [*texts(channel, "generator"), *texts(atom, "a:generator")] == ["aggregator"] * 2


@pytest.mark.parametrize(
    "label", ["<svg onload=alert(1)>", "a < b & c", "&lt;img src=x&gt;", "</description><script>1</script>"]
)
def test_a_label_is_no_markup_to_a_reader(label: str) -> None:
    """A reader that takes the channel's description for HTML sees the label as it is."""
    channel = render([], Category("odd", label))[0]
    description = html5lib.parseFragment(texts(channel, "description")[0])
    assert [len(description), description.text] == [0, f"{label} - 金融消息"]


def test_a_feed_without_items_says_no_false_date() -> None:
    """RSS does without a date; Atom, which needs one, has the one it is given."""
    channel, atom, _ = render([])
    assert texts(channel, "lastBuildDate") == []
    assert texts(atom, "a:updated") == ["1970-01-01T00:00:00+00:00"]
    feed = read_feed(SITE, "urn:x", "search", "https://x.example/", [], changed=NOON)
    for write in FORMS.values():
        assert b"1970" not in write(feed, "https://x.example/feed")


def test_original_and_mirror() -> None:
    """The canonical address is the link; the share page stands beside it as related, or alone."""
    channel, atom, feed = render(RICH)
    originals = ["https://samr.example.cn/2?a=1&b=2", None, "https://old.example/share?id=1"]
    for original, item, entry, json_item in zip(
        originals, channel.findall("item"), atom.findall("a:entry", NAMES), feed["items"], strict=True
    ):
        share = json_item["url"]
        assert share.startswith("https://finews.example.org/news/share/NW0000000")
        related = [{"rel": "related", "href": share}] if original else []
        assert texts(item, "link") == [original or share]
        assert links(item) == related
        assert [link for link in links(entry) if link.get("rel") != "enclosure"] == [
            {"href": original or share},
            *related,
        ]
        assert json_item.get("external_url") == original


@pytest.mark.parametrize(
    "body", ["<p title='>'>a ]]> b ]]></p>", "<pre>a\r\nb\rc</pre>", "]]>", "<![CDATA[x]]>"]
)
def test_text_is_that_of_the_article(body: str) -> None:
    """What ends a CDATA section, and what XML takes for a line feed, comes back as it is."""
    channel, atom, _ = render([keep(1, content=body, summary="")])
    assert texts(channel, "item/description") == texts(atom, "a:entry/a:content") == [body]
    channel, atom, _ = render([keep(1, content=body, summary="The pier.")])
    assert texts(channel, "item/content:encoded") == texts(atom, "a:entry/a:content") == [body]


def test_content_and_summary() -> None:
    """The body comes back whole and unchanged; the summary is text, and only what the source has."""
    channel, atom, feed = render([*RICH, keep(4)])
    bodies = [kept.article.content for kept in RICH] + [BODY]
    entries = atom.findall("a:entry", NAMES)
    assert ["".join(texts(entry, "a:content")) for entry in entries] == bodies
    assert {found.get("type") for found in atom.iterfind("a:entry/a:content", NAMES)} == {"html"}
    assert [item["content_html"] for item in feed["items"]] == bodies
    own = [kept.article.summary for kept in [*RICH, keep(4)]]
    assert ["".join(texts(entry, "a:summary")) for entry in entries] == own
    assert [item.get("summary", "") for item in feed["items"]] == own
    # RSS has one element for both: the text itself is the description where there is no summary.
    items = channel.findall("item")
    assert ["".join(texts(item, "content:encoded")) for item in items] == [bodies[0], "", "", ""]
    assert ["".join(texts(item, "description")) for item in items][1:] == bodies[1:]
    # A reader takes it for HTML.
    assert etree.HTML(f"<p>{texts(items[0], 'description')[0]}").xpath("string()") == own[0] == "1 < 2 & <b>"


def test_links_in_a_text() -> None:
    """What our sanitiser writes at every link is left to readers; the words of a text stay."""
    rel = ' rel="noopener noreferrer"'
    bare = f'<p><a title="a > b" href="https://samr.example.cn/2">2</a> so:{rel}&gt; it is</p>'
    content = bare.replace('/2">', f'/2"{rel}>')
    channel, atom, feed = render([keep(1, content=content)])
    assert texts(channel, "item/description") == texts(atom, "a:entry/a:content") == [bare]
    assert feed["items"][0]["content_html"] == bare


def test_who_wrote_it() -> None:
    """An item names its author, else the origin, else the source; an Atom feed names the site."""
    channel, atom, feed = render(RICH)
    authors = ["王小明", "新华社", "samr-news"]
    assert texts(channel, "item/dc:creator") == authors
    assert texts(atom, "a:entry/a:author/a:name") == authors
    assert [item["authors"] for item in feed["items"]] == [[{"name": name}] for name in authors]
    assert texts(atom, "a:author/a:name") == ["金融消息"]
    assert feed["authors"] == [{"name": "金融消息"}]


def test_categories() -> None:
    """Categories are named by their labels, once each, with the address of their page."""
    kept = keep(1, filed=(MARKET, ODD, MARKET))
    channel, atom, feed = render([kept])
    pages = [f"https://finews.example.org/news/category/{slug}.html" for slug in (MARKET.slug, ODD.slug)]
    labels = [MARKET.label, ODD.label]
    assert texts(channel, "item/category") == labels
    assert [found.get("domain") for found in channel.iterfind("item/category")] == pages
    assert [dict(found.attrib) for found in atom.iterfind("a:entry/a:category", NAMES)] == [
        {"term": label, "scheme": page} for label, page in zip(labels, pages, strict=True)
    ]
    assert feed["items"][0]["tags"] == labels


def test_tags() -> None:
    """A tag of its own stands beside the categories, without a scheme; one that repeats a category does not."""
    filings = (
        Filing(MARKET, "召回 & <b>"),
        Filing(ODD, MARKET.label),
        Filing(ODD, "召回 & <b>"),
        Filing(ODD, " "),
    )
    channel, atom, feed = render([replace(keep(1), filings=filings)])
    expected = [MARKET.label, ODD.label, "召回 & <b>"]
    assert texts(channel, "item/category") == feed["items"][0]["tags"] == expected
    assert channel.findall("item/category")[-1].attrib == {}
    found = [dict(found.attrib) for found in atom.iterfind("a:entry/a:category", NAMES)]
    assert found[-1] == {"term": "召回 & <b>"}


def test_facts_that_xml_cannot_hold() -> None:
    """Such characters go, and with them a value or a fact of which nothing is left."""
    channel, atom, feed = render([keep(1, filed=(), fields=FIELDS)])
    for terms in (
        [one.get("term") for one in atom.iterfind("a:entry/a:category", NAMES)],
        [one.text for one in channel.iterfind("item/category")],
    ):
        assert [terms[0], *terms[2:]] == ["国发〔2026〕5号", "码头", "2026-03-05"]
    assert list(feed["items"][0]["_fields"]) == ["number", "subject", "issued"]


def test_source() -> None:
    """An item names its source by our feed of it, under which that feed knows itself."""
    film = keep(1, content='<video><source src="https://samr.example.cn/1.mp4"></video>')
    channel, atom, _ = render([film])
    folder = "https://finews.example.org/news/source/samr-news"
    (source,) = channel.findall("item/source")
    assert (source.text, dict(source.attrib)) == ("samr-news", {"url": f"{folder}/rss.xml"})
    (atom_source,) = atom.findall("a:entry/a:source", NAMES)
    rss, ours, _ = render_feeds(SITE, Topic("source", "samr-news", ""), [film, keep(2, source="gov")])
    its_own = etree.fromstring(ours.body)
    for name in ("a:id", "a:title"):
        assert texts(atom_source, name) == texts(its_own, name)
    assert texts(atom_source, "a:updated") == texts(atom, "a:entry/a:updated")
    assert links(atom_source) == [{"rel": "self", "href": f"{folder}/atom.xml"}]
    # In the feed itself, only another source is named, and nothing else is left out.
    entry, other = its_own.findall("a:entry", NAMES)
    whole = atom.findall("a:entry/*", NAMES)
    assert [child.tag for child in entry] == [child.tag for child in whole if child is not atom_source]
    assert texts(other, "a:source/a:title") == ["gov - 金融消息"]
    assert texts(etree.fromstring(rss.body)[0], "item/source") == ["gov"]


@pytest.mark.parametrize(
    ("content", "attachments", "picture"),
    [
        ('<p>x</p><img alt="a" src="https://a.example/1.png?a&amp;b"><img src="https://a.example/2.png">', (), "https://a.example/1.png?a&b"),
        ('<img src="data:image/png;base64,xx"><img width="1" src="https://a.example/一.png">', (), "https://a.example/%E4%B8%80.png"),
        ("<p>&lt;img src=&quot;https://a.example/1.png&quot;&gt;</p>", (PDF, Attachment("https://a.example/p.jpg")), "https://a.example/p.jpg"),
        ('<img alt="none">', (PDF,), None),
    ],
    ids=["first", "on the web", "attached", "none"],
)  # fmt: skip
def test_picture(content: str, attachments: tuple[Attachment, ...], picture: str | None) -> None:
    """The first picture of an article, or one that is attached, stands for it in every form."""
    channel, atom, feed = render([keep(1, content=content, attachments=attachments)])
    expected = [{"url": picture}] if picture else []
    assert [dict(found.attrib) for found in channel.iterfind("item/media:thumbnail", NAMES)] == expected
    assert [dict(found.attrib) for found in atom.iterfind("a:entry/media:thumbnail", NAMES)] == expected
    assert feed["items"][0].get("image") == picture


def test_addresses_are_uris() -> None:
    """What a browser would forgive in an address is written as RFC 3986 has it; what is no web address is left out."""
    odd = Attachment("https://a.example/b c[1].pdf", "b")
    kept = keep(1, address="https://a.example/新闻[1]?q=[2]", attachments=(Attachment("javascript:x"), odd))
    channel, atom, feed = render([kept])
    written = "https://a.example/%E6%96%B0%E9%97%BB%5B1%5D?q=%5B2%5D"
    assert [*texts(channel, "item/link"), feed["items"][0]["external_url"]] == [written] * 2
    assert links(atom.findall("a:entry", NAMES)[0])[0] == {"href": written}
    assert [item["url"] for item in feed["items"][0]["attachments"]] == ["https://a.example/b%20c%5B1%5D.pdf"]
    channel, _, feed = render([keep(1, address="gopher://a.example/1")])
    assert texts(channel, "item/link") == [feed["items"][0]["url"]]


def test_a_reader_of_rss_notices_changes() -> None:
    """An RSS item says when it was changed; its first date and its id stay."""
    edited = keep(1, updated=NOON + timedelta(days=1))
    (before, *_), (after, *_) = render([keep(1)]), render([edited])
    assert texts(before, "item/a:updated") == ["2026-03-05T05:00:00+00:00"]
    assert texts(after, "item/a:updated") == ["2026-03-06T04:00:00+00:00"]
    for name in ("item/guid", "item/pubDate"):
        assert texts(before, name) == texts(after, name)


def test_attachments() -> None:
    """Every form carries all attachments, each with a media type; RSS has a place for one of them only."""
    channel, atom, feed = render(RICH)
    pdf, doc, data = (attachment.address for attachment in (PDF, DOC, DATA))
    assert [dict(found.attrib) for found in channel.iterfind("item/enclosure")] == [
        {"url": pdf, "length": "0", "type": "application/pdf"}
    ]
    assert [dict(found.attrib) for found in channel.iterfind("item/media:content", NAMES)] == [
        {"url": doc, "type": "application/msword", "fileSize": "2048"},
        {"url": data, "type": "application/octet-stream", "fileSize": "7"},
    ]
    assert texts(channel, "item/media:content/media:title") == ["附件", "数据"]
    enclosure = {"rel": "enclosure"}
    entry = atom.find("a:entry", NAMES)
    assert entry is not None
    assert [link for link in links(entry) if link.get("rel") == "enclosure"] == [
        enclosure | {"href": pdf, "type": "application/pdf", "title": "附件"},
        enclosure | {"href": doc, "type": "application/msword", "title": "附件", "length": "2048"},
        enclosure | {"href": data, "type": "application/octet-stream", "title": "数据", "length": "7"},
    ]
    # JSON Feed reads attachments of one title as one thing in several formats: these are not.
    assert feed["items"][0]["attachments"] == [
        {"url": pdf, "mime_type": "application/pdf"},
        {"url": doc, "mime_type": "application/msword", "size_in_bytes": 2048},
        {"url": data, "mime_type": "application/octet-stream", "title": "数据", "size_in_bytes": 7},
    ]


def test_episodes() -> None:
    """RSS has iTunes' elements for the first file, and all that have a place for it its duration."""
    first = Attachment(
        "https://v.example/7.mp3", "", "audio/mpeg", 9, Episode(3723, 2, 7, "https://v.example/7.webp")
    )
    second = Attachment("https://v.example/8.mp4", "", "video/mp4", 9, Episode(90))
    channel, _, feed = render([keep(1, attachments=(first, second))])
    itunes = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
    said = {
        element.tag.removeprefix(itunes): element.text
        for element in channel.iter()
        if str(element.tag).startswith(itunes)
    }
    assert said == {"duration": "3723", "season": "2", "episode": "7", "image": None}
    assert [found.get("duration") for found in channel.iterfind("item/media:content", NAMES)] == ["90"]
    assert [one["duration_in_seconds"] for one in feed["items"][0]["attachments"]] == [3723, 90]
    assert "3723" not in repr(first), "digests of other articles stay"
    assert (
        keep(1, attachments=(first,)).article.digest
        != keep(1, attachments=(replace(first, episode=None),)).article.digest
    )


@pytest.mark.parametrize("length", [0, -1, None])
def test_a_length_that_is_not_known(length: int | None) -> None:
    """It is left out where it may be; zero bytes are no file."""
    files = (replace(DATA, length=length), replace(DOC, length=length))
    channel, atom, feed = render([keep(1, attachments=files)])
    assert [found.get("length") for found in channel.iterfind("item/enclosure")] == ["0"], "RSS wants one"
    assert [found.get("fileSize") for found in channel.iterfind("item/media:content", NAMES)] == [None]
    assert not [link for link in links(atom.find("a:entry", NAMES)) if "length" in link]  # type: ignore[arg-type]
    assert not [one for one in feed["items"][0]["attachments"] if "size_in_bytes" in one]


def test_language_of_an_item() -> None:
    """An item in another language than the feed's says so; one in the same or in none says nothing."""
    channel, atom, feed = render([*RICH, keep(4, language="not a language")])
    xml_lang = "{http://www.w3.org/XML/1998/namespace}lang"
    assert (atom.get(xml_lang), texts(channel, "language"), feed["language"]) == ("zh-CN", ["zh-CN"], "zh-CN")
    languages = [None, "en-GB", None, None]
    assert [entry.get(xml_lang) for entry in atom.iterfind("a:entry", NAMES)] == languages
    assert [item.findtext("dc:language", None, NAMES) for item in channel.iterfind("item")] == languages
    assert [item.get("language") for item in feed["items"]] == languages


def test_dates() -> None:
    """Every date comes from the articles, the feed's from the newest; no clock is read."""
    channel, atom, feed = render(RICH)
    noon = "2026-03-05T04:00:00+00:00"
    updated = [f"2026-03-05T0{hour}:00:00+00:00" for hour in (6, 7, 5)]
    assert texts(atom, "a:entry/a:published") == [noon] * 3
    assert texts(atom, "a:entry/a:updated") == updated
    assert texts(atom, "a:updated") == [max(updated)]
    assert texts(channel, "lastBuildDate") == ["Thu, 05 Mar 2026 07:00:00 +0000"]
    assert [item["date_published"] for item in feed["items"]] == [noon] * 3
    assert [item["date_modified"] for item in feed["items"]] == updated


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (NOON + timedelta(days=3), "2026-03-05T12:00:00+00:00"),
        (NOON, "2026-03-05T04:00:00+00:00"),
        (NOON - timedelta(hours=6), "2026-03-05T00:00:00+00:00"),
    ],
)
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/Los_Angeles", "UTC"])
def test_a_day_without_a_time(zone: str, seen: datetime, told: str) -> None:
    """Whatever zone its midnight is of, it is the same day in UTC, and not ahead of when it was seen that day."""
    day = date(2026, 3, 5)
    midnight = datetime(2026, 3, 5, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    article = replace(keep(1, day=day, published=midnight, updated=midnight), first_seen=seen)
    channel, atom, feed = render([article])
    assert parsedate_to_datetime(texts(channel, "item/pubDate")[0]).isoformat() == told
    assert texts(atom, "a:entry/a:published") == texts(atom, "a:entry/a:updated") == [told]
    # Nothing was changed after it was published.
    assert "date_modified" not in feed["items"][0]
    assert feed["items"][0]["date_published"] == told


def test_the_locale_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing feeds leaves alone the locale of the process, which other threads share."""
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(locale, "setlocale", lambda *arguments: calls.append(arguments))
    render_feeds(SITE, EVERYTHING, RICH)
    assert calls == []


def test_order_and_bytes() -> None:
    """Items stand in the order given, and the same articles give the same bytes."""
    assert render_feeds(SITE, topic_of(MARKET), RICH) == render_feeds(SITE, topic_of(MARKET), list(RICH))
    channel, atom, feed = render(RICH[::-1])
    titles = [kept.article.title for kept in RICH[::-1]]
    assert texts(channel, "item/title") == texts(atom, "a:entry/a:title") == titles
    assert [item["title"] for item in feed["items"]] == titles


def test_ids_outlive_a_move() -> None:
    """Ids are of the identity alone: another address of the site or title of the article keeps them."""

    def ids(site: Site, articles: list[KeptArticle]) -> list[list[str]]:
        channel, atom, feed = render(articles, MARKET, site)
        items = [
            texts(channel, "item/guid"),
            texts(atom, "a:entry/a:id"),
            [item["id"] for item in feed["items"]],
        ]
        assert (
            items[0]
            == items[1]
            == items[2]
            == [paths.article_urn(kept.article.namespace, kept.article.key) for kept in articles]
        )
        return [*items, texts(atom, "a:id")]

    moved = Site(title="Moved", url="http://127.0.0.1:8080", language="en")
    edited = [replace(kept, version=2, article=replace(kept.article, title="x")) for kept in RICH]
    assert ids(SITE, RICH) == ids(moved, edited)


@pytest.mark.parametrize("form", [0, 1], ids=["rss", "atom"])
def test_a_reader_sees_what_was_meant(form: int) -> None:
    """A feed reader (feedparser) reads titles, bodies, ids, links and dates back as they were."""
    read = feedparser.parse(
        render_feeds(SITE, topic_of(ODD), RICH)[form].body, sanitize_html=False, resolve_relative_uris=False
    )
    assert not read.bozo
    assert read.version == ("rss20", "atom10")[form]
    assert read.feed.title == f"{ODD.label} - {SITE.title}"
    assert [entry.title for entry in read.entries] == [kept.article.title for kept in RICH]
    assert [entry.id for entry in read.entries] == [
        paths.article_urn(kept.article.namespace, kept.article.key) for kept in RICH
    ]
    assert [entry.link for entry in read.entries] == [paths.original(SITE, kept) for kept in RICH]
    assert read.entries[0].content[0].value == BODY
    assert read.entries[0].author == "王小明"
    assert read.entries[0].published_parsed[:6] == (2026, 3, 5, 4, 0, 0)


def xml_text(text: str) -> str:
    """What lxml, which knows, accepts of a text; DEL and C1, which XML advises against, are left out as well."""

    def accepted(character: str) -> bool:
        try:
            etree.Element("x").text = character
        except (ValueError, UnicodeEncodeError):
            return False
        return True

    return re.sub("[\x7f-\x9f]", "", "".join(filter(accepted, text)))


def visible(text: str) -> str:
    """What XML accepts of a text, nothing where all of it is white space."""
    return xml_text(text) if xml_text(text).strip() else ""


ANYTHING = st.text(
    st.one_of(st.characters(exclude_categories=()), st.sampled_from("<>&\"'\\]{}\r\n\t\0\ud800\uffff"))
)


def test_each_author_has_an_element() -> None:
    """Several authors are several persons in all three forms."""
    channel, atom, feed = render([keep(1, author="王小明\nSmith, Jane")])
    names = ["王小明", "Smith, Jane"]
    assert texts(channel, "item/dc:creator") == texts(atom, "a:entry/a:author/a:name") == names
    assert [person["name"] for person in feed["items"][0]["authors"]] == names


@given(title=ANYTHING, label=ANYTHING, name=ANYTHING, summary=ANYTHING, body=ANYTHING, site_title=ANYTHING)
def test_any_text_survives(
    title: str, label: str, name: str, summary: str, body: str, site_title: str
) -> None:
    """Whatever the text, the three forms stay well-formed and give back all of it that XML can hold."""
    site = SITE.model_copy(update={"title": site_title})
    category = Category("slug", label)
    attachment = Attachment("https://" + name, title, name)
    kept = keep(
        1,
        (category,),
        title=title,
        author=name,
        summary=summary,
        content=body,
        language=name,
        attachments=(attachment,),
    )
    channel, atom, feed = render([kept], category, site)
    titles = [*texts(channel, "item/title"), *texts(atom, "a:entry/a:title"), feed["items"][0]["title"]]
    assert titles == [visible(title) or kept.id] * 3
    labels = [*texts(channel, "item/category"), *feed["items"][0]["tags"]]
    assert labels == [visible(label) or "slug"] * 2
    assert feed["title"] == f"{visible(label) or 'slug'} - {visible(site_title) or site.root}"
    authors = [*texts(channel, "item/dc:creator"), *texts(atom, "a:entry/a:author/a:name")]
    assert authors == (list(filter(None, map(visible, name.split("\n")))) or ["samr-news"]) * 2
    told = "content:encoded" if visible(summary) else "description"
    bodies = ["".join(texts(channel, f"item/{told}")), feed["items"][0]["content_html"]]
    assert bodies == [xml_text(body)] * 2
    if visible(summary):
        assert feed["items"][0]["summary"] == xml_text(summary)
        assert texts(atom, "a:entry/a:summary") == [xml_text(summary)]


def test_what_its_source_took_back_is_taken_out_of_readers() -> None:
    """Atom says so by a tombstone (RFC 6721); the other forms leave it out; the rest stays."""
    gone = replace(keep(2), withdrawn=NOON + timedelta(days=7), missing_since=NOON)
    rss, atom, text = render([gone, keep(1)])
    [stone] = atom.iterfind("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
    assert dict(stone.attrib) == {
        "ref": paths.article_urn("samr", "key 2"),
        "when": "2026-03-12T04:00:00+00:00",
    }
    assert texts(atom, "a:updated") == ["2026-03-12T04:00:00+00:00"]
    remaining = [paths.article_urn("samr", "key 1")]
    assert texts(atom, "a:entry/a:id") == texts(rss, "item/guid") == remaining
    assert [item["id"] for item in text["items"]] == remaining
