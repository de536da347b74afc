"""A poll, from a real server to a real database: what comes, what is owed, what is asked again."""

from __future__ import annotations

import gzip
import json
import sqlite3

import yaml

from aggregator.store import Store
from tests.support.loopback import Answer, Received, Site
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace


def listing(site: Site, **keys: object) -> str:
    """A listing source of that site, whose articles have pages of their own."""
    extra = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    return f"""
[[source]]
name = "gov"
kind = "listing"
url = "{site.url}/list.html"
category = "通知"
{extra}
[source.list]
entry = "li"
link = "a"
title = "a"
date = ".time"
[source.article]
body = "#zoom"
remove = [".share"]
date = "meta[name=PubDate]"
"""


def page(text: str) -> bytes:
    """An article's page."""
    return (
        f"<html><head><meta name='PubDate' content='2026-03-05 10:20'></head><body><div class='nav'>nav</div>"
        f"<div id='zoom'><p>{text}</p><p class='share'>share</p></div></body></html>"
    ).encode()


def links(*names: str) -> bytes:
    """A list page of these articles."""
    items = "".join(
        f"<li><a href='/art/{name}.html'>标题{name}</a><span class='time'>03-05</span></li>" for name in names
    )
    return f"<html><body><ul>{items}</ul></body></html>".encode()


def rows(workplace: Workplace) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of the database."""
    with sqlite3.connect(workplace.folder / "var" / "test.db") as connection:
        tables = [
            name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
        ]
        return {name: sorted(connection.execute(f"select * from {name}"), key=repr) for name in tables}  # noqa: S608


def test_unchanged_costs_one_request(workplace: Workplace) -> None:
    """A second poll of an unchanged source asks once, with its validator, and changes one row."""
    with Site({"/feed.xml": Answer(feed(item(1), item(2)), etag='"v1"')}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        before, files, asked = rows(workplace), workplace.files(), len(site.requests)
        workplace.run("poll")
        assert len(site.requests) == asked + 1
        assert site.requests[-1].headers["if-none-match"] == '"v1"'
    after = rows(workplace)
    assert {name for name in after if after[name] != before[name]} == {"sources"}
    assert workplace.files() == files


def test_same_bytes_without_validators(workplace: Workplace) -> None:
    """A server without validators is told by the hash of its answer; nothing is written twice."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        before = rows(workplace)
        assert "0 new, 0 changed" in workplace.run("poll").stdout
    assert {name for name, old in before.items() if rows(workplace)[name] != old} == {"sources"}


def test_edited_entry_is_a_revision(workplace: Workplace) -> None:
    """An edited entry changes its article, keeps its id and date, and leaves the earlier state behind."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        names = [path.name for path in workplace.posts()]
        site.pages["/feed.xml"] = feed(item(1, "corrected"))
        assert "0 new, 1 changed" in workplace.run("poll").stdout
    assert [path.name for path in workplace.posts()] == names
    assert "corrected 1" in workplace.posts()[0].read_text("utf-8")
    with Store.open(f"sqlite:///{workplace.folder}/var/test.db") as store:
        [kept] = store.every()
        [earlier] = store.revisions(kept.id)
    assert "text 1" in earlier.article.content
    assert (kept.changes, kept.changed) == (1, earlier.replaced_at)


def test_another_language_is_no_change(workplace: Workplace) -> None:
    """Neither that of the site nor that of the source; what is really edited then takes the new one."""
    with Site({"/feed.xml": feed(item(1), item(2))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        articles = rows(workplace)["articles"]
        workplace.configure(feed_source(site, language="de"))
        assert "0 new, 0 changed" in workplace.run("poll").stdout
        assert rows(workplace)["articles"] == articles
        site.pages["/feed.xml"] = feed(item(1), item(2, "corrected"))
        assert "0 new, 1 changed" in workplace.run("poll").stdout
        text = workplace.config.read_text("utf-8")
        workplace.config.write_text(text.replace('language = "zh-CN"', 'language = "en"'), "utf-8")
        assert "0 new, 0 changed" in workplace.run("poll").stdout


def test_failed_page_is_owed_across_304(workplace: Workplace) -> None:
    """A page that failed is a row with its retry time; the list's 304 does not make us forget it."""
    pages = {
        "/list.html": Answer(links("a", "b"), etag='"v1"'),
        "/art/a.html": page("正文甲"),
        "/art/b.html": Answer(b"gone fishing", status=404),
    }
    with Site(pages) as site:
        workplace.configure(listing(site))
        workplace.run("poll", expect=1)
        (debt,) = workplace.sources()["gov"]["owed"]
        assert debt["reason"] == "failed"
        assert "404" in debt["message"]
        assert debt["retry_at"]
        assert len(workplace.posts()) == 1
        workplace.run("poll")
        assert site.paths().count("/art/b.html") == 1, "its time has not come"
        site.pages["/art/b.html"] = page("正文乙")
        workplace.run("poll", "gov")
    assert workplace.sources()["gov"]["owed"] == []
    assert len(workplace.posts()) == 2
    text = "".join(path.read_text("utf-8") for path in workplace.posts())
    assert "正文乙" in text
    assert "share" not in text.partition("<http")[0]


def test_budget_leaves_the_rest_for_later(workplace: Workplace) -> None:
    """Pages over the budget are rows too, and later polls work them off while the list says 304."""
    names = ["a", "b", "c", "d", "e"]
    pages: dict[str, Answer | bytes] = {f"/art/{name}.html": page(name) for name in names}
    with Site({"/list.html": Answer(links(*names), etag='"v1"'), **pages}) as site:
        workplace.configure(listing(site, budget=2))
        workplace.run("poll")
        assert [debt["reason"] for debt in workplace.sources()["gov"]["owed"]] == ["budget"] * 3
        workplace.run("poll", "gov")
        workplace.run("poll", "gov")
        assert len([path for path in site.paths() if path.startswith("/art/")]) == 5
    assert workplace.sources()["gov"]["owed"] == []
    assert len(workplace.posts()) == 5


def test_without_title_until_complete(workplace: Workplace) -> None:
    """An item that a list has before its fields is set aside, and comes when it is complete."""
    early = {
        "list": [
            {"id": "abcdef1", "title": "", "date": ""},
            {"id": "abcdef2", "title": "Two", "date": "2026-03-05"},
        ]
    }
    with Site({"/api": json.dumps(early).encode(), "/text": b'{"text": "<p>body</p>"}'}) as site:
        workplace.configure(
            f'[[source]]\nname = "api"\nkind = "api"\nurl = "{site.url}/api"\narticle_url = "/text?id={{id}}"\n'
            '[source.list]\nentry = "list"\nid = "id"\ntitle = "title"\ndate = "date"\n[source.article]\nbody = "text"\n'
        )
        workplace.run("poll")
        (debt,) = workplace.sources()["api"]["owed"]
        assert (debt["key"], debt["reason"]) == ("abcdef1", "incomplete")
        assert len(workplace.posts()) == 1
        early["list"][0] |= {"title": "One", "date": "2026-03-06 08:00:00"}
        site.pages["/api"] = json.dumps(early).encode()
        workplace.run("poll")
    assert workplace.sources()["api"]["owed"] == []
    assert [path.name for path in workplace.posts()] == ["2026-03-05-abcdef2.md", "2026-03-06-abcdef1.md"]


def test_untitled_feed_entry(workplace: Workplace) -> None:
    """In a feed, an entry without a title takes the first sixty characters of its text."""
    text = "一二三四五六七八九十" * 8
    with Site(
        {"/feed.xml": feed(f"<item><guid>untitled</guid><description>{text}</description></item>")}
    ) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        entry = json.loads(workplace.run("preview", "paper", "--json").stdout)["entries"][0]
    assert entry["title"] == text[:60]
    assert entry["rules"]["title"] == "first 60 characters of the text"
    assert entry["published"] is None
    (post,) = workplace.posts()
    assert f'title: "{text[:60]}"' in post.read_text("utf-8")


def test_retry_after_holds(workplace: Workplace) -> None:
    """A standing Retry-After is kept even when the source is named."""
    with Site({"/feed.xml": Answer(status=503, headers={"Retry-After": "600"})}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll", expect=1)
        state = workplace.sources()["paper"]
        assert state["status"] == "failed"
        assert state["wait_until"]
        assert "asked us to wait" in workplace.run("poll", "paper").stdout
        assert len(site.requests) == 1


def test_one_bad_source_costs_no_other(workplace: Workplace) -> None:
    """A source that fails is a row in its state; the others come, and the exit code says so."""
    with Site({"/feed.xml": feed(item(1)), "/bad": b"<html><body>please log in</body></html>"}) as site:
        bad = f'[[source]]\nname = "bad"\nkind = "feed"\nurl = "{site.url}/bad"\n'
        workplace.configure(feed_source(site) + bad)
        workplace.run("poll", expect=1)
        states = workplace.sources()
    assert (states["paper"]["status"], states["bad"]["status"]) == ("ok", "wrong-type")
    assert "is not a feed, but an HTML page" in states["bad"]["error"]
    assert len(workplace.posts()) == 1


def test_mended_selector_takes_effect_at_once(workplace: Workplace) -> None:
    """Validators of another configuration do not count: after a mend the list is read again."""
    pages = {"/art/a.html": page("正文"), "/art/b.html": page("又")}
    with Site({"/list.html": Answer(links("a", "b"), etag='"v1"'), **pages}) as site:
        workplace.configure(listing(site).replace("#zoom", "#wrong").replace('"li"', '"li:first-child"'))
        workplace.run("poll", expect=1)
        assert "matches nothing" in workplace.sources()["gov"]["owed"][0]["message"]
        workplace.configure(listing(site))
        workplace.run("poll")
        assert len(workplace.posts()) == 2


def test_hostile_page_is_clean_everywhere(workplace: Workplace) -> None:
    """Scripts, handlers and Liquid of a source never reach a page, a feed or a post alive."""
    evil = "<script>alert(1)</script><p onclick='x()'>{{ site }} {% raw %} <a href='javascript:x()'>l</a></p>"
    with Site({"/list.html": links("a"), "/art/a.html": page(evil)}) as site:
        workplace.configure(listing(site))
        workplace.run("poll")
    for path, body in workplace.files("public/share", "public/category", "_posts").items():
        text = (gzip.decompress(body) if path.endswith(".gz") else body).decode()
        assert "alert(1)" not in text, path
        assert "onclick" not in text, path
        assert "javascript:" not in text, path
    post = workplace.posts()[0].read_text("utf-8")
    assert "{{" not in post
    assert "{%" not in post


def test_relative_dates(workplace: Workplace) -> None:
    """A list that says "5 minutes ago" at every visit is not edited, and its articles keep their dates."""

    def ago(request: Received) -> Answer:
        return Answer(links("a").replace(b"03-05", f"{len(site.requests) + 5}分钟前".encode()))

    with Site({"/list.html": ago, "/art/a.html": page("正文")}) as site:
        workplace.configure(listing(site).replace('date = "meta[name=PubDate]"', ""))
        workplace.run("poll")
        before = workplace.files()
        assert "0 new, 0 changed" in workplace.run("poll").stdout
        assert site.paths().count("/art/a.html") == 1
    assert workplace.files() == before


def test_counters_are_no_edit(workplace: Workplace) -> None:
    """A field of an item that no rule names may change without its page being asked for again."""
    with Site({"/text": b'{"text": "<p>body</p>"}'}) as site:

        def items(request: Received) -> Answer:
            item = {"id": "abcdef1", "title": "One\nTwo", "date": "2026-03-06", "reads": len(site.requests)}
            return Answer(json.dumps({"list": [item]}).encode())

        site.pages["/api"] = items
        workplace.configure(
            f'[[source]]\nname = "api"\nkind = "api"\nurl = "{site.url}/api"\narticle_url = "/text?id={{id}}"\n'
            '[source.list]\nentry = "list"\nid = "id"\ntitle = "title"\ndate = "date"\n[source.article]\nbody = "text"\n'
        )
        workplace.run("poll")
        workplace.run("poll")
        assert len([path for path in site.paths() if path.startswith("/text")]) == 1
    assert yaml.safe_load(workplace.posts()[0].read_text("utf-8").split("---\n")[1])["title"] == "One\nTwo"


def test_reading_commands_change_nothing(workplace: Workplace) -> None:
    """Another configuration's `sources` beside ours takes nothing away from what is polled."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        before = rows(workplace)
        workplace.configure(f'[[source]]\nname = "other"\nkind = "feed"\nurl = "{site.url}/other.xml"\n')
        assert workplace.sources()["other"]["status"] == "new"
    assert rows(workplace) == before


def test_honest_user_agent(workplace: Workplace) -> None:
    """Every request names the program and the site that it gathers for."""
    with Site({"/list.html": links("a"), "/art/a.html": page("text")}) as site:
        workplace.configure(listing(site))
        workplace.run("poll")
        agents = {request.headers["user-agent"] for request in site.requests}
    assert len(agents) == 1
    assert "aggregator/" in agents.copy().pop()
    assert "https://news.example.org/" in agents.pop()


def test_gbk_list(workplace: Workplace) -> None:
    """A list and pages in GBK that call themselves gb2312 come out in the right characters."""

    def gbk(request: Received) -> Answer:
        markup = page("镕基和朱镕") if "art" in request.path else links("镕")
        head = b"<meta http-equiv='Content-Type' content='text/html; charset=gb2312'>"
        return Answer(head + markup.decode().encode("gb18030"), headers={"Content-Type": "text/html"})

    with Site({"/list.html": gbk, "/art/%E9%95%95.html": gbk}) as site:
        workplace.configure(listing(site))
        workplace.run("poll")
    post = workplace.posts()[0].read_text("utf-8")
    assert 'title: "标题镕"' in post
    assert "镕基和朱镕" in post


def test_preview_writes_nothing(workplace: Workplace) -> None:
    """A preview shows entries and the rule of each field, and leaves the folder as it was."""
    with Site(
        {"/list.html": links("a", "b"), "/art/a.html": page("正文"), "/art/b.html": page("又")}
    ) as site:
        workplace.configure(listing(site))
        said = json.loads(workplace.run("preview", "gov", "--json").stdout)
        table = workplace.run("preview", "gov").stdout
    assert [path.name for path in workplace.folder.iterdir()] == ["config"]
    assert [entry["title"] for entry in said["entries"]] == ["标题a", "标题b"]
    assert said["entries"][0]["rules"]["content"] == "article.body '#zoom'"
    assert said["entries"][0]["rules"]["published"].startswith("article.date")
    assert said["entries"][0]["published"] == "2026-03-05T02:20:00+00:00"
    assert "标题b" in table
    assert "list.title 'a'" in table


def test_what_is_decided_of_each_entry_is_said_to_who_asks(workplace: Workplace) -> None:
    """With ``-v``, why an entry is read or left, and what comes of it; otherwise nothing of it."""
    with Site({"/feed.xml": feed(item(1), item(2))}) as site:
        workplace.configure(feed_source(site))
        assert "why=" not in workplace.run("poll").stderr
        site.pages["/feed.xml"] = feed(item(1), item(2).replace("Title 2", "Title two"), item(3))
        said = workplace.run("-v", "poll").stderr
    ways = [line.partition(" key=")[2].partition(" ")[2] for line in said.splitlines() if " key=" in line]
    assert ways == ["why=unchanged", "why=edited", "why=new", "way=changed", "way=new"]
