"""A Jekyll site's posts come in as articles that keep their addresses, and their source knows them again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.jekyll import POSTS, lay
from tests.support.loopback import Answer, Site
from tests.support.samples import published_articles
from tests.support.workplace import Workplace


def source(url: str) -> str:
    """An api as the earlier system asked one."""
    return f"""
[[source]]
name = "market"
kind = "api"
url = "{url}/list.json"
namespace = "eastmoney"
category = "{{media}}"
article_url = "/text.json?id={{code}}"
share_url = "http://finews.zning.xyz/html_News/NewsShare.html?infoCode={{code}}"
[source.list]
entry = "items"
id = "code"
title = "title"
date = "time"
[source.article]
body = "text"
"""


def served(*codes: str) -> Answer:
    """A list with these articles."""
    items = [
        {"code": code, "title": f"Title {code}", "time": "2021-12-08 10:00:00", "media": "Town"}
        for code in codes
    ]
    return Answer(json.dumps({"items": items}).encode(), {"content-type": "application/json"})


@pytest.fixture
def site() -> Iterator[Site]:
    text = Answer(
        json.dumps({"text": "<p>The source's own words.</p>"}).encode(), {"content-type": "application/json"}
    )
    with Site({"/list.json": served(), "/text.json": text}) as site:
        yield site


def script_post(code: str, title: str = "", extra: str = "") -> str:
    """A post as the old script wrote it."""
    return (
        f'---\nlayout: post\ntitle: "{title or f"Title {code}"}"\ndate: 2021-12-08 10:00:00\ncategories: town\ntags: Town新闻\n{extra}---\n'
        f"<p>Words of {code}.</p>\n\n<http://finews.zning.xyz/html_News/NewsShare.html?infoCode={code}>\n\n[返回](//x/)｜[返回首页](//x/)"
    )


def front_matter(file: Path) -> dict[str, object]:
    """The front matter of a post that we wrote."""
    found = yaml.safe_load(file.read_text("utf-8").split("---\n")[1])
    assert isinstance(found, dict)
    return found


def test_story(workplace: Workplace, site: Site) -> None:
    """Taken in, published, taken in again, polled: one article each, at the old address, told to nobody."""
    workplace.configure(source(site.url))
    lay(
        workplace.folder / "old",
        {f"_posts/2021-12-08-2021120820{n}.md": script_post(f"2021120820{n}") for n in (1, 2, 3)},
    )
    dry = workplace.run("import-posts", "old", "--source", "market", "--dry-run")
    assert "Title 20211208201  (Town) at /town/2021/12/08/20211208201.html" in dry.stdout
    assert "3 articles would be taken in" in dry.stderr + dry.stdout
    assert not (workplace.folder / "var" / "test.db").exists()
    site.pages["/list.json"] = served("20211208204")
    workplace.run("poll")
    assert "3 articles taken in" in workplace.run("import-posts", "old", "--source", "market").stdout
    again = workplace.run("import-posts", "old", "--source", "market")
    assert "0 articles taken in, 3 held already" in again.stdout + again.stderr
    workplace.run("publish")
    workplace.run("publish", "--check")
    posts = sorted((workplace.folder / "_posts").iterdir())
    assert [file.name for file in posts] == [f"2021-12-08-2021120820{n}.md" for n in (1, 2, 3, 4)]
    first = front_matter(posts[0])
    assert (first["permalink"], first["categories"], first["tags"]) == (
        "/town/2021/12/08/20211208201.html",
        "town",
        "Town新闻",
    )
    assert str(first["date"]).startswith("2021-12-08 10:00:00")
    assert "NewsShare.html?infoCode=20211208201>" in posts[0].read_text("utf-8")
    site.pages["/list.json"] = served("20211208201", "20211208204")
    workplace.run("poll")
    articles = published_articles(workplace)
    assert set(articles) == {
        "Title 20211208201",
        "Title 20211208202",
        "Title 20211208203",
        "Title 20211208204",
    }
    assert "own words" in articles["Title 20211208201"]["content_html"]
    assert len(list((workplace.folder / "_posts").iterdir())) == 4
    assert front_matter(posts[0])["permalink"] == "/town/2021/12/08/20211208201.html"
    assert workplace.run("changes").stdout.count("changed") == 0
    assert workplace.run("poll").returncode == 0
    workplace.run("publish", "--check")


def test_old_address_leads_on(workplace: Workplace, site: Site) -> None:
    """Without posts a page at the old address leads to the article's page; it goes with the article."""
    workplace.configure(source(site.url))
    workplace.config.write_text(
        workplace.config.read_text("utf-8").replace('posts = "_posts"\n', ""), "utf-8"
    )
    lay(workplace.folder / "old")
    workplace.run("import-posts", "old", "--source", "market")
    workplace.run("publish")
    workplace.run("publish", "--check")
    page = (
        workplace.folder / "public" / "big town" / "渔市" / "2021" / "12" / "09" / "offset.html"
    ).read_text("utf-8")
    assert '<meta http-equiv="refresh" content="0; url=../../../../../share/offset.html">' in page
    assert '<link rel="canonical" href="https://news.example.org/share/offset.html">' in page
    assert (workplace.folder / "public" / "p" / "2021" / "Cased_Name.v2" / "index.html").exists()
    workplace.run("remove", "offset", "--reason", "a test")
    workplace.run("publish")
    assert not (
        workplace.folder / "public" / "big town" / "渔市" / "2021" / "12" / "09" / "offset.html"
    ).exists()


@pytest.mark.slow
def test_held_articles_learn_their_address(workplace: Workplace, site: Site) -> None:
    """What a poll brought first stays as it is, and is told where it was."""
    site.pages["/list.json"] = served("20211208201")
    workplace.configure(source(site.url))
    workplace.run("poll")
    lay(workplace.folder / "old", {"_posts/2021-12-08-20211208201.md": script_post("20211208201")})
    assert (
        "0 articles taken in, 1 held already"
        in workplace.run("import-posts", "old", "--source", "market").stdout
    )
    workplace.run("publish")
    post = next((workplace.folder / "_posts").iterdir())
    assert front_matter(post)["permalink"] == "/town/2021/12/08/20211208201.html"
    assert "own words" in post.read_text("utf-8")


@pytest.mark.slow
def test_feed_recognises_by_link(workplace: Workplace) -> None:
    """A feed whose entries have other keys knows a post again by the page that it was made of, in any form."""
    items = "".join(
        f"<item><guid isPermaLink='false'>urn:{n}</guid><title>News {n}</title><link>https://www.src.example/n/{n}/</link>"
        f"<description>&lt;p&gt;Words of {n}.&lt;/p&gt;</description><pubDate>Wed, 08 Dec 2021 10:00:00 GMT</pubDate></item>"
        for n in (1, 2)
    )
    links = "".join(
        f"<item><title>Link {n}</title><link>https://www.src.example/l/{n}/</link><description>&lt;p&gt;Text {n}.&lt;/p&gt;</description></item>"
        for n in (1, 2)
    )
    feed = f"<rss version='2.0'><channel><title>t</title>{items}{links}</channel></rss>".encode()
    with Site({"/feed.xml": feed}) as site:
        workplace.configure(
            f'[[source]]\nname = "paper"\nkind = "feed"\nurl = "{site.url}/feed.xml"\nfull_text = "never"\n'
        )
        posts = {
            "_posts/2021-12-08-news-one.md": "---\ntitle: News 1\ndate: 2021-12-08 10:00:00 +0000\n---\nWords of 1.\n",
            "_posts/2021-12-08-link-one.md": "---\ntitle: Old title\nsource_url: http://src.example/l/1\n---\nText 1.\n",
        }
        lay(workplace.folder / "old", posts)
        workplace.run("import-posts", "old", "--source", "paper")
        workplace.run("poll")
    assert set(published_articles(workplace)) == {"News 1", "News 2", "Link 1", "Link 2"}


def test_broken_post_costs_no_other(workplace: Workplace, site: Site) -> None:
    """What cannot be read is named with file and line, and the command says so by its exit code."""
    workplace.configure(source(site.url))
    posts = {
        "_posts/-202205262391921712.md": '---\nlayout: post\ntitle: ""\ndate: \n---\n',
        "_posts/2021-12-08-fine-one.md": script_post("fine-one", 'He said "no"'),
        "_posts/2021-12-08-draft-one.md": "---\ntitle: x\npublished: false\n---\n",
        "_posts/2021-12-08-other.md": "---\ntitle: x\nmood: good\n---\ny\n",
        "_posts/2021-12-08-shadow.md": "---\ntitle: y\npermalink: /share/x.html\n---\ny\n",
        "README.md": "no post",
        "_drafts/idea.md": "---\ntitle: idea\n---\n",
    }
    lay(workplace.folder / "old", posts)
    done = workplace.run("import-posts", "old", "--source", "market", expect=1)
    said = done.stderr + done.stdout
    assert "not taken in: _posts/-202205262391921712.md: line 1: neither" in said
    assert "_posts/2021-12-08-fine-one.md: line 3: its quotes are no YAML" in said
    assert "_posts/2021-12-08-shadow.md: had an address at which nothing of ours may lie" in said
    assert "mood (1)" in said
    assert "5 posts: 3 articles taken in, 1 unpublished, 1 not taken in." in said


def test_posts_that_are_called_alike(workplace: Workplace, site: Site) -> None:
    """Notes of every week are articles of their own; of two posts at one address the second is named."""
    workplace.configure(source(site.url))
    posts = {
        "_posts/2021-12-01-weekly-notes.md": "---\ntitle: Notes\n---\nOf this week.\n",
        "_posts/2021-12-08-weekly-notes.md": "---\ntitle: Notes\n---\nOf this week.\n",
        "_posts/2021-12-09-one.md": "---\ntitle: One\npermalink: /kept.html\n---\nKept.\n",
        "_posts/2021-12-10-two.md": "---\ntitle: Two\npermalink: /kept.html\n---\nKept.\n",
    }
    lay(workplace.folder / "old", posts)
    for said in ("3 articles taken in, 1 not taken in.", "0 articles taken in, 3 held already, 1 not"):
        done = workplace.run("import-posts", "old", "--source", "market", expect=1)
        assert said in done.stdout + done.stderr
        assert "_posts/2021-12-10-two.md: lies at /kept.html, as _posts/2021-12-09-one.md does" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing", "--source", "market"), "is no folder"),
        (("config", "--source", "market"), "has no posts"),
        (("old", "--source", "nobody"), "nobody"),
    ],
)
def test_wrong_calls(workplace: Workplace, arguments: tuple[str, ...], message: str) -> None:
    """A call that cannot be meant says why."""
    workplace.configure(source("http://127.0.0.1:9"))
    lay(workplace.folder / "old", POSTS)
    assert message in workplace.run("import-posts", *arguments, expect=2).stderr


@pytest.mark.slow
def test_finews(workplace: Workplace, corpora: Path) -> None:
    """The posts of the earlier system come in under their ids, the golden one with its category's name."""
    workplace.configure(source("http://127.0.0.1:9"))
    posts = {
        f"_posts/{file.name}": file.read_text("utf-8") for file in (corpora / "finews" / "posts").iterdir()
    }
    golden = next((corpora / "finews").glob("golden-*.md"))
    posts[f"_posts/{golden.name.removeprefix('golden-')}"] = golden.read_text("utf-8")
    lay(workplace.folder / "old", posts)
    done = workplace.run("import-posts", "old", "--source", "market")
    assert f"{len(posts)} articles taken in" in done.stdout
    workplace.run("publish")
    ours = workplace.folder / "_posts" / golden.name.removeprefix("golden-")
    theirs = front_matter(golden)
    assert {key: front_matter(ours)[key] for key in theirs} == theirs
