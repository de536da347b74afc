"""The history of a feed: archives that a reader walks back through (RFC 5005), tombstones (RFC 6721), hubs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import feedparser
import httpx
import pytest
from lxml import etree

from aggregator.model import (
    EVERYTHING,
    Article,
    Attachment,
    Category,
    Filing,
    KeptArticle,
    MediaFile,
    Tombstone,
    Topic,
)
from aggregator.render import paths
from aggregator.render.feeds import FORMS, read_feed, render_archive, render_feeds
from aggregator.settings import Site as SiteSettings
from tests.support.loopback import Answer, Site

HARBOUR = Category("harbour", "港口")
TOPIC = paths.category_topic(HARBOUR)
SITE = SiteSettings(title="Ports", url="https://ports.example.org/news/", language="en")
ROOT = "https://ports.example.org/news"
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
HUB = "https://hub.example.org/?topic=a&b"
NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "fh": "http://purl.org/syndication/history/1.0",
}
ARCHIVE = "application/atom+xml"
PER_ARCHIVE = 5


def keep(number: int, version: int = 1) -> KeptArticle:
    """The numbered article; a later version of it says so, and was changed a day later."""
    article = Article(
        namespace="wire",
        key=str(number),
        source="wire",
        title=f"Ship {number}, version {version}",
        address=f"https://wire.example/{number}",
        content=f"<p>Ship {number} has come in.</p>",
        published=NOON + timedelta(minutes=number),
        updated=NOON + timedelta(minutes=number, days=version - 1),
        labels=(),
    )
    return KeptArticle(f"S{number}", version, number, NOON, article, (Filing(HARBOUR, "港口"),))


def atom(body: bytes) -> etree._Element:
    return etree.fromstring(body)


def links(document: etree._Element) -> dict[str, tuple[str, str | None]]:
    """The feed's links by their relation: address and type."""
    found = document.iterfind("a:link", NAMES)
    return {link.get("rel", ""): (link.get("href", ""), link.get("type")) for link in found}


def ids(document: etree._Element) -> list[str]:
    return [found.text or "" for found in document.iterfind("a:entry/a:id", NAMES)]


def test_a_subscription_document_leads_to_the_newest_archive() -> None:
    """RSS and Atom name the newest archive, which is Atom; without archives they name none."""
    for archives in (0, 1, 12):
        rss, subscription, _ = (page.body for page in render_feeds(SITE, TOPIC, [keep(1)], archives=archives))
        expected = (f"{ROOT}/category/harbour/archive-{archives}.atom", ARCHIVE) if archives else None
        for document in (etree.fromstring(rss)[0], atom(subscription)):
            assert links(document).get("prev-archive") == expected
            assert "current" not in links(document)
            assert document.find("fh:archive", NAMES) is None


@pytest.mark.parametrize(("number", "before"), [(1, None), (2, "archive-1.atom"), (30, "archive-29.atom")])
def test_an_archive(number: int, before: str | None) -> None:
    """An archive says that it is one, and names itself, the subscription document and the one before it."""
    page = render_archive(SITE, TOPIC, number, [keep(2), keep(1)])
    assert page.path == f"category/harbour/archive-{number}.atom"
    document = atom(page.body)
    assert document.find("fh:archive", NAMES) is not None
    folder = f"{ROOT}/category/harbour"
    expected = {
        "self": (f"{folder}/archive-{number}.atom", ARCHIVE),
        "current": (f"{folder}/atom.xml", ARCHIVE),
        "alternate": (f"{ROOT}/category/harbour.html", "text/html"),
    }
    if before:
        expected["prev-archive"] = (f"{folder}/{before}", ARCHIVE)
    assert links(document) == expected
    assert ids(document) == [paths.article_urn("wire", "2"), paths.article_urn("wire", "1")]
    subscription = atom(render_feeds(SITE, TOPIC, [], archives=number)[1].body)
    for name in ("a:id", "a:title"):
        assert document.findtext(name, None, NAMES) == subscription.findtext(name, None, NAMES)


def test_an_entry_is_the_same_wherever_it_stands() -> None:
    """The bytes of an unchanged article do not depend on the document that it is in."""
    documents = [
        render_archive(SITE, TOPIC, 3, [keep(1)]),
        render_archive(SITE, EVERYTHING, 1, [keep(1), keep(2)]),
        render_feeds(SITE, EVERYTHING, [keep(1), keep(3)], archives=4, hub=HUB)[1],
    ]
    entries = [re.search(rb"<entry.*?</entry>", page.body, re.DOTALL) for page in documents]
    assert len({found[0] for found in entries if found}) == 1


def test_hub() -> None:
    """Every form of a subscription document names the hub, and none does where there is none."""
    rss, subscription, feed = (page.body for page in render_feeds(SITE, EVERYTHING, [], hub=HUB))
    assert links(etree.fromstring(rss)[0])["hub"] == links(atom(subscription))["hub"] == (HUB, None)
    assert json.loads(feed)["hubs"] == [{"type": "WebSub", "url": HUB}]
    assert not any(b"hub" in page.body for page in render_feeds(SITE, EVERYTHING, []))


def test_tombstones() -> None:
    """Atom says what was taken out and when, before its entries; that is news of every form."""
    graves = [
        Tombstone("wire", "7", NOON + timedelta(days=9, microseconds=5)),
        Tombstone("wire", "8", NOON - timedelta(days=9)),
    ]
    rss, subscription, _ = (page.body for page in render_feeds(SITE, TOPIC, [keep(1)], tombstones=graves))
    document = atom(subscription)
    assert [dict(found.attrib) for found in document.iterfind("at:deleted-entry", NAMES)] == [
        {"ref": paths.article_urn("wire", "7"), "when": "2026-03-14T12:00:00+00:00"},
        {"ref": paths.article_urn("wire", "8"), "when": "2026-02-24T12:00:00+00:00"},
    ]
    assert document[-1].tag == f"{{{NAMES['a']}}}entry", "RELAX NG has entries last"
    assert document.findtext("a:updated", None, NAMES) == "2026-03-14T12:00:00+00:00"
    assert etree.fromstring(rss).findtext("channel/lastBuildDate") == "Sat, 14 Mar 2026 12:00:00 +0000"
    only = atom(render_feeds(SITE, TOPIC, [], tombstones=graves[1:])[1].body)
    assert only.findtext("a:updated", None, NAMES) == "2026-02-24T12:00:00+00:00"


def test_a_feed_of_its_own_address() -> None:
    """A feed that is no topic's has the address, name and page that it is given, in every form."""
    feed = read_feed(
        SITE, "urn:uuid:0b6f6e0e-52a2-5f0f-9c0b-6d1f3a1d5f4e", "ship", f"{ROOT}/search?q=ship", [keep(1)]
    )
    for form, write in FORMS.items():
        address = f"{ROOT}/search.{form}?q=ship&sort=new"
        body = write(feed, address)
        if form == "json":
            json_feed = json.loads(body)
            assert (json_feed["feed_url"], json_feed["home_page_url"]) == (address, f"{ROOT}/search?q=ship")
            assert json_feed["title"] == "ship - Ports"
        else:
            read = feedparser.parse(body)
            assert {link.rel: link.href for link in read.feed.links} == {
                "self": address,
                "alternate": f"{ROOT}/search?q=ship",
            }
            assert read.feed.title == "ship - Ports"


def test_home_of_a_feed() -> None:
    """A feed leads to its category's page, else to the home page, else where it is told to."""
    homes = {
        TOPIC: f"{ROOT}/category/harbour.html",
        Topic("source", "wire", ""): f"{ROOT}/",
        Topic("tag", "ships", "Ships"): f"{ROOT}/",
        EVERYTHING: f"{ROOT}/",
    }
    for topic, home in homes.items():
        feed = json.loads(render_feeds(SITE, topic, [])[2].body)
        assert feed["home_page_url"] == home
    found = json.loads(render_feeds(SITE, Topic("feed", "recalls"), [], home=f"{ROOT}/search?q=x")[2].body)
    assert found["home_page_url"] == f"{ROOT}/search?q=x"
    assert found["title"] == "recalls - Ports"


# Walking the chain


def history(site: SiteSettings, arrivals: Sequence[KeptArticle]) -> dict[str, bytes]:
    """The documents of articles that came one after another: whatever is ten deep is closed by fives."""
    waiting: list[KeptArticle] = []
    pages: dict[str, bytes] = {}
    archives = 0
    for kept in arrivals:
        # What changes leaves its place among those that wait, and comes back as the newest.
        waiting = [other for other in waiting if other.id != kept.id] + [kept]
        if len(waiting) >= 2 * PER_ARCHIVE:
            archives += 1
            page = render_archive(site, TOPIC, archives, waiting[:PER_ARCHIVE][::-1])
            pages[f"/{page.path}"] = page.body
            waiting = waiting[PER_ARCHIVE:]
    pages |= {
        f"/{page.path}": page.body for page in render_feeds(site, TOPIC, waiting[::-1], archives=archives)
    }
    return pages


def walk(address: str) -> Iterator[feedparser.FeedParserDict]:
    """Each document of the chain, from the subscription document back."""
    seen = set()
    while address:
        assert address not in seen
        seen.add(address)
        read = feedparser.parse(httpx.get(address).raise_for_status().content)
        assert not read.bozo
        yield read
        address = next((link.href for link in read.feed.links if link.rel == "prev-archive"), "")


@pytest.mark.parametrize("start", ["rss.xml", "atom.xml"])
@pytest.mark.parametrize(
    ("count", "documents_expected", "entries_expected"), [(3, 1, 3), (10, 2, 11), (48, 11, 56)]
)
def test_the_chain_yields_every_article_once(
    start: str, count: int, documents_expected: int, entries_expected: int
) -> None:
    """From either form a reader gets to every article; of one that was changed the newest version counts.

    What was archived before it changed stands in the chain as it was, too.
    """
    first = [keep(number) for number in range(count)]
    changed = [keep(number, version=2) for number in range(0, count, 7)]
    last = replace(changed[0], version=3, article=keep(0, version=3).article)
    with Site() as server:
        site = SITE.model_copy(update={"url": server.url})
        for path, body in history(site, [*first, *changed, last]).items():
            server.pages[path] = Answer(body)
        documents = list(walk(f"{server.url}/category/harbour/{start}"))
    newest: dict[str, feedparser.FeedParserDict] = {}
    entries = [entry for read in documents for entry in read.entries]
    for entry in entries:
        if entry.id not in newest or entry.updated_parsed > newest[entry.id].updated_parsed:
            newest[entry.id] = entry
    assert (len(documents), len(entries)) == (documents_expected, entries_expected)
    versions = {0: 3} | dict.fromkeys(range(7, count, 7), 2)
    expected = {
        paths.article_urn("wire", str(number)): f"Ship {number}, version {versions.get(number, 1)}"
        for number in range(count)
    }
    assert {name: entry.title for name, entry in newest.items()} == expected


def test_mirrored_files_stand_at_our_address() -> None:
    """An attachment that we hold is named where we have it, with its true type and length, in every form."""
    kept = keep(1)
    pdf, odd = "https://wire.example/a[1].pdf", "https://wire.example/b.zip"
    article = replace(
        kept.article, attachments=(Attachment(pdf, "Plan", "text/html"), Attachment(odd, "All", length=9))
    )
    kept = replace(
        kept, article=article, media={pdf: MediaFile("media/ab/ab 1.pdf", "application/pdf", 1234)}
    )
    rss, subscription, feed = (page.body for page in render_feeds(SITE, EVERYTHING, [kept]))
    ours = f"{ROOT}/media/ab/ab%201.pdf"
    assert dict(etree.fromstring(rss).find("channel/item/enclosure").attrib) == {
        "url": ours,
        "type": "application/pdf",
        "length": "1234",
    }
    entry = atom(subscription).find("a:entry", NAMES)
    files = [dict(link.attrib) for link in entry.iterfind("a:link[@rel='enclosure']", NAMES)]
    assert files[0] == {
        "rel": "enclosure",
        "href": ours,
        "type": "application/pdf",
        "length": "1234",
        "title": "Plan",
    }
    assert files[1]["href"] == odd
    assert json.loads(feed)["items"][0]["attachments"][0] == {
        "url": ours,
        "mime_type": "application/pdf",
        "title": "Plan",
        "size_in_bytes": 1234,
    }
