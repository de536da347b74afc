"""The jpaas kind and the preset of SAMR: column pages, units, their pages, and what else may come."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from aggregator.config import load
from aggregator.errors import ReadError
from aggregator.model import Entry, Fetched, Request
from aggregator.settings import Source
from aggregator.sources import jpaas
from tests.support.answers import as_json, fetched

COLUMN = "https://www.samr.gov.cn/xw/zj/"
UNIT = "https://www.samr.gov.cn/api-gateway/jpaas-publish-server/front/page/build/unit"
IDS = {"webId": "w1", "tplSetId": "t1", "pageId": "p1", "tagId": "内容区域"}
HASH = "0123456789abcdef0123456789abcdef"
ROWS = f"""
<div class="Three_zhnlist_02">
<ul><li class="nav04Left02_content"><a href="/xw/zj/art/2026/art_{HASH}.html" title="临江港
市场监管所开展检查">临江港市场监管…</a></li><li class="nav04Left02_contenttime">2026-03-05</li></ul>
<ul><li class="nav04Left02_content"><a href="https://paper.example/n/1.html">港报：渡轮改道</a></li>
<li class="nav04Left02_contenttime">2026-03-04</li></ul></div>
<li class="imgContent01new"><a href="/xw/mtjj/art/2026/art_{HASH[::-1]}.html"><img src="x.png">码头新貌</a>
<div class="contentRight01time">2026-03-03</div></li>
<div class="paging" count="41" rows="20"></div>"""


def source(url: str = COLUMN, **keys: Any) -> Source:
    """A column."""
    return Source.model_validate({"name": "x", "kind": "jpaas", "url": url, **keys})


def samr(tmp_path: Path, **options: str) -> Source:
    """The preset's source, as a user has it."""
    path = tmp_path / "aggregator.toml"
    said = "".join(f'{key} = "{value}"\n' for key, value in options.items())
    path.write_text(
        f'[site]\nurl = "https://x.example"\n[[source]]\nname = "zj"\npreset = "samr"\nurl = "{COLUMN}"\n'
        f"[source.options]\n{said}",
        "utf-8",
    )
    return load(path).sources[0]


def query(request: Request | None) -> dict[str, str]:
    """The parameters of a unit's address."""
    assert request
    parts = urlsplit(request.address)
    assert request.address.startswith(f"{UNIT}?"), request.address
    return {name: value for name, (value,) in parse_qs(parts.query).items()}


def unit(markup: str, number: int = 1, **answer: Any) -> Fetched:
    """The answer of a unit."""
    request = jpaas.ask(source(options=IDS), number, None if number == 1 else column())
    assert request
    return as_json({"success": True, "data": {"html": markup}, **answer}, request.address)


def column(*scripts: str) -> Fetched:
    """A column's page with these querydata."""
    tags = "".join(
        f"<script parseType='buildstatic' url='{urlsplit(UNIT).path}' querydata='{said}'></script>"
        for said in scripts
    )
    return fetched(f"<!DOCTYPE html><title>总局要闻</title><body>{tags}</body>", COLUMN)


def test_straight_to_the_unit() -> None:
    """Where the ids are configured, the first request is the unit's, with every parameter it wants."""
    said = query(jpaas.ask(source(options=IDS), 1, None))
    assert json.loads(said.pop("paramJson")) == {"pageNo": 1, "pageSize": 20}
    assert said == {**IDS, "parseType": "bulidstatic", "pageType": "column", "editType": "null"}


@pytest.mark.parametrize(
    "said",
    [
        '{"webId":"w9","tplSetId":"t9","pageId":"p9","tagId":"ajax分页","paramJson":"{\\"pageNo\\":1,\\"pageSize\\":\\"15\\"}"}',
        "{&#39;webId&#39;:&#39;w9&#39;, &#39;tplSetId&#39;:&#39;t9&#39;, &#39;pageId&#39;:&#39;p9&#39;, &#39;tagId&#39;:&#39;ajax分页&#39;, &#39;pageSize&#39;: 15}",
    ],
)
def test_column_page_first(said: str) -> None:
    """Without ids the column's page is asked for; its querydata, in any quotes, names the unit."""
    assert jpaas.ask(source(), 1, None) == Request(COLUMN)
    other = '{"webId":"w9","tplSetId":"t9","pageId":"p0","tagId":"导航"}'
    listing = jpaas.read_list(source(), column(other, said))
    assert listing.entries == ()
    (request,) = listing.more
    found = query(request)
    assert json.loads(found.pop("paramJson")) == {"pageNo": 1, "pageSize": 15}
    assert {key: found[key] for key in IDS} == {
        "webId": "w9",
        "tplSetId": "t9",
        "pageId": "p9",
        "tagId": "ajax分页",
    }
    assert found["parseType"] == "buildstatic", "as the page spells it"


def test_options_choose_the_unit() -> None:
    """An option chooses among the units of a page, and beats what the page says."""
    units = [
        json.dumps({"webId": "w", "tplSetId": "t", "pageId": f"p{n}", "tagId": f"区{n}", "pageSize": 9})
        for n in (1, 2)
    ]
    (request,) = jpaas.read_list(
        source(options={"tagId": "区2", "pageSize": 50, "parseType": "x"}), column(*units)
    ).more
    found = query(request)
    assert (found["pageId"], found["parseType"]) == ("p2", "x")
    assert json.loads(found["paramJson"])["pageSize"] == 50


def test_pages() -> None:
    """The number in paramJson turns the pages, from the column's page and from the unit alike, until the totals end."""
    first = unit(ROWS)
    assert json.loads(query(jpaas.ask(source(), 2, first))["paramJson"]) == {"pageNo": 2, "pageSize": 20}
    assert json.loads(query(jpaas.ask(source(), 3, first))["paramJson"])["pageNo"] == 3
    assert jpaas.ask(source(), 4, first) is None, "41 articles are three pages of 20"
    assert jpaas.ask(source(), 2, unit("<ul></ul>")), "no totals, no end"
    page = column(json.dumps({**IDS, "pageSize": 10}))
    assert json.loads(query(jpaas.ask(source(), 2, page))["paramJson"]) == {"pageNo": 2, "pageSize": 10}
    assert jpaas.ask(source(), 2, column()) is None


@pytest.mark.parametrize("preset", [True, False])
def test_rows(tmp_path: Path, preset: bool) -> None:
    """Both kinds of rows are read, by the preset and by the rules for the family."""
    found = jpaas.read_list(samr(tmp_path) if preset else source(), unit(ROWS))
    assert not found.unreadable
    assert [(entry.title, entry.published) for entry in found.entries] == [
        ("临江港 市场监管所开展检查", "2026-03-05"),
        ("港报：渡轮改道", "2026-03-04"),
        ("码头新貌", "2026-03-03"),
    ]
    first, second, third = found.entries
    assert (first.key, first.address) == (HASH, f"https://www.samr.gov.cn/xw/zj/art/2026/art_{HASH}.html")
    assert second.key == second.address == "https://paper.example/n/1.html"
    assert third.key == HASH[::-1]
    assert first.rules["key"] == "hash in its address"


def test_rows_of_the_family() -> None:
    """Plain rows of other sites are read without any rule; what turns pages is none of them."""
    rows = """<ul class="list"><li><a href="/jgsj/art_1.html" title="港口规划公布">港口规划…</a><span>2026-03-05</span></li>
    <li><a href="/jgsj/art_2.html">渡轮检修</a><span class="date">03-04</span></li></ul>
    <div class="pagination"><ul><li><a href="index_2.html">2</a></li></ul></div>"""
    found = jpaas.read_list(source("https://ministry.example/col/"), unit(rows))
    assert [(entry.title, entry.published) for entry in found.entries] == [
        ("港口规划公布", "2026-03-05"),
        ("渡轮检修", "03-04"),
    ]


def test_own_rules() -> None:
    """What [source.list] says beats the rules for the family."""
    own = source(list={"entry": "p", "title": "b"})
    (entry,) = jpaas.read_list(
        own, unit("<p><a href='./x'>more</a><b>渡轮</b></p><li><a href='/y'>y</a></li>")
    ).entries
    assert entry.title == "渡轮"
    assert entry.address == f"{COLUMN}x", "counted from the column's page"


@pytest.mark.parametrize(
    ("answer", "fault", "said"),
    [
        (unit("", success=False, message="pageId不存在"), "failed", "success: false (pageId不存在)"),
        (unit(""), "empty", "without data.html"),
        (unit("", data=None), "empty", "without data.html"),
        (unit("<p>暂无内容</p>"), "empty", "the rule for rows matches nothing"),
        (Fetched(f"{UNIT}?paramJson=x", 200, {}, b"<html><title>\xe9\xaa\x8c\xe8\xaf\x81</title>"), "wrong-type", "is not JSON, but an HTML page titled '验证'"),
        (fetched("<html><title>Moved</title>", COLUMN), "wrong-type", "no script on it has querydata"),
        (column('{"webId":"w"}'), "wrong-type", "titled '总局要闻'"),
        (fetched("[]", COLUMN), "wrong-type", "is not"),
    ],
)  # fmt: skip
def test_other_answers(answer: Fetched, fault: str, said: str) -> None:
    """Where the site answers otherwise than it used to, the error says how."""
    with pytest.raises(ReadError) as caught:
        jpaas.read_list(source(), answer)
    assert caught.value.fault == fault, caught.value
    assert said in str(caught.value)


@pytest.mark.parametrize("quote", ["{", '"a":', '\\"', "a:", "'"])
def test_hostile_querydata(quote: str) -> None:
    """A querydata without end is read once."""
    with pytest.raises(ReadError):
        jpaas.read_list(
            source(),
            fetched(
                f'<html><script querydata="{quote.replace(chr(34), "&quot;") * 200_000}"></script>', COLUMN
            ),
        )


def test_article(tmp_path: Path) -> None:
    """An article's page is read by the preset's rules."""
    page = """<html><head><meta name="ArticleTitle" content="临江港市场监管所开展检查">
    <meta name="PubDate" content="2026-03-05 10:20"><meta name="ContentSource" content="港报"></head>
    <body><div class="Three_xilan_07"><p>全文。</p></div></body></html>"""
    entry = Entry(HASH, title="临江港…", address=f"{COLUMN}art/2026/art_{HASH}.html")
    whole = jpaas.read_article(samr(tmp_path), entry, fetched(page, entry.address))
    assert (whole.title, whole.published, whole.origin) == (
        "临江港市场监管所开展检查",
        "2026-03-05 10:20",
        "港报",
    )
    assert whole.content == "<p>全文。</p>"


def test_preset(tmp_path: Path) -> None:
    """The preset makes a source of any column, and one namespace of all of them."""
    found = samr(tmp_path, **IDS)
    assert (found.kind, found.identity, found.timezone) == ("jpaas", "samr", "Asia/Shanghai")
    assert query(jpaas.ask(found, 1, None))["pageId"] == "p1"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"options": {"pageID": "x"}}, 'options.pageID: unknown key; did you mean "pageId"?'),
        ({"options": {"pageSize": 0}}, "options.pageSize"),
        ({"options": {"unit": "https://x.example/"}}, "options.unit"),
        ({"url": f"{COLUMN}?p={{page}}"}, "url: is the column's page"),
        ({"method": "POST", "body": "x"}, "method: is GET here"),
        ({"list": {"html": "data.html"}}, "list.html: is known here"),
        ({"list": {"entry": "li["}}, "list.entry"),
        ({"article": {"attachments": "a["}}, "article.attachments"),
        ({"paging": {"next": "a"}}, "paging.next: means nothing"),
    ],
)
def test_faults(keys: dict[str, Any], said: str) -> None:
    """Each fault is one line at its key; the options are named as the system names them."""
    found = [f"{key}: {message}" for key, message in jpaas.check(source(**keys))]
    assert len(found) == 1, found
    assert said in found[0]
