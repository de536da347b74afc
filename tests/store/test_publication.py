import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from aggregator.model import EVERYTHING, Archive, Label, MediaFile, Sighting, Topic, Wish
from aggregator.store import Store
from tests.support.database import NOW, an_article, an_outcome, category, file_all, publish_all


def test_what_is_saved_waits_until_it_is_marked(store: Store) -> None:
    """New articles wait to be filed, then to be published, in order; marking them clears them."""
    articles = (an_article("first-key", labels=(Label("b"), Label("a"))), an_article("second-key"))
    store.save(an_outcome(new=articles), NOW)
    assert store.waiting(0, 9) == []
    assert [one.id for one in store.waiting(0, 9, unfiled=True)] == ["first-key", "second-key"]
    file_all(store)
    assert store.waiting(0, 9, unfiled=True) == []
    waiting = store.waiting(0, 9)
    assert [(one.id, one.version) for one in waiting] == [("first-key", 1), ("second-key", 1)]
    assert [one.id for one in store.waiting(waiting[0].sequence, 9)] == ["second-key"]
    store.mark_published([("first-key", 1)])
    store.mark_published(())
    assert [one.id for one in store.waiting(0, 9)] == ["second-key"]
    assert store.published(["first-key", "second-key", "nothing"]) == {"first-key"}


def test_a_newer_version_stays_unpublished(store: Store) -> None:
    """What changes while it is being published is filed and published again."""
    store.save(an_outcome(new=(an_article("first-key"), an_article("second-key"))), NOW)
    file_all(store)
    rendered = [(one.id, one.version) for one in store.waiting(0, 9)]
    store.save(an_outcome(changed=(an_article("first-key", title="改"),)), NOW)
    store.mark_published(rendered)
    assert store.waiting(0, 9) == []
    file_all(store)
    assert [(one.id, one.version) for one in store.waiting(0, 9)] == [("first-key", 2)]
    store.mark_published([("first-key", 2)])
    store.mark_published(rendered)
    assert store.publication().articles == 0


def test_documents_are_touched_until_they_are_settled(store: Store) -> None:
    """An article touches the fronts of its topics and the numbered parts in which it stands."""
    store.save(an_outcome(new=(an_article("first-key", labels=(Label("b", "t"), Label("a"))),)), NOW)
    file_all(store)
    touches = store.touches()
    assert [(one.topic.kind, one.topic.label, one.part, one.number) for one in touches] == [
        ("category", "b", "list", 1),
        ("category", "b", "front", 0),
        ("source", "one", "front", 0),
        ("tag", "t", "front", 0),
        ("category", "a", "list", 1),
        ("category", "a", "front", 0),
        ("all", "", "sitemap", 1),
        ("all", "", "front", 0),
    ]
    for touch in touches:
        store.mark_rendered([touch])
    assert store.touches() == []


def test_topics_come_behind_the_category_of_their_newest_article(store: Store) -> None:
    """They show articles that were read and written just before, whichever topic was there first."""
    for number, (source, label) in enumerate((("one", "a"), ("one", "b"), ("two", "a"))):
        store.save(
            an_outcome(source, new=(an_article(f"key-{number}", source=source, labels=(Label(label),)),)), NOW
        )
    file_all(store)
    fronts = [one.topic for one in store.touches() if one.part == "front"]
    named = [topic.name for topic in fronts if topic.kind in ("category", "source")]
    assert named == ["a", "two", "b", "one"]


def test_a_touch_while_a_document_is_rendered_is_not_forgotten(store: Store) -> None:
    """What is touched again before it is settled stays touched."""
    store.save(an_outcome(new=(an_article("first-key"),)), NOW)
    file_all(store)
    before = store.touches()
    store.save(an_outcome(new=(an_article("second-key"),)), NOW)
    file_all(store)
    for touch in before:
        store.mark_rendered([touch])
    assert len(store.touches()) == len(before)


def test_a_late_filing_touches_every_topic_of_the_article(store: Store) -> None:
    """The post shows its categories, and so does each place where the article is listed."""
    labels = (Label("a"), Label("b"))
    store.save(an_outcome(new=(an_article("first-key", labels=labels), an_article("second-key"))), NOW)
    publish_all(store)
    store.save(an_outcome("two", sightings=(Sighting("first-key", "d", (Label("c"),)),)), NOW)
    file_all(store)
    assert [one.id for one in store.waiting(0, 9)] == ["first-key"]
    fronts = [one.topic for one in store.touches() if one.part == "front"]
    assert [topic.label for topic in fronts if topic.kind == "category"] == ["a", "b", "c"]


def test_a_sighting_that_says_nothing_new_publishes_nothing(store: Store) -> None:
    """An entry edited where no reader looks costs its digest only."""
    store.save(an_outcome(new=(an_article("first-key"),)), NOW)
    publish_all(store)
    store.save(an_outcome(sightings=(Sighting("first-key", "other", (Label("国务院"),)),)), NOW)
    assert store.publication().articles == store.publication().documents == 0


def test_everything_is_published_anew(store: Store) -> None:
    """With another fingerprint every article and document waits, and pages of before are stale until then."""
    store.save(an_outcome(new=(an_article("first-key"),)), NOW)
    publish_all(store)
    store.plan_documents({"site/old.html": None, "site/new.html": None})
    store.begin_publication("program 2", {})
    state = store.publication()
    assert (state.fingerprint, state.whole, state.articles) == ("program 2", False, 1)
    publish_all(store)
    store.plan_documents({"site/new.html": None})
    assert store.stale_documents(9) == ["site/old.html"]
    assert store.stale_documents(9, removed=True) == []
    store.forget_documents(["site/old.html"])
    store.finish_publication()
    assert store.publication().done
    assert store.stale_documents(9) == []


def test_archives_close_their_members(store: Store) -> None:
    """What an archive holds is no longer open; what changes later is open again."""
    store.save(an_outcome(new=tuple(an_article(f"key-{number:05}") for number in range(5))), NOW)
    file_all(store)
    members = store.unarchived(EVERYTHING, 0, 9)
    assert len(members) == 5
    archive = Archive(1, members[0], members[1], "f", "digest")
    store.save_archives(EVERYTHING, [archive])
    state = store.topic(EVERYTHING)
    assert (state.archives, state.archived, state.articles) == (1, members[1], 5)
    assert store.unarchived(EVERYTHING, state.archived, 9) == members[2:]
    assert [one.id for one in store.changed(EVERYTHING, archive.first, archive.last)] == [
        "key-00001",
        "key-00000",
    ]
    store.save(an_outcome(changed=(an_article("key-00000", title="改"),)), NOW)
    file_all(store)
    assert len(store.unarchived(EVERYTHING, state.archived, 9)) == 4
    assert [one.id for one in store.changed(EVERYTHING, archive.first, archive.last)] == ["key-00001"]
    store.save_archives(EVERYTHING, [replace(archive, digest="another")])
    assert store.archives(EVERYTHING) == [replace(archive, digest="another")]
    assert store.topic(EVERYTHING).archived == members[1]


def test_neighbours_are_those_of_the_first_category(store: Store) -> None:
    """Before and after stand what came before and after it there."""
    shared = (Label("甲"), Label("乙"))
    store.save(an_outcome(new=(an_article("thing-a", labels=(Label("甲"),)),)), NOW)
    store.save(an_outcome(new=(an_article("thing-b", labels=(Label("乙"),)),)), NOW)
    store.save(an_outcome(new=(an_article("thing-c", labels=shared),)), NOW)
    file_all(store)
    around = store.surroundings(store.find_all(["thing-a", "thing-b", "thing-c"]))
    ids = {key: tuple(one and one.id for one in (pair.previous, pair.next)) for key, pair in around.items()}
    assert ids == {"thing-a": (None, "thing-c"), "thing-b": (None, "thing-c"), "thing-c": ("thing-a", None)}


def test_a_feed_with_another_definition_begins_anew(store: Store) -> None:
    """A feed that the user defines otherwise forgets what it held; one that stays keeps its places."""
    topic, other = Topic("feed", "recalls", "recalls"), Topic("feed", "other", "other")
    store.save(an_outcome(new=(an_article("first-key"),)), NOW)
    store.file([("first-key", 1, (topic, other))], {"recalls": "a", "other": "b"})
    assert {state.topic for state in store.topics()} == {topic, other}
    store.begin_publication("f", {"recalls": "c", "other": "b"})
    assert [state.topic for state in store.topics() if state.articles] == [other]
    assert store.latest(topic, 9) == []


def test_a_hub_hears_of_every_change(store: Store) -> None:
    """What has changed once more while the hub was told of it is told again."""
    store.save(an_outcome(new=(an_article("first-key"),)), NOW)
    file_all(store)
    first, second, *_ = store.touches()
    store.mark_rendered([first], ["https://x.example/a", "https://x.example/b"])
    told = store.announcements(9)
    assert [address for address, _ in told] == ["https://x.example/a", "https://x.example/b"]
    store.mark_rendered([second], ["https://x.example/b"])
    store.mark_announced(told)
    assert [address for address, _ in store.announcements(9)] == ["https://x.example/b"]


def test_the_manifest_remembers_every_file(store: Store) -> None:
    """Files are planned, looked up by article or all at once, and forgotten."""
    store.plan_documents({"index.html": None, "share/a.html": "a", "_posts/a.md": "a", "share/b.html": "b"})
    store.plan_documents({"share/b.html": "c"})
    assert store.planned_documents(["a", "b"]) == {"_posts/a.md": "a", "share/a.html": "a"}
    store.forget_documents(["share/a.html", "unknown"])
    assert store.planned_documents(None) == {"index.html": None, "_posts/a.md": "a", "share/b.html": "c"}
    assert store.planned_documents([]) == {}


@pytest.mark.parametrize(
    "question",
    [
        lambda store: store.newest(EVERYTHING, 5),
        lambda store: store.newest(category("国务院"), 5),
        lambda store: store.latest(EVERYTHING, 5),
        lambda store: store.latest(category("国务院"), 5),
        lambda store: store.placed(EVERYTHING, 1, 5),
        lambda store: store.changed(EVERYTHING, 1, 5),
        lambda store: store.unarchived(EVERYTHING, 0, 5),
        lambda store: store.headlines(EVERYTHING, 1, 5),
        lambda store: store.news(timedelta(days=2), 5),
        lambda store: store.surroundings(store.find_all(["first-key"])),
        lambda store: store.waiting(0, 5),
        lambda store: store.waiting(0, 5, unfiled=True),
        lambda store: store.published(["first-key"]),
        lambda store: store.stale_documents(5),
        lambda store: store.find_all(["first-key"]),
        lambda store: store.known("one", "shared", ["first-key"]),
        lambda store: store.known("one", "shared", ["alias-key"]),
        lambda store: store.owed("one"),
        lambda store: list(store.every()),
        lambda store: store.planned_documents(["first-key"]),
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
        file_all(store)
        event.listen(Engine, "before_cursor_execute", note)
        question(store)  # type: ignore[operator]
        event.remove(Engine, "before_cursor_execute", note)
    connection = sqlite3.connect(path)
    steps = [
        step
        for statement, parameters in asked
        if "FROM totals LEFT OUTER JOIN categories" not in statement  # sorts the few that were renamed
        for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
    ]
    connection.close()
    big = ("articles", "aliases", "owed", "filings", "sightings", "pages", "memberships")
    assert steps
    assert not [step for step in steps if step in {f"SCAN {table}" for table in big}]
    assert "USE TEMP B-TREE FOR ORDER BY" not in "".join(
        step for step in steps if "categories" not in step and "RIGHT PART" not in step
    )


def test_mirrored_files_that_lie_in_the_wrong_folder(store: Store) -> None:
    """A file is for readers alone where only hidden sources have articles that show it, whoever fetched it."""
    wishes = [Wish("image", f"https://one.example/{name}.png") for name in ("mine", "both", "theirs")]
    store.save(an_outcome(new=(an_article("first-key"),)), NOW)
    store.save(an_outcome("two", new=(an_article("second-key", source="two"),)), NOW)
    for source, some in (("one", wishes[:2]), ("two", wishes[1:])):
        store.save_uses(source, {store.articles_of(source, 0, 1)[0][0]: some}, NOW)
    for due in store.claim_media(NOW, 9, timedelta(hours=1)):
        name = due.address.rpartition("/")[2]
        store.plan_documents({f"{'private' if name.startswith('m') else 'site'}/media/aa/{name}": None})
        store.save_media(due.identity, MediaFile(f"media/aa/{name}", "image/png", 9))
    assert store.misplaced_media([]) == [("media/aa/mine.png", False)]
    assert store.misplaced_media(["one"]) == []
    assert store.misplaced_media(["two"]) == [("media/aa/mine.png", False), ("media/aa/theirs.png", True)]
    assert sorted(store.misplaced_media(["one", "two"])) == [
        ("media/aa/both.png", True),
        ("media/aa/theirs.png", True),
    ]


def test_what_is_removed_meanwhile_is_not_filed(store: Store) -> None:
    """An article may go between the moment when it is read and that when it is filed; the others are filed."""
    store.save(an_outcome(new=(an_article("first-key"), an_article("second-key"))), NOW)
    waiting = store.waiting(0, 9, unfiled=True)
    store.remove("first-key", "", NOW)
    store.file([(one.id, one.version, (EVERYTHING,)) for one in waiting], {})
    assert [kept.id for kept in store.newest(EVERYTHING, 9)] == ["second-key"]
