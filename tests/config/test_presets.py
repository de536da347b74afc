"""The presets: each makes a source of little more than a name, and reads what its site is known to answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aggregator.config import load
from aggregator.config.sources import preset_names
from aggregator.errors import ReadError
from aggregator.model import Entry, Fetched
from aggregator.settings import Source
from aggregator.sources import find_kind
from aggregator.text.dates import read_date
from tests.support.answers import as_json

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WITH_ADDRESS = {"eastmoney-columns", "gov-cn", "gov-cn-library"}
EASTMONEY = ["eastmoney-columns", "eastmoney-newmarket", "eastmoney-nodes", "eastmoney-rolling"]


def source(folder: Path, preset: str, url: str = "") -> Source:
    """A source of that preset, as a user writes it."""
    path = folder / "aggregator.toml"
    address = f'url = "{url}"\n' if url else ""
    address += 'kind = "feed"\n' if preset == "official" else ""  # the facts of sources of any kind
    path.write_text(
        f'[site]\nurl = "https://x.example"\n[[source]]\nname = "x"\npreset = "{preset}"\n{address}', "utf-8"
    )
    return load(path).sources[0]


def read(of: Source, answer: Any, **headers: str) -> list[Entry]:
    """The entries that a source reads in an answer to its first request."""
    kind = find_kind(of.kind)
    assert kind
    request = kind.ask(of, 1, None)
    assert request
    return list(kind.read_list(of, as_json(answer, request.address, **headers)).entries)


def moment(of: Source, entry: Entry) -> datetime | None:
    """When an entry says it was published."""
    return read_date(entry.published, NOW, of.timezone)


@pytest.mark.parametrize("preset", preset_names())
def test_presets(tmp_path: Path, preset: str) -> None:
    """Every preset makes a sound source of nothing but a name and an address, or brings the address itself."""
    found = source(tmp_path, preset, "" if preset in WITH_ADDRESS else "https://x.example/list")
    assert found.timezone == ("UTC" if preset == "wordpress" else "Asia/Shanghai")
    assert "{" not in re.sub(r"\{\w+\}", "", found.url)


def test_eastmoney_columns(tmp_path: Path) -> None:
    """A column is read by code, whose page has the text; its pages are counted."""
    of = source(tmp_path, "eastmoney-columns")
    item = {
        "code": "202603053664412345",
        "title": "<em>港口</em>复工",
        "showTime": "2026-03-05 10:20:00",
        "mediaName": "临江报",
        "summary": "短",
        "url": "http://finance.example/news/1350,202603053664412345.html",
        "uniqueUrl": "https://finance.example/a/202603053664412345.html",
    }
    (entry,) = read(of, {"data": {"list": [item, {**item, "url": "http://other.example/"}]}})
    assert (entry.key, entry.title, entry.content) == ("202603053664412345", "港口复工", None)
    assert entry.address == "https://finance.example/a/202603053664412345.html"
    assert entry.fields == {"mediaName": "临江报"}
    assert moment(of, entry) == datetime(2026, 3, 5, 2, 20, tzinfo=UTC)
    kind = find_kind("api")
    assert kind
    second = kind.ask(of, 2, as_json({}))
    assert second
    assert "page_index=2" in second.address
    assert "req_trace=" in second.address


@pytest.mark.parametrize("preset", EASTMONEY)
def test_eastmoney_markup(tmp_path: Path, preset: str) -> None:
    """What tracks goes, what it says stays; a chart goes with what stands between its comments, and no more."""
    rules = source(tmp_path, preset, "https://x.example/list").article
    assert {"a.keytip", "a.infokey", "span[id^=stock_]"} <= set(rules.unwrap)
    assert "a.EmImageRemark" in rules.remove
    (chart,) = rules.replace
    text = "<p>前</p><!-- EM_StockImg_Start -->\n<img>\n<!-- EM_StockImg_End --><p>中</p><!-- EM_StockImg_Start --><!-- EM_StockImg_End --><p>后</p>"
    assert (chart.field, re.sub(chart.pattern, chart.with_, text)) == (
        "content",
        "<p>前</p><p>中</p><p>后</p>",
    )
    endless = "<!-- EM_StockImg_Start -->" * 500
    assert re.sub(chart.pattern, chart.with_, endless) == endless


def test_gov_cn(tmp_path: Path) -> None:
    """The list is the answer itself, and the pages' dates are read in either form."""
    of = source(tmp_path, "gov-cn")
    item = {"TITLE": "渡轮改道", "URL": "https://gov.example/content_1.htm", "DOCRELPUBTIME": "2026-03-05"}
    (entry,) = read(of, [item])
    assert (entry.title, entry.key, entry.content) == ("渡轮改道", item["URL"], None)
    for said in ("2026-03-05 10:20:30", "2026-03-05-10:20:30"):
        assert read_date(said, NOW, of.timezone) == datetime(2026, 3, 5, 2, 20, 30, tzinfo=UTC)


def test_csrc(tmp_path: Path) -> None:
    """The list has the texts, the files and times in milliseconds."""
    of = source(tmp_path, "csrc", "https://csrc.example/searchList/abc?page={page}")
    item = {
        "title": "港口公告",
        "contentHtml": "<p>全文</p>",
        "resList": [{"fileName": "附件.pdf", "filePath": "/files/1.pdf"}],
        "publishedTime": 1772676000000,
        "url": "//csrc.example/c1/content.shtml",
    }
    (entry,) = read(of, {"data": {"results": [item]}})
    assert (entry.content, entry.address) == ("<p>全文</p>", "https://csrc.example/c1/content.shtml")
    assert [(file.address, file.title) for file in entry.attachments] == [
        ("https://csrc.example/files/1.pdf", "附件.pdf")
    ]
    assert moment(of, entry) == datetime(2026, 3, 5, 2, tzinfo=UTC)


def test_wordpress(tmp_path: Path) -> None:
    """Posts come whole, with times in UTC; the Link header leads on."""
    of = source(tmp_path, "wordpress", "https://blog.example/wp-json/wp/v2/posts")
    post = {
        "id": 12,
        "date_gmt": "2026-03-05T02:20:00",
        "link": "https://blog.example/ferry/",
        "title": {"rendered": "Ferry &#8211; moved"},
        "content": {"rendered": "<p>All of it</p>", "protected": False},
        "excerpt": {"rendered": "<p>It</p>"},
        "_embedded": {"author": [{"name": "Lin"}]},
    }
    bare, closed = {**post, "id": 13, "_embedded": {}}, {**post, "id": 14, "content": {"rendered": ""}}
    entry, other, empty = read(of, [post, bare, closed])
    assert (entry.key, entry.title, entry.author, entry.content) == (
        "12",
        "Ferry – moved",
        "Lin",
        "<p>All of it</p>",
    )
    assert moment(of, entry) == datetime(2026, 3, 5, 2, 20, tzinfo=UTC)
    assert (other.author, empty.content) == ("", None)
    kind = find_kind("api")
    assert kind
    link = '<https://blog.example/wp-json/wp/v2/posts?page=2>; rel="next"'
    following = kind.ask(
        of, 2, Fetched("https://blog.example/wp-json/wp/v2/posts", 200, {"link": link}, b"[]")
    )
    assert following
    assert following.address.endswith("?page=2")


def facts(entry: Entry) -> dict[str, str]:
    """What a list says of an entry's facts."""
    return {one.name: one.value for one in entry.facts}


def test_gkmlpt(tmp_path: Path) -> None:
    """An article of it has its facts in the list; it ends where a page has none, and says what came otherwise."""
    of = source(tmp_path, "gkmlpt", "https://x.example/gkmlpt/api/all/5?page={page}&sid=2")
    item = {
        "id": 4512345,
        "title": "关于码头<em>计量</em>的通知",
        "url": "http://x.example/gkmlpt/content/4/4512/post_4512345.html",
        "document_number": "粤府〔2026〕12号",
        "identifier": "006939748/2026-00012",
        "publisher": "广东省人民政府",
        "classify_theme_name": "市场监管",
        "display_publish_time": 1772676000,
        "is_abolished": 1,
    }
    entry, other = read(
        of, {"total": 2, "articles": [item, {**item, "id": 2, "is_abolished": 0, "is_expired": 0}]}
    )
    assert (entry.key, entry.title, entry.content) == ("4512345", "关于码头计量的通知", None)
    assert moment(of, entry) == datetime(2026, 3, 5, 2, tzinfo=UTC)
    assert facts(entry) == {
        "number": "粤府〔2026〕12号",
        "index": "006939748/2026-00012",
        "agency": "广东省人民政府",
        "subject": "市场监管",
        "validity": "废止",
    }
    assert "validity" not in facts(other)
    assert read(of, {"total": 2, "articles": []}) == []
    with pytest.raises(ReadError, match="'articles' is not a list"):
        read(of, {"code": 403, "msg": "no"})


def test_the_library_of_policies(tmp_path: Path) -> None:
    """Its documents stand in one list or in one for each category, with number and agency."""
    of = source(tmp_path, "gov-cn-library")
    item = {
        "title": "国务院<em>关于</em>码头的意见",
        "url": "https://www.gov.cn/zhengce/content/202603/content_1.htm",
        "pcode": "国发〔2026〕5号",
        "puborg": "国务院",
        "pubtime": 1772676000000,
        "childtype": "城乡建设\\住房",
    }
    lists = {
        "gongwen": {"listVO": [item]},
        "bumenfile": {"listVO": [{**item, "url": "https://www.gov.cn/2.htm"}]},
    }
    one, two = {"searchVO": {"listVO": [item]}}, {"searchVO": {"listVO": None, "catMap": lists}}
    assert [len(read(of, answer)) for answer in (one, two)] == [1, 2]
    [entry] = read(of, one)
    assert (entry.title, moment(of, entry)) == ("国务院关于码头的意见", datetime(2026, 3, 5, 2, tzinfo=UTC))
    assert facts(entry) == {"number": "国发〔2026〕5号", "agency": "国务院", "subject": "城乡建设\\住房"}
    with pytest.raises(ReadError, match="is not a list in the answer"):
        read(of, {"code": 200, "searchVO": {"totalCount": 0, "listVO": None}})


def test_every_preset_is_documented() -> None:
    """The table of presets names each of them."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "configuration.md").read_text("utf-8")
    assert [name for name in preset_names() if f"| `{name}` |" not in text] == []
