"""Feeds made of every article that real feeds give, and of any text: valid to the schemas, whole to a reader."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aggregator.content.clean import clean
from aggregator.content.normalise import normalise
from aggregator.errors import IncompleteError, ReadError
from aggregator.model import (
    EVERYTHING,
    Article,
    Attachment,
    Category,
    Document,
    Fetched,
    Filing,
    KeptArticle,
    MediaFile,
    Tombstone,
    Topic,
)
from aggregator.render.feeds import render_archive, render_feeds
from aggregator.settings import Site, Source
from aggregator.sources import feed
from aggregator.text.slugs import slugify

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SITE = Site(title="港口消息 & <more>", url="https://ports.example.org/news", language="zh-CN")
SOURCE = Source(
    name="wire",
    kind="feed",
    url="https://wire.example/feed.xml?token=secret",
    category="{category}",
    tag="{category}新闻",
    full_text="never",
)
TOPIC = Topic("category", "odd", "A & <b>B</b> ]]>")
FEEDS = (".xml", ".rss", ".atom", ".json", ".txt")
ODD = "<>&\"'\\]{}\r\n\t\0\x7f\x85\ud800\udfff\uffff\u202e\u2066\u200f\u2028😀"
ANYTHING = st.one_of(
    st.text(st.one_of(st.characters(exclude_categories=()), st.sampled_from(ODD))),
    st.sampled_from(
        ["", " ", "\n\t", "]]>", "\u202eab", "字" * 3000, "<b>", "&lt;", "%", "[", "//", "x" * 3000]
    ),
)


def keep(article: Article, number: int, *, mirrored: bool = False) -> KeptArticle:
    """The article as a store holds it, its first file mirrored where asked."""
    filings = tuple(
        Filing(Category(slugify(label.category) or "x", label.category), label.tag or label.category)
        for label in article.labels
    )
    media = {
        item.address: MediaFile(f"media/ab/ab{number}.pdf", "application/pdf", number)
        for item in article.attachments[:1]
        if mirrored
    }
    return KeptArticle(f"A{number:06}", 1, number, NOW, article, filings, media)


@pytest.fixture(scope="module", params=[6, pytest.param(1, marks=pytest.mark.slow)], ids=["sample", "whole"])
def real(corpora: Path, request: pytest.FixtureRequest) -> list[KeptArticle]:
    """Every article of the real feeds or of a sample of them, each under an identity of its own."""
    kept: list[KeptArticle] = []
    for path in sorted((corpora / "feeds").rglob("*"))[:: request.param]:
        if path.suffix not in FEEDS or not path.is_file():
            continue
        try:
            listing = feed.read_list(SOURCE, Fetched(SOURCE.url, 200, {}, path.read_bytes()))
        except ReadError:
            continue
        for entry in listing.entries:
            try:
                article = normalise(entry, SOURCE, NOW)
            except IncompleteError:
                continue
            number = len(kept)
            said = replace(article, namespace=str(number), language="en" if number % 3 else "zh-CN")
            kept.append(keep(said, number, mirrored=number % 2 == 0))
    assert len(kept) > 900 // (2 * request.param - 1)
    return kept


class Accepted:
    """Tells of a page whether the schema of its form accepts it."""

    def __init__(self, folder: Path) -> None:
        self._atom = etree.RelaxNG(etree.parse(folder / "atom_relaxng/schemas/atom.rng"))
        schema = json.loads((folder / "jsonfeed_schema/schema-v1.1.json").read_text("utf-8"))
        self._json: Any = jsonschema.Draft7Validator(schema)

    def __call__(self, page: Document) -> None:
        """Fail where it does not; RSS, which has none, is to be well-formed."""
        if page.path.endswith(".json"):
            self._json.validate(json.loads(page.body.decode("utf-8")))
            return
        document = etree.fromstring(page.body)
        if document.tag != "rss":
            self._atom.assertValid(document)


@pytest.fixture(scope="module")
def accepted(corpora: Path) -> Accepted:
    """The schemas of Atom and JSON Feed."""
    return Accepted(corpora / "schemas")


def documents(articles: Sequence[KeptArticle]) -> Iterator[Document]:
    """The articles in every form, with all that a feed may have, and as the first archive and a later one."""
    graves = [Tombstone("wire", "gone", NOW)]
    yield from render_feeds(
        SITE, TOPIC, articles, tombstones=graves, archives=3, hub="https://hub.example/?a=1&b=2"
    )
    yield from (
        render_archive(SITE, topic, number, articles) for topic, number in ((TOPIC, 2), (EVERYTHING, 1))
    )


def test_real_articles_are_valid(real: list[KeptArticle], accepted: Accepted) -> None:
    """Atom and its archives hold against RELAX NG, JSON Feed against its schema; no secret gets into any."""
    for start in range(0, len(real), 50):
        for page in documents(real[start : start + 50]):
            accepted(page)
            assert b"token=secret" not in page.body


@pytest.mark.parametrize("form", [0, 1, 3], ids=["rss", "atom", "archive"])
def test_a_reader_loses_nothing(real: list[KeptArticle], form: int) -> None:
    """Feedparser reads every article once, with its texts, address, dates, tags, source and files."""
    chosen = real[::3]
    page = list(documents(chosen))[form]
    read = feedparser.parse(page.body, sanitize_html=False, resolve_relative_uris=False)
    assert not read.bozo
    said = json.loads(list(documents(chosen))[2].body)["items"]
    assert len(read.entries) == len(said) == len(chosen)
    for entry, item in zip(read.entries, said, strict=True):
        assert entry.id == item["id"]
        assert entry.title == item["title"].strip()
        assert entry.link == item.get("external_url", item["url"])
        assert [author["name"] for author in entry.authors] == [author["name"] for author in item["authors"]]
        contents = [content.value for content in entry.get("content", ())]
        if form == 0 and not item.get("summary"):
            contents.append(entry.get("summary"))  # RSS without a summary has the text in its place
        assert [*filter(None, contents)] == [*filter(None, [item["content_html"]])]
        if item.get("summary"):
            assert fold(entry.summary) in (fold(item["summary"]), fold(escaped(item["summary"])))
        assert at(entry.published_parsed) == item["date_published"]
        assert at(entry.updated_parsed) == item.get("date_modified", item["date_published"])
        assert {tag.term for tag in entry.get("tags", ())} == {" ".join(tag.split()) for tag in item["tags"]}
        assert entry.source.title.startswith("wire")
        files = [enclosure.href for enclosure in entry.get("enclosures", ())]
        files += [media["url"] for media in entry.get("media_content", ())]
        assert files == [attachment["url"] for attachment in item.get("attachments", ())]
        assert [media["url"] for media in entry.get("media_thumbnail", ())] == list(
            filter(None, [item.get("image")])
        )


def fold(text: str) -> str:
    return " ".join(text.split())


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def at(moment: Any) -> str:
    return datetime(*moment[:6], tzinfo=UTC).isoformat()


@given(title=ANYTHING, label=ANYTHING, name=ANYTHING, summary=ANYTHING, body=ANYTHING, address=ANYTHING)
def test_any_text_is_valid(
    accepted: Accepted, title: str, label: str, name: str, summary: str, body: str, address: str
) -> None:
    """Whatever the texts and addresses hold, every document is well-formed and what its schema accepts."""
    article = Article(
        namespace="wire",
        key="1",
        source="wire",
        title=title,
        address=address,
        share_url=f"https://{address}",
        content=clean(body, "https://wire.example/"),
        published=NOW,
        updated=NOW + timedelta(hours=1),
        labels=(),
        summary=summary,
        author=name,
        origin=label,
        language=name,
        attachments=(
            Attachment(address, title, name, -1),
            Attachment(f"https://wire.example/{address}", label, f"{name}/{name}", 0),
            Attachment("https://wire.example/kept.pdf", name),
        ),
    )
    media = {"https://wire.example/kept.pdf": MediaFile("media/ab/ab.pdf", "application/pdf", 7)}
    kept = KeptArticle("A1", 1, 1, NOW, article, (Filing(Category("x", label), name),), media)
    pages = [*documents([kept]), *render_feeds(SITE, Topic("feed", "chosen", label), [kept], home=SITE.root)]
    for page in pages:
        accepted(page)
    item = json.loads(pages[2].body)["items"][0]
    assert item["title"].strip()
    assert item["authors"][0]["name"].strip()
    assert all(tag.strip() for tag in item["tags"])
    assert item["attachments"][-1]["url"] == "https://ports.example.org/news/media/ab/ab.pdf"
