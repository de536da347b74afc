from datetime import timedelta

import pytest

from aggregator.errors import StoreError
from aggregator.model import EVERYTHING, Archive, Label, Owed, Sighting
from aggregator.store import Store
from tests.support.database import NOW, an_article, an_outcome, category, file_all, publish_all

LATER = NOW + timedelta(hours=1)


def test_what_is_removed_is_gone_everywhere(store: Store) -> None:
    """No row of it is left, its topics count one less, its files are to go, and its feeds tell of it."""
    articles = tuple(an_article(f"thing-{number}") for number in range(3))
    store.save(an_outcome(new=articles), NOW)
    store.save(an_outcome(changed=(an_article("thing-1", title="改"),)), NOW)
    publish_all(store)
    store.plan_documents({"site/share/thing-1.html": "thing-1", "site/share/thing-0.html": "thing-0"})
    store.remove("THING-1", "asked by its author", LATER)
    assert store.find("thing-1") is None
    assert store.revisions("thing-1") == []
    assert [one.id for one in store.latest(category("国务院"), 9)] == ["thing-2", "thing-0"]
    assert (store.article_count(), store.topic(EVERYTHING).articles) == (2, 2)
    assert store.stale_documents(9, removed=True) == ["site/share/thing-1.html"]
    [tombstone] = store.tombstones(category("国务院"), 9)
    assert (tombstone.namespace, tombstone.key, tombstone.removed_at) == ("shared", "thing-1", LATER)
    assert {touch.part for touch in store.touches()} == {"front", "list", "sitemap"}
    assert store.is_removed("Thing-1")
    assert not store.is_removed("thing-2")


def test_its_neighbours_are_published_again(store: Store) -> None:
    """They led to it, and now to each other."""
    store.save(an_outcome(new=tuple(an_article(f"thing-{number}") for number in range(4))), NOW)
    publish_all(store)
    store.remove("thing-1", "", LATER)
    file_all(store)
    assert sorted(one.id for one in store.waiting(0, 9)) == ["thing-0", "thing-2"]
    around = store.surroundings(store.find_all(["thing-0"]))["thing-0"]
    assert around.next is not None
    assert around.next.id == "thing-2"


def test_what_is_removed_never_comes_in_again(store: Store) -> None:
    """Neither under its key, an alias, nor with its address under another key or from another source."""
    store.save(an_outcome(new=(an_article("thing-1"),), aliases=(("alias-1", "thing-1"),)), NOW)
    store.remove("thing-1", "", LATER)
    again = an_article("thing-1", title="again")
    alias = an_article("alias-1", address="https://elsewhere.example/")
    same = an_article("thing-9", source="two", namespace="other", address="https://news.example/thing-1")
    sightings = (Sighting("thing-1", "d", ()), Sighting("alias-1", "d", (Label("乙"),)))
    store.save(an_outcome(new=(again, alias), sightings=sightings, aliases=(("b", "thing-1"),)), LATER)
    store.save(an_outcome("two", namespace="other", new=(same,)), LATER)
    assert store.article_count() == 0
    known = store.known("one", "shared", ["thing-1", "alias-1", "thing-2"])
    assert {key: one.removed for key, one in known.items()} == {"thing-1": True, "alias-1": True}
    assert store.known("two", "other", ["thing-9"])["thing-9"].removed


def test_archives_that_show_it_are_written_anew(store: Store) -> None:
    """Also those which show only an earlier state of it."""
    store.save(an_outcome(new=tuple(an_article(f"thing-{number}") for number in range(4))), NOW)
    publish_all(store)
    members = store.unarchived(EVERYTHING, 0, 9)
    store.save_archives(EVERYTHING, [Archive(1, members[0], members[1], "f", "d")])
    store.save_archives(EVERYTHING, [Archive(2, members[2], members[2], "f", "d")])
    store.save(an_outcome(changed=(an_article("thing-1", title="改"),)), LATER)
    publish_all(store)
    found = store.find_removal("thing-1")
    assert found is not None
    assert (found.archives, found.title) == (1, "改")
    store.remove("thing-1", "", LATER)
    assert [archive.fingerprint for archive in store.archives(EVERYTHING)] == ["", "f"]
    assert [(one.part, one.number) for one in store.touches() if one.part == "archive"] == [("archive", 1)]


def test_debts_of_a_removed_article_are_forgotten(store: Store) -> None:
    """Its page is not asked for again."""
    debts = (Owed("thing-1", "full-text", "", NOW), Owed("thing-2", "failed", "", NOW))
    store.save(an_outcome(new=(an_article("thing-1"),), owed=debts), NOW)
    store.remove("thing-1", "", LATER)
    assert [debt.key for debt in store.owed("one")] == ["thing-2"]


def test_an_address_of_several_articles_is_asked_back(store: Store) -> None:
    """It takes their ids to tell them apart; what is unknown is None."""
    same = {"address": "https://news.example/same"}
    store.save(an_outcome(new=(an_article("thing-1", **same), an_article("thing-2", **same))), NOW)
    with pytest.raises(StoreError, match="thing-1, thing-2"):
        store.find_removal("https://news.example/same")
    assert store.find_removal("nothing") is None
