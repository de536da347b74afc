"""Named facts of articles: where official pages have them, what they become, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aggregator.config import source_reader
from aggregator.errors import ConfigError
from aggregator.model import Article, Entry, FileText
from aggregator.settings import Source
from aggregator.sources import api, jobs
from tests.support.answers import as_json, fetched

NOW = datetime(2026, 11, 30, tzinfo=UTC)
TEXT = "<p>现将有关事项公告如下，请有关单位遵照执行，并及时报告。</p>" * 3
BODY = "<html><head>{head}</head><body><h1>{title}</h1>{table}<div id=zoom>{text}</div></body></html>"
WANTED = {
    "number": "国市监发〔2026〕12号",
    "index": "000014349/2026-00012",
    "agency": "市场监管总局\n国家药监局",
    "subject": "市场监管\n其他",
    "written": "2026-03-01",
    "issued": "2026-03-05",
    "effective": "2026-05-01",
    "repealed": "2031-05-01",
    "validity": "有效",
    "access": "主动公开",
}
SAID = {
    "索 引 号": "000014349/2026-00012",
    "主题分类": "市场监管\\其他",
    "发文机关": "市场监管总局、国家药监局",
    "成文日期": "2026年3月1日",
    "发文字号": "国市监发[２０２６] 12 号",
    "发布日期": "2026-03-05",
    "施行日期": "2026.05.01",
    "失效日期": "2031-05-01",
    "有 效 性": "有效",
    "公开方式": "主动公开",
}


def official(**keys: Any) -> Source:
    """A listing with the facts of official documents."""
    table = {
        "kind": "listing",
        "url": "https://office.example/list",
        "preset": "official",
        "list": {"entry": "li"},
    }
    return source_reader(Path("nowhere.toml"))(table | {"article": {"body": "#zoom"}} | keys)


def read(source: Source | None = None, *, title: str = "关于码头计量的公告", **parts: str) -> Article:
    """The article that an official page gives: its ``table`` stands above its ``text``."""
    page = BODY.format(**{"head": "", "table": "", "text": TEXT, "title": title} | parts)
    source = source or official()
    entry = Entry("1", title=title, address="https://office.example/1.html")
    entry = jobs.read_article(source, entry, fetched(page, entry.address))
    return jobs.make_article(entry, source, NOW)[0]


def facts(article: Article) -> dict[str, str]:
    """The facts of an article by their names."""
    return {one.name: one.value for one in article.fields}


@pytest.mark.parametrize(
    ("row", "around"),
    [
        ("<tr><td>{0}：</td><td>{1}</td></tr>", "<table>{}</table>"),
        ("<tr><th><b>{0}</b></th><td><span>{1}</span></td></tr>", "<table>{}</table>"),
        ("<td>{0[0]}<span>{0[1]}</span>{0[2]}{0[3]}{rest}:</td><td>{1}</td>", "<table><tr>{}</tr></table>"),
        ("<li><b>{0}：</b>{1}</li>", "<ul>{}</ul>"),
        ("<li><span>{0}</span><span>{1}</span></li>", "<ul>{}</ul>"),
        ("<dt>{0}</dt><dd>{1}</dd>", "<dl>{}</dl>"),
        ("<div><label>【{0}】</label>：<em>{1}</em></div>", "<div>{}</div>"),
        ("{0}：{1}　　", "<p>{}</p>"),
    ],
)
def test_the_table_at_the_head(row: str, around: str) -> None:
    """Each fact is found, however the cells are split and whatever blanks are in the labels."""
    rows = "".join(row.format(label, value, rest=label[4:]) for label, value in SAID.items())
    article = read(table=around.format(rows))
    assert facts(article) == WANTED
    [number, *_] = article.fields
    assert (number.type, number.label, number.rule) == ("reference", "文号", 'label "发文字号"')


def test_empty_cells_and_the_next_label() -> None:
    """A label without a value takes neither the next label nor what stands for nothing."""
    table = "<table><tr><td>文号：</td><td></td><td>索引号：</td><td>A1</td><td>有效性</td><td>无</td></tr></table>"
    assert facts(read(table=table)) == {"index": "A1"}


def test_heads_of_columns_are_no_labels() -> None:
    """A table of other documents says nothing of this one."""
    rows = "<tr><th>发文机关</th><th>备注</th></tr><tr><td>某局</td><td>已清理</td></tr>"
    assert facts(read(table=f"<table>{rows}</table>")) == {}


def test_several_agencies_below_a_text() -> None:
    """Each has a line above the day; a line that only ends like an agency's name is none."""
    signed = "<p>市场监管总局</p><p>国家药监局</p><p>2026年3月1日</p>"
    assert facts(read(text=f"{TEXT}{signed}"))["agency"] == "市场监管总局\n国家药监局"
    assert "agency" not in facts(read(text=f"{TEXT}<p>一次座谈会</p><p>会后合影</p>"))


def test_a_law_that_is_in_force_already() -> None:
    """What a text says of another document is no fact of its own."""
    assert "effective" not in facts(read(text=f"<p>《计量法》自1986年7月1日起施行以来，成效显著。</p>{TEXT}"))


def test_first_and_last_lines() -> None:
    """A number in a line of its own, the agency and the day below the text, and when it comes into force."""
    text = f"<p>国市监 发〔2026〕１２号</p>{TEXT}<p>本公告自2026年5月1日起施行。</p><p>市场监管总局</p><p>二〇二六年三月一日</p>"
    article = read(text=text)
    assert facts(article) == {
        "number": "国市监发〔2026〕12号",
        "agency": "市场监管总局",
        "written": "2026-03-01",
        "effective": "2026-05-01",
    }
    assert article.fields[0].rule == "pattern in the head"


@pytest.mark.parametrize(
    ("title", "number"),
    [
        ("市场监管总局公告2026年第12号", "市场监管总局公告〔2026〕12号"),
        ("关于修改市场监管总局公告2026年第12号的公告", None),
        ("关于码头计量的公告（2026年第 12 号）", "〔2026〕12号"),
        ("《关于码头计量的通知》（国市监发〔2026〕5号）解读", None),
    ],
)
def test_numbers_in_titles(title: str, number: str | None) -> None:
    """A title has its document's number, but not where it speaks of another document."""
    assert facts(read(title=title)).get("number") == number


def test_a_file_says_what_the_page_does_not() -> None:
    """The lines of an attachment are looked at where page and text say nothing."""
    file = FileText("x", "<p>国市监发〔2026〕12号</p><p>正文</p><p>2026年3月1日</p>")
    entry = Entry("1", title="公告", content=TEXT, files={"https://office.example/1.pdf": file})
    article, _ = jobs.make_article(entry, official(), NOW)
    assert facts(article) == {"number": "国市监发〔2026〕12号", "written": "2026-03-01"}
    assert article.fields[0].rule == "pattern in the head in https://office.example/1.pdf"


def test_facts_of_ones_own() -> None:
    """A selector, a label and a pattern name facts of any type; a value that is none of its type is left out."""
    fields = {
        "fee": {"label": "罚款", "type": "number"},
        "place": {"select": "meta[name=place]"},
        "ships": {"pattern": "船舶：(.+?)。", "type": "list", "title": "Ships"},
        "until": {"label": "截止", "type": "date"},
    }
    source = official(fields=fields)
    text = f"{TEXT}<p>罚款：1,234.50 元</p><p>船舶：甲、乙；丙。</p><p>截止：另行通知</p>"
    article = read(source, head='<meta name="place" content="码头">', text=text)
    assert facts(article) == {"fee": "1234.50", "place": "码头", "ships": "甲\n乙\n丙"}
    assert [one.label for one in article.fields] == ["fee", "place", "Ships"]


def test_paths_in_an_api() -> None:
    """An item of a list names facts by JMESPath; a selector on the page beats them, and they a label."""
    table = {
        "kind": "api",
        "url": "https://office.example/list.json",
        "list": {"entry": "[]", "title": "t", "link": "u"},
        "fields": {
            "number": {"path": "n", "type": "reference", "label": "文号"},
            "subject": {"path": "s", "type": "list"},
            "agency": {"path": "a", "select": "meta[name=agency]"},
        },
    }
    source = source_reader(Path("nowhere.toml"))(table)
    item = {"t": "公告", "u": "/1.html", "n": "国发【2026】 3 号", "s": ["甲", "乙"], "a": "列表"}
    [entry] = api.read_list(source, as_json([item])).entries
    page = BODY.format(
        head="<meta name=agency content=页面>", title="公告", table="<p>文号：国发〔2026〕4号</p>", text=TEXT
    )
    article, _ = jobs.make_article(jobs.read_article(source, entry, fetched(page)), source, NOW)
    assert facts(article) == {"number": "国发〔2026〕3号", "subject": "甲\n乙", "agency": "页面"}


def test_a_text_that_its_list_brings_along() -> None:
    """It has a table as a page has; the JSON of an article says more than that of its list, and both more than a label."""
    fields = {"number": {"path": "n", "type": "reference"}, "subject": {"path": "s"}}
    table = {"kind": "api", "url": "https://office.example/list.json", "preset": "official", "fields": fields}
    brief = {"entry": "[]", "title": "t", "id": "i", "body": "b"}
    said = "<p>文号：国发〔2026〕9号</p><p>发文机关：国务院</p>"
    source = source_reader(Path("nowhere.toml"))(table | {"list": brief})
    [entry] = api.read_list(source, as_json([{"t": "公告", "i": 1, "b": said + TEXT, "s": "列表"}])).entries
    article, _ = jobs.make_article(entry, source, NOW)
    assert facts(article) == {"number": "国发〔2026〕9号", "agency": "国务院", "subject": "列表"}
    del brief["body"]
    further = {"list": brief, "article_url": "https://office.example/{i}", "article": {"body": "b"}}
    source = source_reader(Path("nowhere.toml"))(table | further)
    [entry] = api.read_list(
        source, as_json([{"t": "公告", "i": 1, "n": "国发〔2026〕1号", "s": "列表"}])
    ).entries
    entry = jobs.read_article(source, entry, as_json({"b": said + TEXT, "n": "国发〔2026〕2号"}))
    article, _ = jobs.make_article(entry, source, NOW)
    assert facts(article) == {"number": "国发〔2026〕2号", "agency": "国务院", "subject": "列表"}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({}, "says nowhere where it stands"),
        ({"select": "a[["}, "is not a CSS selector"),
        ({"path": "a.b"}, 'is for the kind "api"'),
        ({"label": "x", "type": "colour"}, "should be"),
        ({"pattern": "("}, "is not a regular expression"),
    ],
)
def test_rules_that_are_none(rule: dict[str, str], said: str) -> None:
    """The configuration says what is wrong with a rule."""
    with pytest.raises(ConfigError, match=said):
        official(fields={"mine": rule})


def test_a_page_of_labels_costs_no_time() -> None:
    """A page that is nothing but labels and blanks is read as any other."""
    read(table="<p>" + "索 " * 50_000 + "</p>" + "<span>索 引</span>" * 20_000)
