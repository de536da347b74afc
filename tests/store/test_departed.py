"""What becomes of a source that left, and of a category that gets another name, on both databases."""

from aggregator.model import Label, Owed, Sighting
from aggregator.store import Store
from tests.support.database import NOW, an_article, an_outcome, category, publish_all


def test_a_source_that_left_is_forgotten(store: Store) -> None:
    """Its own articles go and may come again; what another source shows becomes that one's; it owes nothing."""
    store.sync_sources(["one", "two"], NOW)
    store.save(
        an_outcome(new=(an_article("thing-1"), an_article("thing-2")), owed=(Owed("x", "failed", "", NOW),)),
        NOW,
    )
    store.save(an_outcome("two", sightings=(Sighting("thing-2", "d", (Label("乙"),)),)), NOW)
    publish_all(store)
    store.plan_documents({"site/source/one/rss.xml": None, "site/share/thing-1.html": "thing-1"})
    store.sync_sources(["two"], NOW)
    assert store.departed(["two"]) == ["one"]
    going = store.count_departure("one")
    assert (going.articles, going.shared, going.documents) == (1, 1, 1)
    assert (store.forget_articles("one", NOW, 9), store.forget_articles("one", NOW, 9)) == (1, 0)
    store.forget_source("one", lambda topic: f"site/source/{topic.name}", NOW)
    assert store.departed(["two"]) == []
    [left] = store.every()
    assert (left.id, left.article.source) == ("thing-2", "two")
    assert set(store.stale_documents(9, removed=True)) == {
        "site/share/thing-1.html",
        "site/source/one/rss.xml",
    }
    assert store.find_faults() == []
    store.sync_sources(["one", "two"], NOW)
    store.save(an_outcome(new=(an_article("thing-1"),)), NOW)
    assert store.find("thing-1") is not None


def test_a_category_leads_to_another(store: Store) -> None:
    """Its articles are filed there, each once; its names mean the other, to which it never leads in a circle."""
    store.save(an_outcome(new=(an_article("thing-1", labels=(Label("甲"), Label("乙"))),)), NOW)
    publish_all(store)
    for old, new, count in (("甲", "乙", 1), ("乙", "丙", 1), ("丙", "甲", 1)):
        held = store.category(old)
        assert held is not None
        assert store.rename_category(held.slug, new) == (new, count)
        [kept] = store.every()
        assert [filing.category.label for filing in kept.filings] == [new]
        assert {named.label for name in "甲乙" if (named := store.category(name))} == {new}
    assert {state.leads_to for state in store.topics() if state.leads_to} == {category("甲")}
