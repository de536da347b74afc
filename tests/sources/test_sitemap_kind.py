"""The sitemap kind: addresses and news of sitemaps and indexes, packed and plain, broken and hostile."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from aggregator.errors import ReadError
from aggregator.model import Fetched, Listing
from aggregator.settings import Source
from aggregator.sources import sitemap
from tests.support.answers import fetched

SITE = "https://news.example"
XMLNS = "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
NEWS = """
<url><loc>https://news.example/a/2</loc>
<image:image><image:loc>https://news.example/i.png</image:loc><image:title>A picture</image:title></image:image>
<news:news><news:publication><news:name>临江报</news:name><news:language>zh-cn</news:language></news:publication>
<news:publication_date>2026-03-05T10:20:00+08:00</news:publication_date><news:title>渡轮 &amp; 码头</news:title>
<news:keywords>港口, 渡轮，</news:keywords></news:news></url>"""


def source(**keys: Any) -> Source:
    """A sitemap source."""
    return Source.model_validate({"name": "x", "kind": "sitemap", "url": f"{SITE}/sitemap.xml", **keys})


def read(body: bytes | str, **keys: Any) -> Listing:
    """What a sitemap lists."""
    return sitemap.read_list(source(**keys), fetched(body, f"{SITE}/sitemap.xml"))


def urlset(*addresses: str, more: str = "") -> str:
    """A sitemap of these addresses, a date after each ``|``."""
    urls = ""
    for address in addresses:
        loc, _, date = address.partition("|")
        urls += f"<url><loc>{SITE}{loc}</loc>{f'<lastmod>{date}</lastmod>' if date else ''}</url>"
    return f"<?xml version='1.0' encoding='UTF-8'?><urlset {XMLNS}>{urls}{more}</urlset>"


def paths(listing: Listing) -> list[str]:
    """The paths of the entries, in order."""
    return [entry.address.removeprefix(SITE) for entry in listing.entries]


def test_newest_first() -> None:
    """Entries come newest first, whatever the form of their dates; those without keep their order at the end."""
    said = (
        "/a",
        "/b|2026-03-05",
        "/c|2026-03-05T10:00:00+08:00",
        "/d|2026-03-06T00:30Z",
        "/e|soon",
        "/b?utm_source=x",
    )
    listing = read(urlset(*said))
    assert paths(listing) == ["/d", "/c", "/b", "/a", "/e"]
    first = listing.entries[0]
    assert (first.key, first.updated, first.published) == (f"{SITE}/d", "2026-03-06T00:30Z", "")
    assert (first.title, first.content) == ("", None), "its page has the rest"
    rules = {"key": "canonical address", "address": "loc", "updated": "lastmod", "title": "its page"}
    assert first.rules == rules


@pytest.mark.parametrize("declared", [True, False])
def test_news(declared: bool) -> None:
    """News have title, date, origin and keywords; what is said of pictures is not of the article."""
    spaces = "xmlns:news='http://www.google.com/schemas/sitemap-news/0.9' xmlns:image='http://www.google.com/schemas/sitemap-image/1.1'"
    body = f"<urlset {XMLNS} {spaces if declared else ''}>{NEWS}</urlset>"
    (entry,) = read(body).entries
    assert (entry.title, entry.origin, entry.published) == (
        "渡轮 & 码头",
        "临江报",
        "2026-03-05T10:20:00+08:00",
    )
    assert entry.address == f"{SITE}/a/2"
    assert (entry.fields["keywords"], entry.fields["language"]) == (["港口", "渡轮"], "zh-cn")


def test_index() -> None:
    """An index gives its newest sitemaps as requests to come, five at most, and says so."""
    parts = "".join(
        f"<sitemap><loc>/part-{n}.xml.gz</loc><lastmod>2026-03-{n:02}</lastmod></sitemap>"
        for n in range(1, 8)
    )
    listing = read(f"<sitemapindex {XMLNS}>{parts}<sitemap><loc>javascript:x</loc></sitemap></sitemapindex>")
    assert listing.entries == ()
    assert [request.address for request in listing.more] == [
        f"{SITE}/part-{n}.xml.gz" for n in (7, 6, 5, 4, 3)
    ]
    assert listing.notes == ("5 of 8 sitemaps are read, the newest",)


def test_packed() -> None:
    """A packed sitemap is unpacked; one that was cut off gives what it has, and a bomb nothing."""
    many = urlset(*(f"/{number:05}" for number in range(5000)))
    packed = gzip.compress(many.encode())
    assert len(read(packed).entries) == sitemap.MAX_ENTRIES, "an archive is not news"
    assert len(read(packed, limit=9000).entries) == 5000
    half = read(packed[: len(packed) // 2], limit=9000)
    assert 1000 < len(half.entries) < 5000
    assert any("cut off" in note for note in half.notes)
    with pytest.raises(ReadError) as caught:
        read(gzip.compress(b"<urlset>" + b" " * sitemap.MAX_UNPACKED))
    assert caught.value.fault == "too-large"
    with pytest.raises(ReadError, match="broken gzip"):
        read(b"\x1f\x8b" + b"no gzip")


def test_plain_text_and_characters() -> None:
    """A text has one address a line; other charsets are read as they are declared."""
    assert paths(read(f"\ufeff{SITE}/1\r\n\r\n {SITE}/2 \n")) == ["/1", "/2"]
    gbk = f"<?xml version='1.0' encoding='gb2312'?><urlset><url><loc>{SITE}/1</loc><news:news><news:title>渡轮</news:title></news:news></url></urlset>"
    assert read(gbk.encode("gbk")).entries[0].title == "渡轮"
    prefixed = f"<s:urlset xmlns:s='x'><s:url><s:loc>{SITE}/1</s:loc></s:url></s:urlset>"
    assert paths(read(prefixed)) == ["/1"]


def test_match() -> None:
    """`match` takes only the addresses of articles, and never the sitemaps of an index."""
    said = urlset("/art/1", "/about", "/art/2|2026-03-05", more="<sitemap><loc>/more.xml</loc></sitemap>")
    listing = read(said, options={"match": r"/art/\d+$"})
    assert paths(listing) == ["/art/2", "/art/1"]
    assert len(listing.more) == 1


def test_never_a_page() -> None:
    """With full_text = "never" a sitemap's own words are all there is."""
    assert [entry.content for entry in read(urlset("/1"), full_text="never").entries] == [""]


def test_cut_off() -> None:
    """A sitemap without its end gives the entries that are whole, with a note."""
    listing = read(urlset("/1", "/2").replace("</urlset>", f"<url><loc>{SITE}/hal"))
    assert paths(listing) == ["/1", "/2"]
    assert listing.notes == ("the sitemap was cut off",)


@pytest.mark.parametrize(
    ("body", "fault", "said"),
    [
        (f"<urlset {XMLNS}></urlset>", "empty", "a sitemap without addresses"),
        ("<urlset/>", "empty", "a sitemap without addresses"),
        ("<!DOCTYPE html><title>Not found</title>", "wrong-type", "an HTML page titled 'Not found'"),
        ("<rss version='2.0'><channel/></rss>", "wrong-type", "is not a sitemap"),
        ("User-agent: *", "wrong-type", "begins 'User-agent: *'"),
        ("", "empty", "an empty answer"),
    ],
)
def test_what_is_no_sitemap(body: str, fault: str, said: str) -> None:
    """What came instead is said, with its fault."""
    with pytest.raises(ReadError) as caught:
        read(body)
    assert caught.value.fault == fault
    assert said in str(caught.value)


@pytest.mark.slow
def test_hostile_xml() -> None:
    """Entities are not expanded, files not read, deep and endless trees no harm."""
    bomb = "<!ENTITY e0 'lol'>" + "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 12))
    for entity, name in (
        (bomb, "e11"),
        ("<!ENTITY x SYSTEM 'file:///etc/passwd'>", "x"),
        ("<!ENTITY x 'expanded'>", "x"),
    ):
        body = urlset("/fine", f"/a&{name};").replace("<urlset", f"<!DOCTYPE urlset [{entity}]><urlset")
        found = paths(read(body))
        assert "/fine" in found
        assert set(found) <= {"/fine", "/a"}
    for deep in ("<url>" * 100_000, "<url><loc>" * 50_000, "<urlset>" + "<news>" * 100_000):
        with pytest.raises(ReadError):
            read(deep)
    most = read(
        urlset(*(f"/{number}" for number in range(sitemap.MAX_ADDRESSES + 10))),
        limit=sitemap.MAX_ADDRESSES + 10,
    )
    assert len(most.entries) == sitemap.MAX_ADDRESSES


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"options": {"mach": "x"}}, 'options.mach: unknown key; did you mean "match"?'),
        ({"options": {"match": "("}}, "options.match: '(': is not a regular expression"),
        ({"options": {"match": 5}}, "options.match: 5: should be a valid string"),
        ({"category": "{author}"}, "category: {author} is not a field"),
        ({"article": {"body": "p["}}, "article.body"),
        ({"article": {"format": "json"}}, "article.format"),
    ],
)
def test_faults(keys: dict[str, Any], said: str) -> None:
    """Each fault is one line at its key."""
    found = [f"{key}: {message}" for key, message in sitemap.check(source(**keys))]
    assert len(found) == 1, found
    assert said in found[0]


def test_sound_source() -> None:
    """A sitemap needs nothing but its address."""
    assert list(sitemap.check(source())) == []


def test_article() -> None:
    """An entry is completed by its own page."""
    (entry,) = read(urlset("/1")).entries
    page = Fetched(f"{SITE}/1", 200, {}, b"<h1>Ferry</h1><div id=zoom><p>Text</p></div>")
    whole = sitemap.read_article(source(article={"body": "#zoom", "title": "h1"}), entry, page)
    assert (whole.title, whole.content) == ("Ferry", "<p>Text</p>")
