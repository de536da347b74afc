"""Explanations: of sources, and why an article is not in a feed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from aggregator.cli.explain import explain
from tests.support.copies import ORIGINALS
from tests.support.loopback import Answer, Site
from tests.support.samples import article_page, feed_source
from tests.support.workplace import Workplace

TEXT = ORIGINALS[4]
FEEDS = """
[[feed]]
name = "few"
query = "berth"
limit = 1
[[feed]]
name = "city"
categories = ["City"]
[[feed]]
name = "harbour"
query = "harbour -berth"
"""
LIST = """
[[source]]
name = "office"
kind = "listing"
url = "{site}/list"
category = "Town"
block.address = "/blocked"
[source.list]
entry = "li"
link = "a"
title = "a"
"""


def one_text(guid: str, title: str, text: str) -> str:
    address = f"http://paper.example/{guid}"
    return f"<item><guid>{address}</guid><title>{title}</title><link>{address}</link><description>{text}</description></item>"


def channel(*items: str) -> bytes:
    return f"<rss version='2.0'><channel><title>x</title>{''.join(items)}</channel></rss>".encode()


def prepare(workplace: Workplace, site: Site) -> None:
    """Two papers with one text, and an office that lists what it must not show, cannot show, and we do not want."""
    text = " ".join(TEXT.lines)
    first = (one_text("gone", "A gull", "It flew away."), one_text("berth", TEXT.title, text))
    links = "".join(
        f"<li><a href='/{name}'>Notice of {name}</a></li>"
        for name in ("n/1", "n/broken", "secret/1", "blocked/1")
    )
    site.pages |= {
        "/one.xml": channel(*first),
        "/two.xml": channel(one_text("copy", TEXT.title, text)),
        "/list": Answer(f"<ul>{links}</ul>".encode(), {"Content-Type": "text/html"}),
        "/n/1": article_page(
            "Notice of n/1",
            "The berth is closed at noon, and whoever wants to sail waits until the day after.",
        ),
        "/robots.txt": b"User-agent: *\nDisallow: /secret/",
    }
    tables = [
        feed_source(site, category="Town").replace('"paper"', f'"{name}"').replace("/feed.", f"/{name}.")
        for name in ("one", "two")
    ]
    workplace.configure(f"{FEEDS}{''.join(tables)}{LIST.format(site=site.url)}")
    for name in ("one", "two", "office"):
        workplace.run("poll", name, expect=None)


@pytest.fixture
def explained(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], str]:
    """What the command says, in this process: a story asks it twenty times."""
    monkeypatch.chdir(workplace.folder)

    def run(what: str) -> str:
        explain(what, workplace.config)
        return capsys.readouterr().out

    return run


def test_why_an_article_is_not_in_a_feed(workplace: Workplace, explained: Callable[[str], str]) -> None:
    """Whatever the reason, it is said in words, with what to do."""
    with Site() as site:
        prepare(workplace, site)
        held = explained("paper.example/berth")
        assert "✓ feeds/atom.xml\n" in held
        assert "✗ feed/few/atom.xml: too old for its window: 1 came or changed later" in held
        assert "✗ feed/city/atom.xml: its categories are City; the article has Town, town" in held
        assert "✗ feed/harbour/atom.xml: its query does not match: harbour -berth" in held
        copy = explained("http://paper.example/copy")
        assert f"✗ feeds/atom.xml: folded as a copy: “{TEXT.title}” of one (share/" in copy
        assert "✓ source/two/atom.xml" in copy
        broken = explained(f"{site.url}/n/broken")
        assert "it is no article: its page could not be read: answered 404" in broken
        assert "→ `aggregator poll office` tries at once" in broken
        assert "robots.txt forbids its page" in explained(f"{site.url}/secret/1")
        assert "left out by your rule: block.address '/blocked' matches" in explained(f"{site.url}/blocked/1")
        never = explained(f"{site.url}/blocked/2")
        assert "It was never listed" in never
        assert "Your rule of office would leave it out: block.address" in never
        assert "→ `aggregator add http://elsewhere.example/`" in explained("http://elsewhere.example/")
    [gull] = json.loads(workplace.run("search", "gull", "--json").stdout)
    with closing(sqlite3.connect(workplace.folder / "var" / "test.db")) as connection:
        when = "2026-03-05 02:20:30.000000"
        connection.execute(
            "UPDATE articles SET missing_since = ?, withdrawn = ? WHERE id = ?", (when, when, gull["id"])
        )
        connection.commit()
    assert "which counts as withdrawn." in explained(gull["id"])
    workplace.run("remove", gull["id"], "--reason", "a mistake")
    for name in ("http://paper.example/gone", gull["id"], gull["mirror"]):
        assert "It was removed for good" in explained(name)
        assert "a mistake" in explained(name)


def test_sources_and_feeds_are_explained(workplace: Workplace, explained: Callable[[str], str]) -> None:
    """By name and by address; what has no such name is suggested."""
    with Site() as site:
        prepare(workplace, site)
        by_name, by_address = explained("office"), explained(f"{site.url}/list")
        assert by_name.partition("(")[0] == by_address.partition("(")[0]
        assert "office works." in by_name
        assert ": its interval is 15 minutes." in by_name
        assert "Your rules leave out 1 of what it lists." in by_name
        assert "It owes 1 entry (failed: its page could not be read)." in by_name
        assert "It owes 1 entry (disallowed: robots.txt forbids its page)." in by_name
        feed = explained("https://news.example.org/feed/few/rss.xml")
        assert "2 articles belong to it; it shows 1." in feed
        assert "It takes: query = berth, limit = 1." in feed
        assert "There is no such feed" in explained("https://news.example.org/tag/x/feed.json")
        private = explained("https://news.example.org/r/T0KEN/feed/few/rss.xml")
        assert private.partition("(")[0] == feed.partition("(")[0]
        assert "T0KEN" not in explained("https://news.example.org/r/T0KEN/")
        said = json.loads(
            workplace.run("explain", "https://news.example.org/source/office/atom.xml", "--json").stdout
        )
        assert said[0]["subject"] == "source/office/atom.xml"
        assert "office works." in said[0]["sentences"]
        assert 'did you mean "office"?' in workplace.run("explain", "offices", expect=2).stderr
        workplace.configure(feed_source(site))
    assert "It left the configuration" in explained("office")
