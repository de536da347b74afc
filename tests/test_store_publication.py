import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from aggregator.model import Label, Sighting
from aggregator.store import Store, Unpublished
from tests.database import NOW, an_article, an_outcome


def test_what_is_saved_is_unpublished_until_it_is_marked(store: Store) -> None:
    """New articles and their categories wait, in order, and marking them clears them."""
    articles = (an_article("first-key", labels=(Label("b"), Label("a"))), an_article("second-key"))
    store.save(an_outcome(new=articles), NOW)
    waiting = store.unpublished()
    assert waiting == Unpublished(
        articles=(("first-key", 1), ("second-key", 1)),
        categories=(("b", 1), ("a", 1), ("guowuyuan", 1)),
        fingerprint="",
    )
    store.mark_published(waiting.articles, waiting.categories, "program 1")
    assert store.unpublished() == Unpublished((), (), "program 1")
    store.mark_published((), ())
    assert store.unpublished().fingerprint == "program 1"


def test_a_newer_version_stays_unpublished(store: Store) -> None:
    """What changes while it is being published is published again."""
    store.save(an_outcome(new=(an_article("first-key"), an_article("second-key"))), NOW)
    rendered = store.unpublished()
    store.save(an_outcome(changed=(an_article("first-key", title="改"),)), NOW)
    store.mark_published(rendered.articles, rendered.categories)
    waiting = store.unpublished()
    assert waiting.articles == (("first-key", 2),)
    assert waiting.categories == (("guowuyuan", 2),)
    store.mark_published(waiting.articles, waiting.categories)
    store.mark_published(rendered.articles, rendered.categories)
    assert store.unpublished() == Unpublished((), (), "")


def test_a_late_filing_makes_every_category_of_the_article_unpublished(store: Store) -> None:
    """The post shows its categories, and so does each place where the article is listed."""
    labels = (Label("a"), Label("b"))
    store.save(an_outcome(new=(an_article("first-key", labels=labels), an_article("second-key"))), NOW)
    waiting = store.unpublished()
    store.mark_published(waiting.articles, waiting.categories)
    store.save(an_outcome("two", sightings=(Sighting("first-key", "d", (Label("c"),)),)), NOW)
    waiting = store.unpublished()
    assert waiting.articles == (("first-key", 2),)
    assert waiting.categories == (("a", 2), ("b", 2), ("c", 1))


def test_a_sighting_that_says_nothing_new_publishes_nothing(store: Store) -> None:
    """An entry edited where no reader looks costs its digest only."""
    store.save(an_outcome(new=(an_article("first-key"),)), NOW)
    waiting = store.unpublished()
    store.mark_published(waiting.articles, waiting.categories)
    store.save(an_outcome(sightings=(Sighting("first-key", "other", (Label("国务院"),)),)), NOW)
    assert store.unpublished() == Unpublished((), (), "")


def test_the_manifest_remembers_every_file(store: Store) -> None:
    """Files are planned, looked up by article or all at once, and forgotten."""
    store.plan_pages({"index.html": None, "share/a.html": "a", "_posts/a.md": "a", "share/b.html": "b"})
    store.plan_pages({"share/b.html": "c"})
    assert store.planned_pages(["a", "b"]) == {"_posts/a.md": "a", "share/a.html": "a"}
    store.forget_pages(["share/a.html", "unknown"])
    assert store.planned_pages(None) == {"index.html": None, "_posts/a.md": "a", "share/b.html": "c"}
    assert store.planned_pages([]) == {}


@pytest.mark.parametrize(
    "question",
    [
        lambda store: store.newest(None, 5),
        lambda store: store.newest("guowuyuan", 5),
        lambda store: store.latest(None, 5),
        lambda store: store.latest("guowuyuan", 5),
        lambda store: store.unpublished(),
        lambda store: store.kept(["first-key"]),
        lambda store: store.known("one", "shared", ["first-key"]),
        lambda store: store.known("one", "shared", ["alias-key"]),
        lambda store: store.owed("one"),
        lambda store: list(store.every()),
        lambda store: store.planned_pages(["first-key"]),
    ],
)
def test_what_is_asked_often_is_read_by_index(tmp_path: Path, question: object) -> None:
    """No window of SQLite reads a whole table, nor sorts more than it returns."""
    path = tmp_path / "aggregator.db"
    asked: list[tuple[str, tuple[object, ...]]] = []

    def note(
        _connection: Connection, _cursor: object, statement: str, parameters: object, *_: object
    ) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, tuple(parameters)))  # type: ignore[arg-type]

    with Store.open(f"sqlite:///{path}") as store:
        store.sync_sources(["one"], NOW)
        store.save(an_outcome(new=(an_article("first-key"),)), NOW)
        event.listen(Engine, "before_cursor_execute", note)
        question(store)  # type: ignore[operator]
        event.remove(Engine, "before_cursor_execute", note)
    connection = sqlite3.connect(path)
    steps = [
        step
        for statement, parameters in asked
        for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
    ]
    connection.close()
    big = ("articles", "aliases", "owed", "filings", "sightings", "pages")
    assert steps
    assert not [step for step in steps if step in {f"SCAN {table}" for table in big}]
    assert "USE TEMP B-TREE FOR ORDER BY" not in "".join(
        step for step in steps if "categories" not in step and "RIGHT PART" not in step
    )
