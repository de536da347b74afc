"""Entries of feeds, which are written as text: a parser reads of them what it reads of those that feedgen builds."""

from __future__ import annotations

import html
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from feedgen.entry import FeedEntry
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aggregator.model import EVERYTHING, Article, Attachment, Category, Filing, KeptArticle
from aggregator.render import paths
from aggregator.render.feeds import Item, Items, render_feeds
from aggregator.settings import Site

SITE = Site(title="金融消息", url="https://finews.example.org/news/", language="zh-CN")
NOON = datetime(2026, 3, 5, 4, tzinfo=UTC)
PIECES = [
    "]]>",
    "<![CDATA[",
    "&amp;",
    "<b>",
    '"',
    "'",
    "\t",
    "\r\n",
    "\r",
    "&#13;",
    "\x0b",
    "\x9f",
    "\ud800",
    "\uffff",
]
TEXT = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=5).map("".join)
BEYOND_FEEDGEN = {
    "{http://search.yahoo.com/mrss/}content",
    "{http://www.w3.org/2005/Atom}link",
    "{http://www.w3.org/2005/Atom}source",
    "{http://www.w3.org/2005/Atom}updated",
}


@st.composite
def articles(draw: st.DrawFn) -> KeptArticle:
    """An article with anything in the texts that become elements and attributes."""
    article = Article(
        namespace="samr",
        key="1",
        source="samr-news",
        title=draw(TEXT),
        address=draw(st.sampled_from(["", "https://samr.example.cn/1?a=1&b='2'"])),
        content=draw(TEXT),
        published=NOON,
        updated=NOON + timedelta(hours=draw(st.integers(0, 1))),
        labels=(),
        summary=draw(TEXT),
        author=draw(TEXT),
        attachments=tuple(
            Attachment(f"https://a.example/{number}?a=1&b=2", title, "application/pdf", 7 + number)
            for number, title in enumerate(draw(st.lists(TEXT, max_size=2)))
        ),
    )
    labels = draw(st.lists(TEXT, min_size=1, max_size=2))
    filings = (Filing(Category(f"slug{number}", label), label) for number, label in enumerate(labels))
    return KeptArticle("NW1", 1, 1, NOON, article, tuple(filings))


def built(item: Item) -> tuple[etree._Element, etree._Element]:
    """The item in RSS and the entry in Atom, as feedgen builds them."""
    rss, atom = FeedEntry(), FeedEntry()
    for entry in (rss, atom):
        entry.id(item.id)
        entry.title(item.title)
        entry.updated(item.updated)
        entry.published(item.published)
        entry.link(href=item.original)
        for category in item.categories:
            scheme = paths.absolute(SITE, paths.category_path(category))
            entry.category(term=category.label, scheme=scheme)
    # Of links in Atom, feedgen (1.0) writes the address alone.
    for one in item.enclosures[:1]:
        rss.enclosure(one.address, one.length, one.media_type)
    if item.summary:
        rss.description(html.escape(item.summary, quote=False))
        rss.content(item.content or None)
    else:
        rss.description(item.content or None)
    feed = paths.feed_path(paths.source_topic(item.source), "rss")
    rss.source(paths.absolute(SITE, feed), item.source_label)
    rss.load_extension("dc", atom=False)
    rss.dc.dc_creator(list(item.authors))
    atom.author([{"name": name} for name in item.authors])
    atom.content(item.content or None, type="html")
    atom.summary(item.summary or None)
    return rss.rss_entry(), atom.atom_entry()


def read(element: etree._Element, space: str = "") -> Any:
    """What a parser reads of an element; in Atom, feedgen's has no namespace of its own."""
    tag = str(element.tag) if str(element.tag).startswith("{") else f"{space}{element.tag}"
    attributes = tuple(sorted(element.attrib.items()))
    return tag, attributes, element.text or "", tuple(read(child, space) for child in element)


@given(articles())
def test_feedgen_writes_the_same(kept: KeptArticle) -> None:
    """All that feedgen knows of an article stands in our entries as it does in its own."""
    rss, atom = (etree.fromstring(page.body) for page in render_feeds(SITE, EVERYTHING, [kept])[:2])
    ours = rss[0].find("item"), atom.find("{*}entry")
    for entry, expected, space in zip(
        ours, built(Items(SITE).read(kept)), ("", f"{{{atom.nsmap[None]}}}"), strict=True
    ):
        assert entry is not None
        again = etree.fromstring(etree.tostring(expected))
        found, wanted = Counter(map(read, entry)), Counter(read(child, space) for child in again)
        assert [*(wanted - found)] == []
        assert {tag for tag, *_ in found - wanted} <= BEYOND_FEEDGEN
