"""JSON Feed 1.0 and 1.1 through the feed kind: every field, and the wrong ones that cost only themselves."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import ReadError
from aggregator.model import Attachment, Entry
from aggregator.settings import Source
from aggregator.sources import feed, jobs
from tests.support.answers import URL, as_json, fetched

SOURCE = Source(name="x", kind="feed", url=URL, full_text="never")
VERSION = "https://jsonfeed.org/version/1.1"


def read(*items: Any, **keys: Any) -> list[Entry]:
    """The entries of a feed of these items."""
    feed_ = {"version": VERSION, "title": "Wire", "items": list(items), **keys}
    return list(feed.read_list(SOURCE, as_json(feed_)).entries)


def test_every_field() -> None:
    """Each field goes where its like in RSS and Atom goes, and names the rule."""
    (entry,) = read(
        {
            "id": 7,
            "url": "/a/7",
            "title": "Crane &amp; quay",
            "content_html": "<p>Whole</p>",
            "content_text": "Whole",
            "summary": "Short",
            "date_published": "2026-03-05T10:20:00+08:00",
            "date_modified": "2026-03-06T10:20:00+08:00",
            "authors": [{"name": "Lin"}, {"url": "https://x.example"}, {"name": "Wu"}],
            "tags": ["port", " sea  lane ", 5],
            "attachments": [
                {"url": "/f.mp3", "mime_type": "audio/mpeg", "title": "F", "size_in_bytes": 12.0},
                {"title": "no address"},
            ],
        }
    )
    assert (entry.key, entry.address, entry.title) == ("7", "https://news.example/a/7", "Crane &amp; quay")
    assert (entry.content, entry.summary) == ("<p>Whole</p>", "Short")
    assert (entry.published, entry.updated) == ("2026-03-05T10:20:00+08:00", "2026-03-06T10:20:00+08:00")
    assert (entry.author, entry.fields["category"]) == ("Lin\nWu", ["port", "sea lane", "5"])
    assert entry.attachments == (Attachment("https://news.example/f.mp3", "F", "audio/mpeg", 12),)
    assert entry.rules["content"] == "content_html"
    assert entry.rules["published"] == "date_published"


def test_sparse_items() -> None:
    """What an item leaves out is taken from where the specification says, or from its text."""
    first, second, third, fourth = read(
        {"id": "1", "content_text": "One <b> line\n\nand another"},
        {"external_url": "https://elsewhere.example/x", "title": "A link"},
        {"id": "3", "image": "/i.png", "title": "A picture", "author": {"name": "Own"}},
        {"id": "4", "image": "/the%20quay.png"},
        author={"name": "The desk"},
    )
    assert first.content == "<p>One &lt;b&gt; line</p><p>and another</p>"
    assert (first.title, first.author) == ("One <b> line and another", "The desk")
    assert second.key == second.address == "https://elsewhere.example/x"
    assert third.content == '<p><img src="https://news.example/i.png" alt=""></p>'
    assert third.author == "Own"
    assert fourth.title == "the quay.png"


def test_wrong_fields_cost_themselves() -> None:
    """A field of the wrong type counts as missing, an item that is none is reported, the others come."""
    odd = {
        "id": {"x": 1},
        "url": ["https://x.example"],
        "title": None,
        "content_html": 5,
        "content_text": "text",
        "authors": {"name": "x"},
        "tags": "a,b",
        "attachments": [None, 3, {"url": 4}],
        "date_published": 1772676000,
    }
    listing = feed.read_list(
        SOURCE, as_json({"version": VERSION, "items": [odd, None, "x", {}, {"id": "ok", "title": "Fine"}]})
    )
    assert [entry.title for entry in listing.entries] == ["text", "Fine"]
    assert listing.entries[0].published == "1772676000"
    assert [item.key for item in listing.unreadable] == ["entry 2", "entry 3", "entry 4"]


def test_what_is_a_feed() -> None:
    """A feed without its version is told by its items; other JSON and half a feed are refused with a reason."""
    assert feed.read_list(SOURCE, as_json({"title": "Wire", "items": [{"id": "1", "title": "t"}]})).entries
    for other in ({"items": {}}, {"items": [1]}, {"version": VERSION}):
        with pytest.raises(ReadError, match="is not a feed, but JSON"):
            feed.read_list(SOURCE, as_json(other))
    with pytest.raises(ReadError) as caught:
        feed.read_list(SOURCE, fetched(json.dumps({"version": VERSION, "items": [{"id": "1"}]})[:-6]))
    assert caught.value.fault == "cut-off"


def test_whole_text_or_page() -> None:
    """An item with a text of its own is whole; one with a summary asks for its page."""
    source = SOURCE.model_copy(update={"full_text": "auto"})
    items = [
        {"id": "1", "url": "/a/1", "content_html": "<p>All of it.</p>", "summary": "All"},
        {"id": "2", "url": "/a/2", "summary": "The beginning of it"},
        {"id": "3", "summary": "A note without a page"},
    ]
    entries = feed.read_list(source, as_json({"version": VERSION, "items": items})).entries
    assert [entry.content for entry in entries] == [
        "<p>All of it.</p>",
        None,
        "<p>A note without a page</p>",
    ]
    assert entries[1].summary == "<p>The beginning of it</p>", "it stands in for the page"


def test_next_page() -> None:
    """`next_url` leads to the next page, and a feed that names itself has none."""
    page = {"version": VERSION, "items": [], "next_url": "/list?page=2"}
    request = feed.ask(SOURCE, 2, as_json(page))
    assert request
    assert request.address == "https://news.example/list?page=2"
    assert feed.ask(SOURCE, 2, as_json({**page, "next_url": URL})) is None
    assert feed.ask(SOURCE, 2, as_json({**page, "next_url": None})) is None


def test_corpus(corpora: Path) -> None:
    """The samples of the schema and of another library come out as that library reads them."""
    folder = corpora / "feeds" / "gofeed" / "testdata" / "parser" / "json"
    samples = [path for path in folder.glob("version*.json") if not path.stem.endswith("_expected")]
    assert len(samples) == 3
    for path in samples:
        expected = json.loads(path.with_name(f"{path.stem}_expected.json").read_text("utf-8"))
        entries = feed.read_list(SOURCE, fetched(path.read_bytes())).entries
        assert len(entries) == len(expected["items"])
        for entry, item in zip(entries, expected["items"], strict=True):
            assert entry.key == item["id"]
            assert entry.address == (item.get("url") or item.get("external_url"))
            assert entry.published == item.get("date_published", "")
            assert entry.content
    for path in (corpora / "schemas" / "jsonfeed_schema" / "test" / "examples").rglob("*.json"):
        said = json.loads(path.read_text("utf-8"))
        listing = feed.read_list(SOURCE, fetched(path.read_bytes()))
        assert [entry.key for entry in listing.entries] == [item["id"] for item in said["items"]]
        assert not listing.unreadable


@pytest.mark.parametrize(
    ("item", "date"),
    [
        ({"date_published": "not yet", "date_modified": "2026-03-05T10:20:00Z"}, "2026-03-05T10:20:00Z"),
        ({"date_published": "0000-00-00", "url": "/2026-03/06/two"}, "2026-03-06"),
        ({"date_published": "1970-01-01", "date_modified": "?", "url": "/t20260307_1.html"}, "2026-03-07"),
        ({"date_published": "soon", "url": "/2026/1234/two"}, "soon"),
        ({"url": "/2026/03/06/two"}, ""),
    ],
)
def test_a_broken_date(item: dict[str, str], date: str) -> None:
    """The date of the update stands in for one that is none, else the day in the item's address."""
    answer = as_json(
        {"version": VERSION, "title": "Wire", "items": [{"title": "A", "content_text": "b", **item}]}
    )
    (entry,) = jobs.read_list(SOURCE, answer, datetime(2026, 3, 9, tzinfo=UTC)).entries
    assert entry.published == date
