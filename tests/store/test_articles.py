import hashlib
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from aggregator.errors import StoreError
from aggregator.model import (
    EVERYTHING,
    Attachment,
    Category,
    Label,
    Owed,
    PollState,
    Revision,
    Sighting,
    Topic,
)
from aggregator.store import Store
from aggregator.text.slugs import slugify
from tests.support.database import NOW, an_article, an_outcome, category, file_all

LATER = NOW + timedelta(hours=1)


def hashed(namespace: str, key: str) -> str:
    """Return the public id of a key that cannot be one."""
    return hashlib.blake2b(f"{namespace}\0{key}".encode(), digest_size=8).hexdigest()


def filed(store: Store, article_id: str) -> list[tuple[str, str]]:
    """Return the categories and tags of an article."""
    kept = store.find(article_id)
    assert kept is not None
    return [(filing.category.label, filing.tag) for filing in kept.filings]


def test_an_article_comes_back_as_it_was_saved(store: Store) -> None:
    """Every field is kept; times in any zone come back in UTC, microseconds and all."""
    article = an_article(
        "first-key",
        published=datetime(1, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=8))),
        updated=datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        labels=(Label("国务院", "公告"), Label("TechWeb")),
        dated=False,
        share_url="https://share.example/1",
        summary="摘要 😀",
        author="作者",
        origin="新华社",
        language="zh-CN",
        attachments=(Attachment("https://news.example/a.pdf", "甲", "application/pdf", 5), Attachment("b")),
        complete=False,
        future=datetime(2027, 1, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=8))),
        day=date(2026, 3, 5),
    )
    store.save(an_outcome(new=(article,)), NOW)
    kept = store.find("first-key")
    assert kept is not None
    assert kept.article == article
    assert kept.article.published.tzinfo is UTC
    assert (kept.id, kept.version, kept.first_seen) == ("first-key", 1, NOW)
    assert [(f.category.label, f.tag) for f in kept.filings] == [("国务院", "公告"), ("TechWeb", "TechWeb")]


def test_former_paths(store: Store) -> None:
    """A new article comes in with its path; one that is held is published again with it, once."""
    store.save(an_outcome(new=(an_article("held-key"),)), NOW)
    both = an_outcome(new=(an_article("new-key"),), former_paths={"new-key": "a.html", "held-key": "b.html"})
    for _ in range(2):
        store.save(both, NOW)
        found = [store.find(key) for key in ("new-key", "held-key")]
        assert [(kept.version, kept.former_path) for kept in found if kept] == [(1, "a.html"), (2, "b.html")]


def test_a_long_text_is_held_compressed(tmp_path: Path) -> None:
    """It takes a fraction of the disk, and the check of the database names what cannot be read any more."""
    long = "<p>港口公布了新的时刻表。</p>" * 100
    with Store.open(f"sqlite:///{tmp_path / 'held.db'}") as store:
        store.sync_sources(["one"], NOW)
        store.save(
            an_outcome(new=(an_article("first-key", content=long), an_article("other-key", content=long))),
            NOW,
        )
        with closing(sqlite3.connect(tmp_path / "held.db")) as connection, connection:
            (size,) = connection.execute("SELECT length(content) FROM articles").fetchone()
            connection.execute("UPDATE articles SET content = x'00' WHERE key = 'first-key'")
        assert size < len(long) / 10
        found = store.find("other-key")
        assert found is not None
        assert found.article.content == long
        assert [fault.split(":")[0] for fault in store.find_faults()] == ["article first-key"]
        with pytest.raises(StoreError, match="damaged text"):
            store.find("first-key")


def test_a_date_that_lies_ahead_is_kept_and_counts(store: Store) -> None:
    """It comes back, in revisions too, and to state another one is a change; without one nothing is new."""
    first = an_article("first-key", dated=False, future=LATER)
    assert an_article("first-key").digest == "3e559030729f82a0a2f6bf96f290b3f0", "as version 0.1 made it"
    store.save(an_outcome(new=(first,)), NOW)
    second = replace(first, future=LATER + timedelta(days=1))
    third = replace(first, future=None)
    assert len({first.digest, second.digest, third.digest}) == 3
    store.save(an_outcome(changed=(second,)), NOW)
    store.save(an_outcome(changed=(third,)), NOW)
    kept = store.find("first-key")
    assert kept is not None
    assert kept.article == third
    assert [one.article for one in store.revisions("first-key")] == [first, second]


def test_a_source_knows_what_it_showed_and_what_others_did(store: Store) -> None:
    """A key that another source of the namespace showed is known without an entry's digest."""
    keys = [f"key-{number:05}" for number in range(1200)]
    store.save(an_outcome(new=tuple(an_article(key) for key in keys)), NOW)
    known = store.known("one", "shared", [*keys, "unknown"])
    assert known.keys() == set(keys)
    first = known[keys[0]]
    assert (first.key, first.entry_digest, first.owner, first.complete) == (keys[0], "said", "one", True)
    assert first.article_digest == an_article(keys[0]).digest
    assert (first.published, first.updated) == (NOW, NOW)
    assert store.known("two", "shared", keys[:1])[keys[0]].entry_digest == ""
    assert store.known("one", "other", keys) == {}
    assert store.known("one", "shared", []) == {}


def test_a_changed_article_keeps_its_earlier_states(store: Store) -> None:
    """A change counts the version up, moves the article to the front and keeps what it said before."""
    first = an_article("first-key", day=date(2026, 3, 5))
    store.save(an_outcome(new=(first, an_article("second-key"))), NOW)
    second = replace(first, title="改", source="two", published=LATER)
    store.save(an_outcome("two", changed=(second,)), LATER)
    third = replace(second, title="再改")
    store.save(an_outcome("two", changed=(third,)), LATER + timedelta(hours=1))
    kept = store.find("first-key")
    assert kept is not None
    assert (kept.version, kept.article, kept.first_seen) == (3, third, NOW)
    file_all(store)
    assert [one.id for one in store.latest(EVERYTHING, 9)] == ["first-key", "second-key"]
    assert store.revisions("first-key") == [
        Revision(1, LATER, first),
        Revision(2, LATER + timedelta(hours=1), second),
    ]
    assert store.revisions("second-key") == []


def test_a_poll_done_twice_changes_nothing(store: Store) -> None:
    """A crash after the commit makes the same poll come again: no version, no revision, no count moves."""
    store.save(an_outcome(new=(an_article("first-key"),)), NOW)
    outcome = an_outcome(new=(an_article("second-key"),), changed=(an_article("first-key", title="改"),))
    store.save(outcome, NOW)
    before = (list(store.every()), store.publication(), store.overview())
    store.save(outcome, LATER)
    assert (list(store.every()), store.publication(), store.overview()) == before
    assert len(store.revisions("first-key")) == 1


def test_the_quicker_source_of_a_namespace_keeps_its_article(store: Store) -> None:
    """What a second source brings as new is only filed and sighted."""
    store.save(an_outcome(new=(an_article("first-key"),)), NOW)
    other = an_article("first-key", source="two", title="other", labels=(Label("市场", "m"),))
    store.save(an_outcome("two", new=(other,)), LATER)
    assert store.article_count() == 1
    kept = store.find("first-key")
    assert kept is not None
    assert (kept.article, kept.version) == (an_article("first-key"), 2)
    assert filed(store, "first-key") == [("国务院", "国务院"), ("市场", "m")]
    assert store.known("two", "shared", ["first-key"])["first-key"].entry_digest == "said"
    assert store.revisions("first-key") == []


def test_a_complete_article_replaces_an_incomplete_one(store: Store) -> None:
    """A source that is slower but has the whole text takes the article over; that is no change of it."""
    digest_only = an_article("first-key", complete=False)
    store.save(an_outcome(new=(digest_only,)), NOW)
    whole = an_article("first-key", source="two", content="<p>whole</p>")
    store.save(an_outcome("two", new=(whole,)), LATER)
    kept = store.find("first-key")
    assert kept is not None
    assert kept.article == whole
    assert (kept.changes, kept.changed, store.revisions("first-key")) == (0, None, [])


def test_ids_are_the_key_where_it_can_be_one(store: Store) -> None:
    """Keys of 6 to 64 plain characters are ids; others give a hash of namespace and key."""
    longest = "x" * 64
    for key in ("NW202204242354992724", longest, "short", "x" * 65, "https://a.example/1", "键键键键键键"):
        store.save(an_outcome(new=(an_article(key),)), NOW)
    assert [kept.id for kept in store.every()] == [
        "NW202204242354992724",
        longest,
        hashed("shared", "short"),
        hashed("shared", "x" * 65),
        hashed("shared", "https://a.example/1"),
        hashed("shared", "键键键键键键"),
    ]


@pytest.mark.parametrize("together", [True, False])
def test_ids_that_differ_by_case_only_are_not_given(store: Store, together: bool) -> None:
    """Case twins, of one poll or two, and a key that looks like another's hash get ids of their own."""
    twin = hashed("shared", "ABCDEF")
    keys = ["abcdef", twin.upper(), "ABCDEF"]
    found = tuple(an_article(key) for key in keys)
    for new in [found] if together else [(one,) for one in found]:
        store.save(an_outcome(new=new), NOW)
    ids = [kept.id for kept in store.every()]
    assert ids == ["abcdef", twin.upper(), f"{twin}-2"]
    assert store.find("ABCDEF") is None
    assert [kept.id for kept in store.find_all([*reversed(ids), "nobody"])] == ids[::-1]


def test_the_same_key_in_two_namespaces_is_two_articles(store: Store) -> None:
    """Identity is namespace and key; the second article cannot have the key as its id."""
    store.save(an_outcome(new=(an_article("first-key"),)), NOW)
    other = an_article("first-key", namespace="other")
    store.save(an_outcome("two", namespace="other", new=(other,)), NOW)
    assert [kept.id for kept in store.every()] == ["first-key", hashed("other", "first-key")]


def test_categories_that_look_alike_have_slugs_of_their_own(store: Store) -> None:
    """Blanks fold, case does not; the second label of a slug gets a hash behind it."""
    labels = (Label("TechWeb"), Label("Techweb"), Label(" Tech\u3000 Web\n"), Label("Tech Web"))
    store.save(an_outcome(new=(an_article("first-key", labels=labels),)), NOW)
    kept = store.find("first-key")
    assert kept is not None
    twin = f"techweb-{hashlib.blake2b(b'Techweb').hexdigest()[:6]}"
    assert [filing.category for filing in kept.filings] == [
        Category("techweb", "TechWeb"),
        Category(twin, "Techweb"),
        Category(slugify("Tech Web"), "Tech Web"),
    ]
    assert store.category(twin) == Category(twin, "Techweb")
    assert store.category("nothing") is None


def test_a_label_of_any_length_is_a_category(store: Store) -> None:
    """Where a source names nonsense as its category, its articles are not lost."""
    label = "".join(chr(0x4E00 + i * i % 20000) for i in range(9000))
    store.save(an_outcome(new=(an_article("first-key", labels=(Label(label),)),)), NOW)
    store.save(an_outcome(new=(an_article("second-key", labels=(Label(label),)),)), NOW)
    file_all(store)
    assert [state.articles for state in store.topics() if state.topic.kind == "category"] == [2]


def test_sightings_add_filings_and_never_take_one_away(store: Store) -> None:
    """Labels are filed in the order in which they come; a changed tag is set right."""
    store.save(an_outcome(new=(an_article("first-key", labels=(Label("甲", "a"),)),)), NOW)
    store.save(an_outcome("two", sightings=(Sighting("first-key", "d", (Label("乙"),)),)), LATER)
    assert filed(store, "first-key") == [("甲", "a"), ("乙", "乙")]
    store.save(an_outcome("two", sightings=(Sighting("first-key", "e", (Label("甲", "b"),)),)), LATER)
    assert filed(store, "first-key") == [("甲", "b"), ("乙", "乙")]
    kept = store.find("first-key")
    assert kept is not None
    assert kept.version == 3
    assert store.revisions("first-key") == []
    assert store.known("two", "shared", ["first-key"])["first-key"].entry_digest == "e"


def test_a_sighting_of_nothing_is_an_error(store: Store) -> None:
    """A sighted key that is no article is a fault of the program, and nothing is saved."""
    with pytest.raises(StoreError, match="'nothing'"):
        store.save(an_outcome(new=(an_article("first-key"),), sightings=(Sighting("nothing", "d", ()),)), NOW)
    assert store.article_count() == 0


def test_of_an_outcome_that_fails_nothing_is_there(store: Store) -> None:
    """A value that cannot be stored, met last, undoes everything before it."""
    naive = Owed("bad", "failed", "", NOW.replace(tzinfo=None))
    state = PollState("one", due=LATER, etag="new")
    store.claim(["one"], NOW, "me", timedelta(minutes=5))
    with pytest.raises(StoreError, match="without a zone"):
        store.save(an_outcome(state=state, new=(an_article("first-key"),), owed=(naive,)), NOW)
    assert store.state("one") == PollState("one", due=NOW)
    assert store.lease_owners() == {"me"}
    assert list(store.every()) == []
    assert store.publication().articles == 0
    store.save(an_outcome(state=state, new=(an_article("first-key"),)), NOW)
    assert [kept.sequence for kept in store.every()] == [1]


def test_windows_are_ordered_by_publication_or_by_arrival(store: Store) -> None:
    """Pages show what was published last, feeds what came or changed last."""
    hours = {"key-old": -9, "key-new": 5, "key-mid": 0, "key-mid-2": 0}
    for key, hour in hours.items():
        label = "甲" if key != "key-mid" else "乙"
        article = an_article(key, published=NOW + timedelta(hours=hour), labels=(Label(label),))
        store.save(an_outcome(new=(article,)), NOW)
    first = category("甲")
    file_all(store)
    assert [one.id for one in store.newest(EVERYTHING, 9)] == ["key-new", "key-mid-2", "key-mid", "key-old"]
    assert [one.id for one in store.newest(first, 2)] == ["key-new", "key-mid-2"]
    assert [one.id for one in store.latest(EVERYTHING, 2)] == ["key-mid-2", "key-mid"]
    assert [one.id for one in store.latest(first, 9)] == ["key-mid-2", "key-new", "key-old"]
    assert [one.id for one in store.placed(first, 1, 2)] == ["key-new", "key-old"]
    nothing = Topic("category", "nothing")
    assert store.newest(nothing, 9) == store.latest(nothing, 9) == []

    moved = an_article("key-old", published=LATER, title="改", labels=(Label("甲"),))
    store.save(an_outcome(changed=(moved,)), LATER)
    file_all(store)
    assert [one.id for one in store.newest(first, 9)] == ["key-new", "key-old", "key-mid-2"]
    assert [one.id for one in store.latest(first, 1)] == ["key-old"]
    assert [one.id for one in store.placed(first, 1, 2)] == ["key-new", "key-old"]


def test_an_article_filed_late_is_the_latest_there_and_nowhere_else(store: Store) -> None:
    """Who follows a category sees what comes into it, and who follows all sees nothing twice."""
    store.save(an_outcome(new=(an_article("key-old", labels=(Label("甲"),)),)), NOW)
    store.save(an_outcome(new=(an_article("key-new", labels=(Label("甲"), Label("乙"))),)), NOW)
    file_all(store)
    store.save(an_outcome("two", sightings=(Sighting("key-old", "d", (Label("乙"),)),)), LATER)
    file_all(store)
    assert [one.id for one in store.latest(category("乙"), 9)] == ["key-old", "key-new"]
    assert [one.id for one in store.latest(category("甲"), 9)] == ["key-new", "key-old"]
    assert [one.id for one in store.latest(EVERYTHING, 9)] == ["key-new", "key-old"]


def test_all_articles_are_read_page_by_page(store: Store) -> None:
    """Every article comes once, in order of arrival, whatever the size of a page."""
    keys = [f"key-{number:05}" for number in range(7)]
    store.save(an_outcome(new=tuple(an_article(key) for key in keys)), NOW)
    for batch in (1, 3, 7, 200):
        assert [kept.id for kept in store.every(batch)] == keys
    assert store.article_count() == 7


def test_an_article_may_be_asked_for_many_times(store: Store) -> None:
    """As a long digest does that tells of its arrival and of its changes."""
    store.save(an_outcome(new=(an_article("some-key"),)), NOW)
    assert [one.id for one in store.find_all(["some-key"] * 2000)] == ["some-key"] * 2000
