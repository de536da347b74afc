"""Searching: the same query means the same in the index, in PostgreSQL, and for a feed that is named."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.model import Label
from aggregator.store import Search, Store
from aggregator.text.query import parse_query, searched
from aggregator.text.slugs import slugify
from tests.support.database import NOW, an_article, an_outcome

TEXTS = {
    "first-key": ("关于召回部分汽车的公告", "<p>召回<b>汽</b>车一万辆，原因是刹车。</p>"),
    "second-key": ("Harbour closed", "<p>The northern basin stays closed; 100% of ships wait_here.</p>"),
    "third-key": ("车", '<p>ＡＢＣ ｄef "quoted" text</p><ul><li>one</li><li>two</li></ul>'),
    "fourth-key": ("Nothing of it", "<p>召 回</p><p>汽车</p>"),
}


def fill(store: Store) -> None:
    """Save the texts, each an hour after the one before."""
    for hour, (key, (title, content)) in enumerate(TEXTS.items()):
        published = NOW + timedelta(hours=hour)
        labels = (Label("甲" if hour % 2 else "乙"),)
        article = an_article(key, title=title, content=content, published=published, labels=labels)
        store.save(an_outcome(new=(article,)), NOW)


def found(store: Store, query: str, **filters: object) -> list[str]:
    """Ids of what a query finds."""
    return [kept.id for kept in store.search(Search(parse_query(query), **filters))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("召回", ["first-key"]),
        ("车", ["fourth-key", "third-key", "first-key"]),
        ("汽车", ["fourth-key", "first-key"]),
        ("召回部分汽车", ["first-key"]),
        ("汽车 -召回", ["fourth-key"]),
        ("HARBOUR", ["second-key"]),
        ("arbou", ["second-key"]),
        ("abc DEF", ["third-key"]),
        ('"northern basin"', ["second-key"]),
        ('"basin northern"', []),
        ("northern harbour", ["second-key"]),
        ("100%", ["second-key"]),
        ("t_h", ["second-key"]),
        ("%", ["second-key"]),
        ("one two", ["third-key"]),
        ("onetwo", []),
        ("汽车 －召回", ["fourth-key"]),
        ("“northern basin”", ["second-key"]),
        ("“basin northern”", []),
        ("title:harbour", []),
        ("closed OR nothing", []),
        ("NEAR(a b)", []),
    ],
)
def test_what_a_query_finds(store: Store, query: str, ids: list[str]) -> None:
    """Terms are parts of title or text, whatever their case, width or length; nothing is an operator."""
    fill(store)
    assert found(store, query) == ids
    query_read = parse_query(query)
    pure = [key for key in reversed(TEXTS) if query_read.matches(*searched(store.find_all([key])[0].article))]
    assert pure == ids


def test_filters_and_order(store: Store) -> None:
    """By category, by time, page by page, newest or best first."""
    fill(store)
    assert found(store, "车", category=slugify("甲")) == ["fourth-key"]
    assert found(store, "车", category="nothing") == []
    assert found(store, "车", since=NOW + timedelta(hours=2)) == ["fourth-key", "third-key"]
    assert found(store, "车", until=NOW + timedelta(hours=2)) == ["first-key"]
    assert found(store, "车", limit=1, offset=1) == ["third-key"]
    assert found(store, "车", order="best") == ["third-key", "first-key", "fourth-key"]
    assert found(store, "召回部", order="best") == ["first-key"]


def test_the_index_follows_changes(store: Store) -> None:
    """What an article says no more is not found, what it says now is; what is removed is not found."""
    fill(store)
    article = store.find_all(["second-key"])[0].article
    store.save(an_outcome(changed=(replace(article, content="<p>reopened</p>"),)), NOW)
    assert found(store, "northern basin") == []
    assert found(store, "reopened") == ["second-key"]
    store.remove("second-key", "", NOW)
    assert found(store, "reopened") == found(store, "harbour") == []


def test_the_index_is_whole(tmp_path: Path) -> None:
    """SQLite's own check of the index against the table finds nothing."""
    path = tmp_path / "test.db"
    with Store.open(f"sqlite:///{path}") as store:
        store.sync_sources(["one"], NOW)
        fill(store)
        store.remove("third-key", "", NOW)
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO texts_index(texts_index, rank) VALUES ('integrity-check', 1)")
    connection.close()


WORDS = st.text(alphabet="ab车召%_\"' -*", max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WORDS, min_size=1, max_size=4), st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=4))
def test_the_index_finds_what_matches(
    tmp_path: Path, sqlite_template: Path, words: list[str], said: list[tuple[str, str]]
) -> None:
    """Whatever is asked of whatever texts, SQLite finds exactly what the query means."""
    try:
        query = parse_query(" ".join(words))
    except ValueError:
        return
    shutil.copyfile(sqlite_template, tmp_path / "test.db")
    with Store.open(f"sqlite:///{tmp_path}/test.db") as store:
        articles = [
            an_article(
                f"number-{number}", title=title or "x", content=f"<p>{text}</p>".replace('"', "&quot;")
            )
            for number, (title, text) in enumerate(said)
        ]
        store.save(an_outcome(new=tuple(articles)), NOW)
        expected = {one.key for one in articles if query.matches(*searched(one))}
        assert {kept.id for kept in store.search(Search(query))} == expected
