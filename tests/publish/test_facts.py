"""Named facts where readers and programs meet them: on pages, in posts, feeds, searches and differences."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import feedparser
import yaml
from lxml import etree

from aggregator.model import Article, Field
from aggregator.store import Search
from aggregator.text.query import parse_query
from tests.support.posts import Press, a_press, an_item

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
