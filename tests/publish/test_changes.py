"""What is published of changes: pages of earlier states, posts, and a feed that holds changes only."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import feedparser

from tests.support.posts import START, a_press, an_item


def test_each_earlier_state_has_a_page(tmp_path: Path) -> None:
    """They come and go with the article, and every file is what the store says."""
    with a_press(tmp_path) as press:
        first = an_item(1, content="<p>The fee is 10.</p>")
        press.save(first, an_item(2))
        press.publish()
        before = press.files("share/**/*.html")
        second = replace(first, content="<p>The fee is 12.</p>")
        press.save(changed=[second], hour=1)
        press.publish()
        press.save(changed=[replace(second, title="Fees", updated=START + timedelta(hours=2))], hour=2)
        press.publish()
        pages = press.files("share/**/*.html")
        new = sorted(pages.keys() - before.keys())
        article = new[0].split("/")[1]
        assert new == [f"share/{article}/1.html", f"share/{article}/2.html"]
        assert b"<del>10</del><ins>12</ins>" in pages[new[0]]
        assert b"The fee is 12." in pages[new[1]]
        assert b'href="../' in pages[f"share/{article}.html"]
        assert press.publisher.check() == []
        press.store.remove(article, "", START + timedelta(hours=3))
        press.publish()
        assert sorted(press.files("share/**/*.html")) == [one for one in sorted(before) if article not in one]


def test_a_feed_of_changes(tmp_path: Path) -> None:
    """It is there, empty, before anything was changed; then each change is an entry, with what differs."""
    feeds = [{"name": "edits", "query": "fee", "changes": True}, {"name": "all", "changes": True}]
    with a_press(tmp_path, feeds=feeds) as press:
        one, other = an_item(1, content="<p>The fee is 10.</p>"), an_item(2, content="<p>Nothing.</p>")
        press.save(one, other)
        press.publish()

        def entries(feed: str = "edits") -> list[feedparser.FeedParserDict]:
            found = press.files(f"feed/{feed}/*")
            parsed = [feedparser.parse(found[f"feed/{feed}/{name}.xml"]) for name in ("atom", "rss")]
            assert [entry.id for entry in parsed[0].entries] == [entry.id for entry in parsed[1].entries]
            return parsed[0].entries

        assert entries() == []
        edited = replace(one, content="<p>The fee is 12.</p>")
        press.save(changed=[edited, replace(other, content="<p>Something.</p>")], hour=1)
        press.publish()
        press.save(changed=[replace(edited, title="Fees of ships")], hour=2)
        press.publish()
        newer, older = entries()
        assert "<del>10</del><ins>12</ins>" in older.content[0].value
        assert "<del>Title 1</del><ins>Fees of ships</ins>" in newer.content[0].value
        assert older.summary == "The fee is [-10-]{+12+}."
        assert [entry.id for entry in entries("all")][::2] == [newer.id, older.id]
        assert newer.id != older.id
        assert press.publisher.check() == []
