"""Plain feeds: our reader agrees with feedparser entry by entry, and leaves to it what it is not sure of."""

from __future__ import annotations

import copy
import random
import re
from pathlib import Path

import pytest
from lxml import etree

from aggregator.errors import ReadError
from aggregator.model import Fetched, Listing
from aggregator.settings import Source
from aggregator.sources import feed
from aggregator.sources.plain_feed import read_plain_feed
from tests.support.sampling import sampled

SOURCE = Source(name="wire", kind="feed", url="https://wire.example/feed.xml", full_text="never")
ROOT = re.compile(rb"<(?=(?:\w+:)?(?:rss|feed|RDF)\b)", re.IGNORECASE)
RSS = """\
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:x="https://unknown.example/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
 xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom"
 xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/">
<channel><title>The harbour</title><link>https://port.example/</link><description>News</description>
<atom:link href="https://port.example/feed" rel="self" type="application/rss+xml"/>
<atom:link rel="hub" href="https://hub.example/"/><ttl>60</ttl><sy:updatePeriod>hourly</sy:updatePeriod>
<image><url>https://port.example/l.png</url><title>Logo</title><link>https://logo.example/</link></image>
<itunes:owner><itunes:name>Lin</itunes:name></itunes:owner><skipHours><hour>3</hour></skipHours>
<item><title>Ferry &amp; quay</title><link>https://port.example/1</link><guid isPermaLink="false">one</guid>
<pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate><dc:creator>Ann Poe</dc:creator><category>Boats</category>
<category domain="d">Quays</category><description>A line</description><slash:comments>3</slash:comments>
<content:encoded><![CDATA[<p>The quay is <b>open</b>.</p>]]></content:encoded><x:y z="1">n</x:y>
<media:thumbnail url="https://port.example/t.jpg" width="90"/><comments>https://port.example/1#c</comments>
<source url="https://other.example/">Other</source></item>
<item><guid>https://port.example/2</guid><title>A talk</title><itunes:author>Bo</itunes:author>
<enclosure url="https://port.example/2.mp3" type="audio/mpeg" length="123"/><itunes:season>2</itunes:season>
<itunes:duration>1:02:03</itunes:duration><itunes:image href="https://port.example/2.jpg"/>
<itunes:summary>All of it</itunes:summary><itunes:keywords>talk, sea</itunes:keywords>
<media:group><media:content url="https://port.example/2.mp4" medium="video" type="video/mp4"/>
<media:content url="https://port.example/2.webm" medium="video"/><media:title>Its film</media:title>
<media:description type="plain">What one sees</media:description></media:group></item></channel></rss>"""
ATOM = """\
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" xml:lang="en">
<title type="html">The &lt;b&gt;harbour&lt;/b&gt;</title><id>urn:x:feed</id><updated>2026-11-02T10:00:00Z</updated>
<link rel="next" href="https://port.example/feed?page=2"/><link href="https://port.example/"/>
<author><name>Lin</name><uri>https://lin.example/</uri></author><generator version="1">g</generator>
<entry><id>urn:x:1</id><title>灯塔</title><link href="https://port.example/1"/><link rel="enclosure"
 href="https://port.example/1.pdf" type="application/pdf" length="9"/><published>2026-11-01T00:00:00Z</published>
<updated>2026-11-02T00:00:00Z</updated><category term="boats" label="Boats"/><author><name>Ann</name></author>
<author><name>Bo</name><email>bo@port.example</email></author><summary>A line</summary>
<content type="html">&lt;p&gt;新的灯塔&lt;/p&gt;</content></entry>
<entry><id>https://port.example/2</id><title type="text">x &lt; y</title><link rel="alternate" type="text/html"
 href="https://port.example/2"/><updated>2026-11-02T00:00:00Z</updated>
<summary type="html">&lt;i&gt;short&lt;/i&gt;</summary><content>Plain text</content><rights>Free</rights>
<contributor><name>Cy</name></contributor></entry></feed>"""
TEXTS = (
    *(
        "",
        " \n",
        "x",
        "<b>x</b>",
        "a &amp; b",
        "a < b",
        "</p>",
        "&eacute;",
        "\u00a0x",
        "灯塔",
        "café",
        "cafÃ©",
    ),
    *(
        "http:////x.example/a",
        "http://x.example/?a=1&amp;b=2",
        "http://x.example/?a=1&b;=2",
        "/relative",
        "#f",
    ),
    *("2026-11-01T00:00:00Z", "a@b.example (A B)", "a, b ,c", "1:02:03", "true", "self", "enclosure"),
    *("html", "xhtml", "text/plain", "image/png"),
)
ATTRIBUTES = (
    *("url", "href", "uri", "type", "rel", "src", "mode", "base", "isPermaLink", "length", "term", "scheme"),
    "{http://www.w3.org/XML/1998/namespace}base",
)


def read(body: bytes) -> Listing | None:
    """The listing of a feed; None where it cannot be read."""
    try:
        return feed.read_list(SOURCE, Fetched(SOURCE.url, 200, {}, body))
    except ReadError:
        return None


def read_by_feedparser(body: bytes) -> Listing | None:
    """The same, of a feed with a DOCTYPE, which ours leaves alone."""
    return read(ROOT.sub(b"<!DOCTYPE feed><", body, count=1))


@sampled(3)
def test_they_agree_on_real_feeds(corpora: Path, step: int) -> None:
    """Every feed of every corpus gives the same listing by both, and ours reads many of them."""
    feeds = plain = 0
    for path in sorted(path for path in corpora.rglob("*") if path.suffix in (".xml", ".rss", ".atom"))[
        ::step
    ]:
        body = path.read_bytes()
        if not ROOT.search(body):
            continue
        assert read(body) == read_by_feedparser(body), path
        feeds += 1
        plain += read_plain_feed(body.decode("utf-8", "replace")) is not None
    assert plain > feeds / 3 > 60


@sampled(300, 5000, name="count")
def test_they_agree_on_changed_feeds(count: int) -> None:
    """Elements doubled, moved and renamed, odd texts and attributes: ours is right or leaves it alone."""
    chance = random.Random(count)  # noqa: S311 - the same changes each time
    trees = [etree.fromstring(text.encode()) for text in (RSS, ATOM)]
    parts = [part for tree in trees for part in tree.iterdescendants() if len(part) < 8]
    plain = 0
    for _ in range(count):
        tree = copy.deepcopy(chance.choice(trees))
        for _ in range(chance.randint(1, 3)):
            change(tree, parts, chance)
        body = etree.tostring(tree, encoding="utf-8")
        assert read(body) == read_by_feedparser(body), body.decode()
        plain += read_plain_feed(body.decode()) is not None
    assert plain > count / 4


def change(tree: etree._Element, parts: list[etree._Element], chance: random.Random) -> None:
    """Change one thing of a feed."""
    element = chance.choice(list(tree.iterdescendants()) or [tree.makeelement("nothing")])
    parent = element.getparent()
    if parent is None:
        return
    kind = chance.randrange(7)
    if kind == 0:
        parent.remove(element)
    elif kind == 1:
        parent.insert(chance.randint(0, len(parent)), copy.deepcopy(element))
    elif kind in (2, 3):
        hosts = [one for one in tree.iter() if len(one) > 3] or [tree]
        host = chance.choice(hosts) if kind == 2 else element
        host.insert(chance.randint(0, len(host)), copy.deepcopy(chance.choice(parts)))
    elif kind == 4:
        element.text = chance.choice(TEXTS)
    elif kind == 5:
        element.set(chance.choice(ATTRIBUTES), chance.choice(TEXTS))
    else:
        element.tag = chance.choice(parts).tag


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Ferry &amp; quay", "&lt;b>Ferry&lt;/b>"),
        ("Ferry &amp; quay</title>", "A</title><source>S</source><title>B</title><title>C</title>"),
        ("Ferry &amp; quay</title>", "Ferry</title><description>Another</description><summary>S</summary>"),
        ("Other</source>", "cafÃ©</source>"),
        ("A line", "A \x7fline \u00a0and more"),
        ("A line", "A line\x85 and more"),
        ("A line", "A line\x0c and \ufffemore"),
        ("A line", "A<!-- not --> line<?x?><![CDATA[ & <b>more</b>]]>"),
        ("<item>", '<item xml:base="https://base.example/">'),
        ("<link>https://port.example/1", "<link>http:///port.example/1?a=1&amp;amp;b=2"),
        ("<category>Boats", "<category/><category domain='d'/><category>Boats"),
        (
            '<x:y z="1">n</x:y>',
            '<x:credit xmlns:x="http://search.yahoo.com/mrss/"/><x:content url="/x.mp4" medium="video"/>',
        ),
        ('xmlns:slash="', 'xmlns:media2="'),
        ("<item><title>", "<entry><title>An entry</title></entry><item><title>"),
        ("</item>", "</item></channel><channel>"),
    ],
)
def test_they_agree_on_oddities(old: str, new: str) -> None:
    """What feedparser has rules of its own for."""
    body = RSS.replace(old, new, 1).encode()
    assert read(body) == read_by_feedparser(body)


@pytest.mark.parametrize("control", ["\x00", "\x1b", "\x7f", "\x85", "\ufffe"])
def test_control_characters_are_left_out(control: str) -> None:
    """Whoever reads the feed, they reach no text."""
    assert read(RSS.replace("A line", f"A{control} line", 1).encode()) == read(RSS.encode())


@pytest.mark.parametrize("text", [RSS, ATOM], ids=["rss", "atom"])
def test_plain_feeds_are_read_here(text: str) -> None:
    """A feed as most are is read without feedparser."""
    assert read_plain_feed(text) is not None


@pytest.mark.parametrize(
    "odd",
    [
        RSS.replace("<rss", "<!DOCTYPE rss><rss", 1),
        RSS.replace("<channel>", '<channel xml:base="https://b.example/">'),
        RSS.replace("Other</source>", "cafÃ©</source>"),
        RSS.replace("Ann Poe", "Ann&#150;Poe"),
        RSS.replace("Ann Poe", "Ann\x96Poe"),
        RSS.replace("Ann Poe", "Ann\ud800Poe"),
        RSS.replace("<ttl>", "<tt>", 1),
        RSS.replace("https://unknown.example/", "https://b.example/").replace("x:", "georss:"),
        ATOM.replace(
            "<summary>A line", '<summary type="xhtml"><p xmlns="http://www.w3.org/1999/xhtml">x</p>'
        ),
        ATOM.replace('<content type="html">', '<content src="https://port.example/1.html">'),
        ATOM.replace("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"),
    ],
)
def test_the_rest_is_left_to_feedparser(odd: str) -> None:
    """Whatever it is not sure of."""
    assert read_plain_feed(odd) is None
