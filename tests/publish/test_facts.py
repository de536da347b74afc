"""Named facts where readers and programs meet them: on pages, in posts, feeds, searches and differences."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import feedparser
import yaml
from lxml import etree

from aggregator.model import Article, Field, Label
from aggregator.store import Search
from aggregator.text.query import parse_query
from tests.support.posts import START, Press, a_press, an_item

FIELDS = (
    Field("number", "国市监发〔2026〕12号", "reference", "文号"),
    Field("agency", "市场监管总局\n国家药监局", "list", "发文机关"),
    Field("issued", "2026-03-05", "date", "发布日期"),
    Field("ships", "<7> & more", "text", "Ships\x0b"),
)
DC, DCTERMS = "{http://purl.org/dc/elements/1.1/}", "{http://purl.org/dc/terms/}"


def notice(number: int = 1, fields: tuple[Field, ...] = FIELDS) -> Article:
    """An article with facts."""
    return an_item(number, title="关于码头计量的公告", fields=fields)


def test_where_they_stand(tmp_path: Path) -> None:
    """The page has a table, the post front matter, and each feed the facts in its own terms."""
    with a_press(tmp_path) as press:
        press.save(notice())
        press.publish()
        [page] = press.files("share/*.html").values()
        assert (
            "<dt><bdi>Document number</bdi></dt>\n<dd><bdi>国市监发〔2026〕12号</bdi></dd>".encode() in page
        )
        assert "<dd><bdi>市场监管总局</bdi><br><bdi>国家药监局</bdi></dd>".encode() in page
        assert b"<dd><bdi>&lt;7&gt; &amp; more</bdi></dd>" in page
        linked = re.search(rb'ld\+json">(.*?)</script>', page)
        assert linked
        assert json.loads(linked[1])["identifier"] == "国市监发〔2026〕12号"
        [post] = (tmp_path / "_posts").iterdir()
        front = yaml.safe_load(post.read_text("utf-8").split("---\n")[1])
        assert front["fields"]["number"] == "国市监发〔2026〕12号"
        assert front["fields"]["agency"] == ["市场监管总局", "国家药监局"]
        assert str(front["fields"]["issued"]) == "2026-03-05"
        for form in ("rss", "atom"):
            [body] = press.files(f"feeds/{form}.xml").values()
            item = next(etree.fromstring(body).iter("{*}item", "{*}entry"))
            assert [one.text for one in item.iter(f"{DC}publisher")] == ["市场监管总局", "国家药监局"]
            assert item.findtext(f"{DC}identifier") == "国市监发〔2026〕12号"
            assert item.findtext(f"{DCTERMS}issued") == "2026-03-05"
            tags = {tag.term: tag.scheme for tag in feedparser.parse(body).entries[0].tags}
            assert tags["国市监发〔2026〕12号"].endswith("/#number")
            assert tags["<7> & more"].endswith("/#ships")
        [body] = press.files("feeds/feed.json").values()
        assert json.loads(body)["items"][0]["_fields"]["agency"] == ["市场监管总局", "国家药监局"]
        assert press.publisher.check() == []


def test_a_feed_without_facts_declares_no_terms(tmp_path: Path) -> None:
    """Nothing in it tells that there could be some."""
    with a_press(tmp_path) as press:
        press.save(notice(fields=()))
        press.publish()
        assert not any(
            b"purl.org/dc/terms" in body or b"_fields" in body for body in press.files("feeds/*").values()
        )
        [page] = press.files("share/*.html").values()
        assert b'class="fields"' not in page
        [post] = (tmp_path / "_posts").iterdir()
        assert "fields" not in post.read_text("utf-8")


def test_searches_and_feeds_by_query(tmp_path: Path) -> None:
    """A fact is found by its name or label and a part of its value; a number in any spelling."""
    feeds = [{"name": "ours", "query": "agency:药监局"}, {"name": "others", "query": "-agency:药监局 码头"}]
    other = notice(2, fields=(Field("number", "国发〔2026〕12号", "reference", "文号"),))
    with a_press(tmp_path, feeds=feeds) as press:
        press.save(notice(), other)
        press.publish()
        for query, ids in {
            "文号:〔2026〕12号": [1, 2],
            "number:国市监发[2026]12号": [1],
            "number:国市监发２０２６年第１２号": [1],
            "agency:市场监管总局": [1],
            'AGENCY:"国家药监局"': [1],
            "发文机关:药监 -issued:2026-03": [],
            "issued:2026-03 码头": [1],
            "agency:〔2026〕12号": [],
            "题:公告": [],
        }.items():
            found = press.store.search(Search(parse_query(query)))
            assert sorted(int(kept.article.key[-1]) for kept in found) == ids, query
        keys = {name: [entry.title for entry in of(press, name)] for name in ("ours", "others")}
        assert {name: len(titles) for name, titles in keys.items()} == {"ours": 1, "others": 1}


def of(press: Press, name: str) -> list[Any]:
    """The entries of a named feed."""
    [body] = press.files(f"feed/{name}/atom.xml").values()
    return list(feedparser.parse(body).entries)


def test_a_changed_fact_is_told(tmp_path: Path) -> None:
    """It is a change that readers see, and what it was stands beside what it is; a gone one is struck out."""
    with a_press(tmp_path) as press:
        press.save(notice())
        valid = replace(FIELDS[0], value="国市监发〔2026〕13号")
        press.save(changed=[notice(fields=(valid, *FIELDS[2:]))], hour=1)
        press.publish()
        page = press.files()["share/item-000001.html"].decode()
        assert (
            "<dt><bdi>Document number</bdi></dt>\n<dd>国市监发〔2026〕<del>12</del><ins>13</ins>号</dd>"
            in page
        )
        assert "<del>市场监管总局, 国家药监局</del>" in page


def document(number: int, title: str, text: str, own: str = "", agency: str = "") -> Article:
    """A document that has a number of its own, and cites others."""
    named = (Field("number", own, "reference"), Field("agency", agency, "list"))
    fields = tuple(one for one in named if one.value)
    # Each has a category of its own: those of one category lead to each other, and are written together.
    return an_item(number, title=title, content=f"<p>{text}</p>", fields=fields, labels=(Label(title),))


def links(press: Press, number: int) -> dict[str, list[str]]:
    """To which documents the page of one leads, by their relation."""
    page = etree.HTML(press.files()[f"share/item-{number:06}.html"])
    sections = {name: page.xpath(f"//section[contains(@class, 'changes {name}')]") for name in RELATIONS}
    return {name: sorted(found[0].xpath(".//a/@href")) for name, found in sections.items() if found}


RELATIONS = ("cites", "repeals", "cited-by", "repealed-by")


def test_documents_link_to_each_other(tmp_path: Path) -> None:
    """A number in any spelling leads to the document that has it, and back; so it is, whichever came first."""
    law = document(1, "计量办法", "全文。", own="国市监发〔2020〕5号")
    bare = document(2, "码头公告", "全文。", own="〔2026〕12号", agency="市场监管总局")
    citing = document(3, "通知", "根据国市监发【２０２０】第5号和市场监管总局公告2026年第012号，现通知如下。")
    other = document(4, "别的通知", "见国药监发〔2020〕5号、〔2026〕12号。")
    for order in ((law, bare, citing, other), (other, citing, bare, law)):
        with a_press(tmp_path / order[0].key) as press:
            for hour, one in enumerate(order):
                press.save(one, hour=hour)
                press.publish()
            page = ["../share/item-000001.html", "../share/item-000002.html"]
            assert links(press, 3) == {"cites": page}
            assert links(press, 1) == links(press, 2) == {"cited-by": ["../share/item-000003.html"]}
            assert links(press, 4) == {}
            assert press.publisher.check() == []


def test_what_is_repealed(tmp_path: Path) -> None:
    """The sentence or the title says so; what is the basis of it, or stays in force, is only cited."""
    old = [
        document(number, f"办法{number}", "全文。", own=f"国发〔2020〕{number}号") for number in range(1, 5)
    ]
    text = "根据国发〔2020〕1号，《办法》（国发〔2020〕2号）同时废止。国发〔2020〕3号继续有效，不予废止。"
    new = document(5, "新办法", text, own="国发〔2026〕5号")
    titled = document(6, "关于宣布失效一批文件的决定", "一、国发〔2020〕4号")
    with a_press(tmp_path) as press:
        press.save(*old, new, titled)
        press.publish()
        assert links(press, 5) == {
            "cites": ["../share/item-000001.html", "../share/item-000003.html"],
            "repeals": ["../share/item-000002.html"],
        }
        assert links(press, 2) == {"repealed-by": ["../share/item-000005.html"]}
        assert links(press, 4) == {"repealed-by": ["../share/item-000006.html"]}
        changed = document(5, "新办法", "国发〔2020〕3号废止。", own="国发〔2026〕5号")
        press.save(changed=[changed], hour=1)
        press.publish()
        assert [links(press, number) for number in (1, 2)] == [{}, {}]
        assert links(press, 3) == {"repealed-by": ["../share/item-000005.html"]}
        press.save(changed=[replace(changed, title="又一个办法")], hour=2)
        press.publish()
        assert "又一个办法" in press.files()["share/item-000003.html"].decode()
        press.store.remove("item-000005", "", START)
        press.publish()
        assert links(press, 3) == {}
        assert press.publisher.check() == []


def test_a_page_that_claims_the_number_of_another(tmp_path: Path) -> None:
    """It is another article, and who cites the number is led to both."""
    true = document(1, "关于码头计量的公告", "全文在此。" * 9, own="国市监发〔2026〕5号")
    false = document(2, "低价出售码头", "点击这里。" * 9, own="国市监发〔2026〕5号")
    citing = document(3, "通知", "见国市监发〔2026〕5号。")
    with a_press(tmp_path) as press:
        press.save(true, false, citing)
        press.publish()
        assert links(press, 3) == {"cites": ["../share/item-000001.html", "../share/item-000002.html"]}
        [body] = press.files("feeds/atom.xml").values()
        assert len(feedparser.parse(body).entries) == 3
