"""The listing kind: rows of a page, or of HTML inside of JSON, and what is said where there are none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from aggregator.errors import ReadError
from aggregator.model import Attachment, Entry
from aggregator.settings import Source
from aggregator.sources import listing
from aggregator.text.dates import read_date
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


def titles(inside: str, **keys: Any) -> list[str]:
    """The titles of a list of these rows."""
    entries = listing.read_list(source(**keys), fetched(f"<ul>{inside}</ul>")).entries
    return [entry.title for entry in entries]


@pytest.mark.parametrize(
    ("link", "title"),
    [
        (
            "<a href=1 title='The quay is closed for repairs'>The quay is clo..</a>",
            "The quay is closed for repairs",
        ),
        ("<a href=1 title='关于码头维修的通知（2026年）'>关于码头维修</a>", "关于码头维修的通知（2026年）"),
        ("<a href=1 title='The quay is closed'><b>The quay […]</b></a>", "The quay is closed"),
        ("<a href=1 title='Quay closed (opens in a new window)'>Quay closed</a>", "Quay closed"),
        ("<a href=1 title='Read more'>The quay is closed</a>", "The quay is closed"),
        ("<a href=1>The quay<br>is closed</a>", "The quay is closed"),
        ("<a href=1><div>The quay</div><div>H<sub>2</sub>O, 10<sup>6</sup></div></a>", "The quay H2O, 106"),
    ],
)
def test_whole_titles(link: str, title: str) -> None:
    """A title attribute completes a text that is its beginning; words of two lines are not glued."""
    assert titles(f"<li>{link}</li>") == [title]
    if "<b>" in link:
        assert titles(f"<li>{link}</li>", list_title="b") == [title]


@pytest.mark.parametrize(
    ("listed", "shown", "title"),
    [
        (
            "The harbour council met",
            "The harbour council met on Tuesday",
            "The harbour council met on Tuesday",
        ),
        ("The harbour council..", "The harbour council met on Tuesday", "The harbour council met on Tuesday"),
        ("The harbour council met", "The harbour council met: a report", "The harbour council met"),
        ("A harbour council", "The harbour council met on Tuesday", "A harbour council"),
    ],
)
def test_titles_completed_by_the_page(listed: str, shown: str, title: str) -> None:
    """The page's title counts where the list's is its beginning, and no suffix follows."""
    body = f"<h1>{shown}</h1><div id=t>Words of the council.</div>"
    of = source(article={"body": "#t"})
    entry = Entry("1", title=listed, address=URL, content=None)
    page = f"<title>{shown}</title><meta property='og:title' content='{shown}'>{body}"
    assert listing.read_article(of, entry, fetched(page)).title == title


@pytest.mark.parametrize(
    "date",
    [
        "<b>05</b><s>2026-03</s>",
        "<s>2026</s><s>03-05</s>",
        "<b>05日</b><s>2026年03月</s>",
        "<p>5</p><p>2026.3</p>",
        "<s>2026/03</s><b>05</b>",
        "<s>03-05</s> <b>2026</b>",
        "<b>5</b><s>March 2026</s>",
        "<b>05</b> / <s>3月</s>",
        "<b>05</b><s>三月</s>",
        "<s>3月</s><b>05</b>",
    ],
)
def test_day_and_month_in_two_elements(date: str) -> None:
    """The parts of a date that stand in elements of their own are one date."""
    row = f"<ul><li><a href=1>The quay</a><div class=d>{date}</div></li></ul>"
    (entry,) = listing.read_list(source(list_date=".d"), fetched(row)).entries
    found = read_date(entry.published, datetime(2026, 4, 1, tzinfo=UTC), "UTC")
    assert found == datetime(2026, 3, 5, tzinfo=UTC)


def test_an_answer_of_dataproxy() -> None:
    """The records that a script asks for are the rows of the list, although nothing of the page is around them."""
    rows = "".join(
        f"<record><![CDATA[<li><a href='/art/{number}.html' title='公告{number}'>公告{number}</a><i>2026-03-0{number}</i></li>]]></record>"
        for number in (1, 2)
    )
    answer = f'<?xml version="1.0" encoding="UTF-8"?><datastore><recordset>{rows}</recordset></datastore>'
    address = "https://news.example/module/web/jpage/dataproxy.jsp?page=2"
    found = listing.read_list(source("#list ul.rows > li"), fetched(answer, address, content_type="text/xml"))
    assert [(entry.title, entry.address, entry.published) for entry in found.entries] == [
        ("公告1", "https://news.example/art/1.html", "2026-03-01"),
        ("公告2", "https://news.example/art/2.html", "2026-03-02"),
    ]
    with pytest.raises(ReadError, match="matches nothing"):
        listing.read_list(source("#list ul.rows > li"), fetched("<datastore></datastore>", address))
