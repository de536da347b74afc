"""A text that several sources have: one article leads, feeds carry it once, and its page names them all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest

from aggregator.model import EVERYTHING, Article, Label, Outcome, PollState, Seen, Sighting, Standing, Topic
from tests.support.copies import COPIES, FORMS, ORIGINALS, Text
from tests.support.posts import START, Press, a_press

FEEDS = [
    {"name": "once", "sources": ("a", "b", "c")},
    {"name": "every", "sources": ("a", "b", "c"), "duplicates": "keep"},
]
SOURCES = [
    {"name": "a", "kind": "feed", "url": "https://a.example/feed"},
    {"name": "b", "kind": "feed", "url": "https://b.example/feed", "label": "Office B", "authority": 5},
    {"name": "c", "kind": "feed", "url": "https://c.example/feed"},
]


def item(text: Text, source: str, number: int = 1) -> Article:
    """The article of a source in the category of all."""
    return replace(text.article(source, number), labels=(Label("Harbour"),))


def save(press: Press, *items: Article, changed: bool = False, hour: int = 0) -> None:
    """Commit articles as polls of their sources do."""
    now = START + timedelta(hours=hour)
    for one in items:
        seen = (Sighting(one.key, one.digest, one.labels),)
        new, again = ((), (one,)) if changed else ((one,), ())
        press.store.save(
            Outcome(one.source, one.namespace, PollState(one.source, due=now), new, again, seen), now
        )


def entries(press: Press, path: str) -> list[str]:
    """Where the entries of a feed come from, sorted."""
    [body] = press.files(f"{path}/atom.xml").values()
    return sorted(
        entry.get("source", {}).get("title", "").split(" - ")[0] for entry in feedparser.parse(body).entries
    )


def newest(press: Press, source: str) -> str:
    """The id of the newest article of a source."""
    [kept] = press.store.latest(Topic("source", source), 1)
    return kept.id


def test_feeds_carry_a_text_once(tmp_path: Path) -> None:
    """Those of sources have each their own, and a feed that keeps duplicates has all of them."""
    with a_press(tmp_path, feeds=FEEDS, sources=SOURCES) as press:
        text = ORIGINALS[0]
        save(press, item(text, "a"), item(COPIES["source above"](text), "b"))
        press.publish()
        save(press, item(COPIES["first half"](text), "c"), item(ORIGINALS[1], "c", 2), hour=1)
        press.publish()
        for path in ("feeds", "category/harbour", "feed/once"):
            assert entries(press, path) == ["a", "c"]
        assert entries(press, "feed/every") == ["Office B", "a", "c", "c"]
        assert [len(entries(press, f"source/{name}")) for name in "abc"] == [1, 1, 2]
        assert press.publisher.check() == []


def test_the_page_of_the_one_that_leads_names_all(tmp_path: Path) -> None:
    """It says where else the text stands, since when, and what differs; a copy's page leads to it."""
    with a_press(tmp_path, sources=SOURCES) as press:
        text = ORIGINALS[0]
        save(press, item(text, "a"), item(COPIES["a number corrected"](text), "c"))
        press.publish()
        first, copy = newest(press, "a"), newest(press, "c")
        pages = press.files("share/*.html")
        assert f"../share/{copy}.html".encode() in pages[f"share/{first}.html"]
        assert b"<del>5000</del><ins>3000</ins>" in pages[f"share/{first}.html"]
        assert f"../share/{first}.html".encode() in pages[f"share/{copy}.html"]
        save(press, item(text, "b"), hour=1)
        press.publish()
        leader = newest(press, "b")
        pages = press.files("share/*.html")
        assert b"Office B" in pages[f"share/{first}.html"], "the source of more authority leads"
        assert all(
            f"../share/{other}.html".encode() in pages[f"share/{leader}.html"] for other in (first, copy)
        )
        assert press.publisher.check() == []


def test_the_first_is_gone_where_another_leads(tmp_path: Path) -> None:
    """Feeds have the one that came first, whoever leads: where it goes, the next one comes."""
    with a_press(tmp_path, sources=SOURCES) as press:
        save(press, *(item(ORIGINALS[0], source) for source in "abc"))
        press.publish()
        assert entries(press, "feeds") == ["a"]
        press.store.remove(newest(press, "a"), "", START + timedelta(hours=1))
        press.publish()
        assert entries(press, "feeds") == ["Office B"]
        assert press.publisher.check() == []


def test_a_copy_stands_in_for_one_that_is_withdrawn(tmp_path: Path) -> None:
    """Where the article that leads is withdrawn, another takes its place, and stays when it is back."""
    with a_press(tmp_path, sources=SOURCES) as press:
        save(press, item(ORIGINALS[0], "a"), item(ORIGINALS[0], "c"))
        press.publish()
        for withdrawn, stands in ((START, ["c"]), (None, ["a", "c"])):
            seen = Seen(standings=[Standing(1, withdrawn, withdrawn)])
            press.store.save(Outcome("a", "a", PollState("a", due=START), seen=seen), START)
            press.publish()
            assert entries(press, "feeds") == stands
            assert press.publisher.check() == []


def test_a_copy_stands_in_for_one_that_is_gone(tmp_path: Path) -> None:
    """Where the article that leads is removed, another of the same text takes its place in the feeds."""
    with a_press(tmp_path, sources=SOURCES) as press:
        text = ORIGINALS[0]
        save(press, item(text, "a"), item(text, "c"))
        press.publish()
        assert entries(press, "feeds") == ["a"]
        press.store.remove(newest(press, "a"), "", START + timedelta(hours=1))
        press.publish()
        assert entries(press, "feeds") == ["c"]
        save(press, item(text, "b"), hour=2)
        press.publish()
        assert entries(press, "feeds") == ["c"]
        assert press.publisher.check() == []


@pytest.mark.parametrize("source", ["a", "c"])
def test_one_that_is_corrected_to_another_text(tmp_path: Path, source: str) -> None:
    """It is one of its own from then on, and the other stands in the feeds, too, whichever came first."""
    with a_press(tmp_path, sources=SOURCES) as press:
        save(press, item(ORIGINALS[0], "a"), item(ORIGINALS[0], "c"))
        press.publish()
        other = replace(item(ORIGINALS[1], source), key=item(ORIGINALS[0], source).key)
        save(press, other, changed=True, hour=1)
        press.publish()
        assert entries(press, "feeds") == ["a", "c"]
        assert press.publisher.check() == []


def test_a_correction_of_the_one_that_leads(tmp_path: Path) -> None:
    """The page of each of its copies says what differs now."""
    with a_press(tmp_path, sources=SOURCES) as press:
        text = ORIGINALS[0]
        save(press, item(text, "a"), item(text, "c"), item(text, "c", 2))
        press.publish()
        save(press, item(COPIES["a number corrected"](text), "a"), changed=True, hour=1)
        press.publish()
        assert entries(press, "feeds") == ["a"]
        assert press.publisher.check() == []


def test_two_told_apart_by_hand(tmp_path: Path) -> None:
    """They stay apart, also where a third has the text of both."""
    with a_press(tmp_path, sources=SOURCES) as press:
        save(press, item(ORIGINALS[0], "a"), item(ORIGINALS[0], "c"))
        press.publish()
        assert press.store.split(newest(press, "a"), newest(press, "c"))
        press.publish()
        assert entries(press, "feeds") == ["a", "c"]
        save(press, item(ORIGINALS[0], "b"), hour=1)
        press.publish()
        assert entries(press, "feeds") == ["a", "c"]
        assert not press.store.split(newest(press, "a"), newest(press, "c"))
        assert press.publisher.check() == []


def test_many_of_one_text(tmp_path: Path) -> None:
    """Only the one that leads is in the index, and a page names the first of them."""
    with a_press(tmp_path, sources=SOURCES) as press:
        save(press, *(item(ORIGINALS[0], "ac"[number % 2], number) for number in range(120)))
        press.publish()
        assert len(entries(press, "feeds")) == 1
        [first] = press.store.placed(EVERYTHING, 1, 1)
        assert len(press.store.surroundings([first])[first.id].copies) == 50
        assert press.publisher.check() == []


def test_a_copy_of_one_of_very_many_of_a_form(tmp_path: Path) -> None:
    """Where thousands of keys lead to articles of one form, the one that has the title as well is found."""
    _, lines, _ = FORMS["issues of a series"]
    series = [Text(f"食品抽检信息通告（2026年第{number}期）", lines) for number in range(160)]
    with a_press(tmp_path, sources=SOURCES) as press:
        save(press, *(item(text, "a", number) for number, text in enumerate(series)))
        press.publish()
        save(
            press,
            item(series[-1], "c"),
            item(Text("食品抽检信息通告（2026年第160期）", lines), "c", 2),
            hour=1,
        )
        press.publish()
        assert press.store.topic(EVERYTHING).articles == len(series) + 1
