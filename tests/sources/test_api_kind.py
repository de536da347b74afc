"""The api kind: items by JMESPath, articles that are JSON or HTML pages, and when a page is asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from aggregator.errors import ReadError
from aggregator.model import Attachment, Entry
from aggregator.settings import Source
from aggregator.sources import api
from aggregator.text.dates import read_date
from tests.support.answers import URL, as_json, fetched

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def source(entry: str = "list", *, article: dict[str, Any] | None = None, **keys: Any) -> Source:
    """An api; keys with ``list_`` before them belong to [source.list]."""
    rules = {"entry": entry, "id": "id", "title": "title", "link": "url", "date": "date"}
    rules |= {key.removeprefix("list_"): keys.pop(key) for key in list(keys) if key.startswith("list_")}
    said = {"name": "x", "kind": "api", "url": URL, "list": rules, "article": article or {}}
    return Source.model_validate({**said, **keys})


def read(of: Source, *items: Any) -> list[Entry]:
    """The entries of an answer with these items."""
    return list(api.read_list(of, as_json({"list": list(items)})).entries)


def test_numbers() -> None:
    """Numbers are ids and dates as well as texts are: seconds and milliseconds, whole or not."""
    times = [1772676000, 1772676000000, 1772676000.5, "1772676000", "1772676000000"]
    entries = read(source(), *({"id": n, "title": "t", "date": said} for n, said in enumerate(times)))
    assert [entry.key for entry in entries] == ["0", "1", "2", "3", "4"]
    moments = {read_date(entry.published, NOW, "UTC") for entry in entries}
    assert {moment.replace(microsecond=0) for moment in moments if moment} == {
        datetime(2026, 3, 5, 2, tzinfo=UTC)
    }
    assert None not in moments


def test_json_in_json() -> None:
    """Nested JSON, marked titles and JSONP are one expression each."""
    nested = source(
        "parse_json(infoextends)[].{id: id, title: text(title), text: fields[0].value}",
        list_body="text",
    )
    inner = '[{"id": "a1", "title": "<em>渡轮</em>改道", "fields": [{"value": "<p>全文</p>"}]}]'
    answer = as_json({"infoextends": inner})
    wrapped = fetched(b"jQuery_1(" + answer.body + b");")
    for said in (answer, wrapped):
        (entry,) = api.read_list(nested, said).entries
        assert (entry.key, entry.title, entry.content) == ("a1", "渡轮改道", "<p>全文</p>")


@pytest.mark.parametrize(
    ("keys", "item", "asks"),
    [
        ({}, {"url": "/1"}, True),
        ({}, {}, False),
        ({"full_text": "never"}, {"url": "/1"}, False),
        ({"list_body": "text"}, {"url": "/1", "text": "<p>t</p>"}, False),
        ({"list_body": "text"}, {"url": "/1", "text": " "}, True),
        ({"list_body": "text"}, {"text": ""}, False),
        ({"list_body": "text", "full_text": "always"}, {"url": "/1", "text": "<p>t</p>"}, True),
        ({"list_body": "text", "full_text": "never"}, {"url": "/1", "text": ""}, False),
        ({"article_url": "/text?id={id}", "article": {"body": "text"}}, {}, True),
        ({"article_url": "/text?id={id}", "article": {"body": "text"}, "full_text": "never"}, {}, False),
    ],
)
def test_when_a_page_is_asked_for(keys: dict[str, Any], item: dict[str, Any], asks: bool) -> None:
    """The list's own text stands; without one the item's page is asked for, unless never or always."""
    (entry,) = read(source(**keys), {"id": "1", "title": "t", **item})
    assert (entry.content is None) is asks
    assert ("content" in entry.rules) is bool(entry.content)


def test_article_in_json() -> None:
    """Where article_url names an answer, or the format says so, the article is JSON."""
    rules = {"body": "data.text", "title": "text(data.t)", "origin": "data.from"}
    answer = as_json({"data": {"text": "<p>全文</p>", "t": "<b>新</b>题", "from": "港报"}})
    for keys in ({"article_url": "/t?id={id}"}, {"article": {**rules, "format": "json"}}):
        of = source(**{"article": rules, **keys})
        assert list(api.check(of)) == []
        entry = api.read_article(of, Entry("1", title="t", content=None), answer)
        assert (entry.title, entry.content, entry.origin) == ("新题", "<p>全文</p>", "港报")
    empty = api.read_article(source(article=rules, article_url="/t"), Entry("1"), as_json({"data": None}))
    assert empty.content == "", "a digest may stand in"
    with pytest.raises(ReadError, match="is not text in the answer"):
        api.read_article(
            source(article=rules, article_url="/t"), Entry("1"), as_json({"data": {"text": [1]}})
        )
    with pytest.raises(ReadError, match="is not JSON, but an HTML page titled '404'") as caught:
        api.read_article(
            source(article=rules, article_url="/t"), Entry("1"), fetched("<html><title>404</title>")
        )
    assert caught.value.fault == "wrong-type"


def test_files() -> None:
    """Files stand in the list or in the article, as addresses or as objects; what has no address is none."""
    named = "files[].{address: path, title: name}"
    item = {
        "id": "1",
        "title": "t",
        "files": [{"path": "/f/1.pdf", "name": "附件 1"}, {"name": "lost"}, None],
    }
    (entry,) = read(source(list_attachments=named), item)
    assert entry.attachments == (Attachment("https://news.example/f/1.pdf", "附件 1"),)
    of = source(article_url="/t", article={"body": "text", "attachments": "file || more"})
    for answer in ({"file": "/f/2.pdf"}, {"more": ["/f/2.pdf", 7, ""]}):
        found = api.read_article(of, entry, as_json({"text": "", **answer})).attachments
        assert [file.address for file in found][:2] == [
            "https://news.example/f/1.pdf",
            "https://news.example/f/2.pdf",
        ]


def test_article_in_html() -> None:
    """The page that an item links to is read by CSS selectors."""
    of = source(article={"body": "#zoom", "origin": "meta[name=from]"})
    assert list(api.check(of)) == []
    page = "<meta name=from content=港报><div id=zoom><p>全文</p></div>"
    entry = api.read_article(of, read(of, {"id": 1, "title": "t", "url": "/1"})[0], fetched(page))
    assert (entry.content, entry.origin) == ("<p>全文</p>", "港报")


def test_bad_items() -> None:
    """An item that is none, or that nothing can be told of, is reported and costs no other."""
    answer = as_json({"list": [None, "x", {"title": "no id"}, {"id": "1", "title": "t"}, [], {"id": {}}]})
    found = api.read_list(source(), answer)
    assert [entry.key for entry in found.entries] == ["1"]
    assert len(found.unreadable) == 5
    with pytest.raises(ReadError, match="is not a list in the answer"):
        api.read_list(source(), as_json({"list": {"id": 1}}))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"entry": ""}, "list.entry: is missing"),
        ({"list_title": ""}, "list.title: is missing"),
        ({"list_id": "", "list_link": ""}, "list.id: is missing"),
        ({"list_link": "", "article": {"body": "#x"}}, "article_url: is missing (or list.link)"),
        ({"article_url": "/x"}, "article.body: is missing"),
        ({"article": {"format": "json"}}, "article.body: is missing"),
        ({"article": {"body": "data.text["}, "article_url": "/x"}, "article.body: 'data.text[' is not JMESPath"),
        ({"article": {"body": "div["}}, "article.body: 'div[' is not a CSS selector"),
        ({"article": {"body": "t", "remove": ["p["]}, "article_url": "/x"}, "article.remove: 'p['"),
        ({"article": {"body": "t", "next": "n"}, "article_url": "/x"}, "article.next: is for articles in HTML"),
        ({"article": {"body": "t", "format": "html"}, "article_url": "/x"}, ""),
        ({"list_title": "txt(title)"}, "list.title: 'txt(title)' calls txt()"),
        ({"list_html": "a"}, "list.html: is for the kind"),
    ],
)  # fmt: skip
def test_faults(keys: dict[str, Any], said: str) -> None:
    """Selectors are checked as what they are: CSS for HTML pages, JMESPath for JSON."""
    found = [f"{key}: {message}" for key, message in api.check(source(**keys))]
    assert len(found) == bool(said), found
    assert said in "".join(found)
