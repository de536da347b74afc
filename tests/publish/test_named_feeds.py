"""The feeds that a user names: what belongs into them, how much they show, and what is wrong with a table."""

from __future__ import annotations

from pathlib import Path

import feedparser
import pytest

from aggregator.model import Label
from tests.support.loopback import Site
from tests.support.posts import a_press, an_item
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace


def titles(folder: Path, name: str) -> list[str]:
    """What a named feed shows."""
    return [
        entry.title
        for entry in feedparser.parse((folder / "public" / "feed" / name / "atom.xml").read_bytes()).entries
    ]


def test_what_belongs_into_a_feed(tmp_path: Path) -> None:
    """Words, categories by slug or label, sources and tags: everything said must hold, one of each list."""
    feeds = [
        {"name": "words", "query": "RECALL -cars"},
        {"name": "filed", "categories": ("harbour", "Elsewhere")},
        {"name": "tagged", "tags": ("urgent",)},
        {"name": "both", "query": "recall", "categories": ("Harbour",)},
        {"name": "sourced", "sources": ("paper",), "query": "nothing of it"},
    ]
    with a_press(tmp_path, feeds=feeds) as press:
        press.save(
            an_item(1, title="A recall of toys"),
            an_item(2, content="<p>Cars: a <b>re</b>call</p>"),
            an_item(3, labels=(Label("Elsewhere", "urgent"),)),
            an_item(5, content="<p>recall</p>"),
        )
        press.publish()
        assert sorted(titles(tmp_path, "words")) == ["A recall of toys", "Title 5"]
        assert sorted(titles(tmp_path, "filed")) == ["A recall of toys", "Title 3", "Title 5"]
        assert titles(tmp_path, "tagged") == ["Title 3"]
        assert sorted(titles(tmp_path, "both")) == ["A recall of toys", "Title 5"]
        assert titles(tmp_path, "sourced") == [], "it is there from the start, and empty"
        opml = press.files("feeds.opml")["feeds.opml"]
        assert b"/feed/words/rss.xml" in opml
        assert press.publisher.check() == []


@pytest.mark.slow
def test_a_feed_with_an_end(tmp_path: Path) -> None:
    """With a limit or an age it shows no more, and has no archives; without, it has the whole history."""
    feeds = [
        {"name": "short", "query": "text", "limit": 7},
        {"name": "fresh", "query": "text", "age": "2h"},
        {"name": "whole", "query": "text"},
    ]
    with a_press(tmp_path, feeds=feeds) as press:
        for hour in range(5):
            press.save(*(an_item(number) for number in range(hour * 40, hour * 40 + 40)), hour=hour)
        press.publish()
        assert len(titles(tmp_path, "short")) == 7
        assert len(titles(tmp_path, "fresh")) == 120
        archives = press.files("feed/*/archive-*.atom")
        assert set(archives) == {
            "feed/whole/archive-1.atom",
            "feed/whole/archive-2.atom",
            "feed/whole/archive-3.atom",
        }
        assert b"prev-archive" not in press.files("feed/short/atom.xml")["feed/short/atom.xml"]
        assert press.publisher.check() == []


def test_a_feed_of_another_definition_is_another_feed(tmp_path: Path) -> None:
    """It begins anew with everything that fits; one that is no longer named is gone, file by file."""
    with a_press(
        tmp_path, feeds=[{"name": "a", "query": "number 1"}, {"name": "b", "query": "text"}]
    ) as press:
        press.save(*(an_item(number) for number in range(12)))
        press.publish()
        assert sorted(titles(tmp_path, "a")) == ["Title 1", "Title 10", "Title 11"]
    with a_press(tmp_path, feeds=[{"name": "a", "query": "number 2"}]) as press:
        press.publish()
        assert titles(tmp_path, "a") == ["Title 2"]
        assert not list((tmp_path / "public" / "feed").glob("b/*"))
        assert press.publisher.check() == []


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('[[feed]]\nname = "x"', 'feed "x": needs one of query, categories, sources, tags and changes'),
        ('[[feed]]\nquery = "x"', "feed number 1 name: is missing"),
        ('[[feed]]\nname = "a b"\nquery = "x"', '"a b" may hold letters'),
        ('[[feed]]\nname = "x"\nquery = "-x"', 'feed "x" query: names only what is left out'),
        ('[[feed]]\nname = "x"\nsources = ["papr"]', 'there is no source "papr"'),
        ('[[feed]]\nname = "x"\nqery = "x"', "unknown key"),
        ('[[feed]]\nname = "x"\nquery = "x"\nlimit = 0', 'feed "x" limit'),
        ('[[feed]]\nname = "x"\nquery = "x"\n[[feed]]\nname = "X"\nquery = "y"', "stands twice"),
        ('[feed]\nname = "x"', "two brackets"),
    ],
)
def test_faults_are_named(workplace: Workplace, table: str, message: str) -> None:
    """With file, table and key."""
    workplace.configure(f'[[source]]\nname = "paper"\nkind = "feed"\nurl = "https://x.example/"\n{table}\n')
    assert message in workplace.run("check", expect=2).stderr


def test_a_feed_of_all_changes_needs_nothing_else(workplace: Workplace) -> None:
    """What happened to any article is a selection of its own."""
    source = '[[source]]\nname = "paper"\nkind = "feed"\nurl = "https://x.example/"\n'
    workplace.configure(f'{source}[[feed]]\nname = "edits"\nchanges = true\n')
    workplace.run("check")


def test_a_list_of_words_in_a_file(workplace: Workplace) -> None:
    """A query names it, any of its lines is enough, and what cannot be read is said with its file and key."""
    words = workplace.folder / "config" / "watch.txt"
    words.parent.mkdir(exist_ok=True)
    words.write_text('recall\n\n# what else we watch\nfood "safety\n', encoding="utf-8-sig")
    table = '[[feed]]\nname = "watched"\nquery = "@watch.txt -toys"\n'
    items = (
        item(1, "a recall of lamps"),
        item(2, "food safety"),
        item(3, "a recall of toys"),
        item(4, "food"),
    )
    with Site({"/feed.xml": feed(*items)}) as site:
        workplace.configure(table + feed_source(site))
        workplace.run("poll")
        assert sorted(titles(workplace.folder, "watched")) == ["Title 1", "Title 2"]
        words.write_text("# nothing\n", encoding="utf-8")
        assert "the list of words" in workplace.run("check", expect=2).stderr
        words.unlink()
        assert 'feed "watched" query: cannot read the list' in workplace.run("check", expect=2).stderr
