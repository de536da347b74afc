"""The listing kind: rows of a page, or of HTML inside of JSON, and what is said where there are none."""

from __future__ import annotations

from typing import Any

import pytest

from aggregator.errors import ReadError
from aggregator.model import Attachment
from aggregator.settings import Source
from aggregator.sources import listing
from tests.support.answers import URL, as_json, fetched

ROWS = "<ul><li><a href='/a/1.html'>渡轮改道</a><i>03-05</i></li><li><a href='2.html'>码头</a><i>03-04</i></li></ul>"


def source(entry: str = "li", **keys: Any) -> Source:
    """A listing; keys with ``list_`` before them belong to [source.list]."""
    rules = {"entry": entry, "date": "i"}
    rules |= {key.removeprefix("list_"): keys.pop(key) for key in list(keys) if key.startswith("list_")}
    return Source.model_validate({"name": "x", "kind": "listing", "url": URL, "list": rules, **keys})


def test_html_inside_of_json() -> None:
    """The HTML in a JSON or JSONP answer is read like a page; addresses count from the answer's."""
    inside = source(list_html="data.html")
    for answer in (as_json({"data": {"html": ROWS}}), fetched(f'cb({{"data": {{"html": "{ROWS}"}}}})')):
        entries = listing.read_list(inside, answer).entries
        assert [(entry.title, entry.address, entry.published) for entry in entries] == [
            ("渡轮改道", "https://news.example/a/1.html", "03-05"),
            ("码头", "https://news.example/2.html", "03-04"),
        ]


def test_nested_json() -> None:
    """JSON in a string of JSON gives its HTML through parse_json."""
    inside = source(list_html="parse_json(ext).html")
    assert (
        len(listing.read_list(inside, as_json({"ext": '{"html": "<li><a href=/x>t</a></li>"}'})).entries) == 1
    )


@pytest.mark.parametrize(
    ("keys", "body", "fault", "said"),
    [
        ({}, "<title>维护公告</title><a href=x>1</a><a href=y>2</a>", "empty", "'li' matches nothing on the page '维护公告' (2 links)"),
        ({}, "", "empty", "an empty answer"),
        ({"list_html": "html"}, '{"html": "<p><a href=x>1</a></p>"}', "empty", "in the HTML of list.html (1 links)"),
        ({"list_html": "html"}, '{"html": null}', "wrong-type", "'html' is not text in the answer"),
        ({"list_html": "html"}, "<html><title>Login</title>", "wrong-type", "is not JSON, but an HTML page titled 'Login'"),
    ],
)  # fmt: skip
def test_nothing_matches(keys: dict[str, Any], body: str, fault: str, said: str) -> None:
    """A list without entries says what the page is that came."""
    with pytest.raises(ReadError) as caught:
        listing.read_list(source(**keys), fetched(body))
    assert caught.value.fault == fault
    assert said in str(caught.value)


def test_rows_without_links() -> None:
    """A row with an id has its page by `article_url`; one with neither is reported once, and costs no other."""
    rows = "<p data-id=7><b>7</b>One</p><p>no link</p><p>no link</p><p><a href=/x>Two</a></p>"
    found = listing.read_list(
        source("p", list_id="b", list_title="b", article_url="https://news.example/text?id={id}"),
        fetched(rows),
    )
    assert [(entry.key, entry.content) for entry in found.entries] == [("7", None), (f"{URL[:-4]}x", None)]
    assert len(found.unreadable) == 1


def test_text_in_the_row() -> None:
    """A row may hold the text itself; its page is asked for where it is empty, never or always."""
    rows = "<li><a href=/1>t</a><div><p>Text</p></div></li><li><a href=/2>u</a><div> </div></li>"

    def texts(full_text: str) -> list[str | None]:
        found = listing.read_list(source(list_body="div", full_text=full_text), fetched(rows))
        return [entry.content for entry in found.entries]

    assert texts("auto") == ["<p>Text</p>", None]
    assert texts("always") == [None, None]
    assert texts("never") == ["<p>Text</p>", " "]


def test_files_in_the_row() -> None:
    """A row may name files."""
    row = (
        "<li><a href=/1>t</a> <a class=file href=/f.pdf>附件</a><a class=file href='javascript:x'>x</a></li>"
    )
    (entry,) = listing.read_list(source(list_attachments="a.file"), fetched(row)).entries
    assert entry.attachments == (Attachment("https://news.example/f.pdf", "附件"),)


def test_body_may_be_left_out() -> None:
    """A listing needs the selector of its entries; the text on an article's page may be found by itself."""
    assert list(listing.check(source())) == []
    assert [key for key, _ in listing.check(source(""))] == ["list.entry"]


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({"list_html": "a["}, "list.html"),
        ({"list_date": "i["}, "list.date"),
        ({"article": {"unwrap": ["p["]}}, "article.unwrap"),
        ({"article": {"next": "p["}}, "article.next"),
        ({"article": {"format": "json"}}, "article.format"),
        ({"options": {"match": "x"}}, "options.match"),
        ({"category": "{medium}"}, "category"),
    ],
)
def test_faults(keys: dict[str, Any], key: str) -> None:
    """Each fault is one line at its key; a replacement is no selector."""
    keys = {**keys, "article": {"replace": [{"pattern": "x"}], **keys.get("article", {})}}
    assert [found for found, _ in listing.check(source(**keys))] == [key]
