"""What is known under an address or an id."""

from datetime import timedelta

from aggregator.model import Archive, Entry, Owed
from aggregator.store import Filed, Store
from tests.support.database import NOW, an_article, an_outcome, file_all

PAGE = "https://www.news.example/7?from=100%25_"


def test_an_article_is_found_by_every_name_of_it(store: Store) -> None:
    """By its id, key, address, another key and another form of it, and by no other article's; once."""
    one, other = an_article(PAGE, address=f"{PAGE}#top"), an_article("https://news.example/8")
    store.save(an_outcome(new=(one, other), aliases=(("urn:7", PAGE),)), NOW)
    [number] = [kept.id for kept in store.every() if kept.article.key == PAGE]
    for name in (number.upper(), PAGE, f"{PAGE}#top", "urn:7", "http://news.example/7?from=100%25_"):
        assert store.ids_of([name], ["elsewhere", "shared"]) == [number], name
    assert store.ids_of([PAGE], ["elsewhere"]) == []
    assert store.ids_of(["https://news.example/70"], ["shared"]) == []
    file_all(store)
    everything = next(one for one in store.filed(number) if one.topic.kind == "all")
    assert everything == Filed(everything.topic, None)
    store.save_archives(everything.topic, [Archive(1, 1, 10_000, "", "")])
    assert {one.archive for one in store.filed(number) if one.topic.kind == "all"} == {1}


def test_what_was_removed_is_found_too(store: Store) -> None:
    """By its id, its key and its address."""
    store.save(an_outcome(new=(an_article(PAGE, address="https://news.example/page"),)), NOW)
    [kept] = store.every()
    assert store.removed_as([kept.id], ["shared"]) is None
    store.remove(kept.id, "a mistake", NOW)
    for name in (kept.id.upper(), PAGE, "https://news.example/page"):
        found = store.removed_as([name], ["shared"])
        assert found is not None, name
        assert (found.id, found.reason, found.removed_at) == (kept.id, "a mistake", NOW)


def test_what_is_owed_is_found_by_its_key_and_its_address(store: Store) -> None:
    """And not by a part of either."""
    debts = (
        Owed("urn:1", "failed", "no answer", NOW, entry=Entry("urn:1", address=PAGE)),
        Owed("urn:2", "filtered", "a rule", NOW + timedelta(days=1)),
    )
    store.save(an_outcome(owed=debts), NOW)
    assert [(name, debt.key) for name, debt in store.owing([PAGE])] == [("one", "urn:1")]
    assert [(name, debt.key) for name, debt in store.owing(["urn:2", "urn:1"])] == [
        ("one", "urn:1"),
        ("one", "urn:2"),
    ]
    assert store.owing([PAGE[:-1], "urn:"]) == []
