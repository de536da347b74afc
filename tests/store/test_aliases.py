"""One article under several keys: known, sighted and changed as the one it is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.errors import StoreError
from aggregator.model import Label, Sighting
from aggregator.store import Store
from tests.support.database import NOW, an_article, an_outcome

LATER = NOW + timedelta(hours=1)
ALIASES = (("alias-key", "first-key"),)


def test_an_article_is_known_under_its_aliases(store: Store) -> None:
    """An alias leads to the article and tells its key; other namespaces know nothing of it."""
    store.save(an_outcome(new=(an_article("first-key"), an_article("other-key")), aliases=ALIASES), NOW)
    known = store.known("one", "shared", ["alias-key", "first-key", "nothing"])
    assert known.keys() == {"alias-key", "first-key"}
    assert (known["alias-key"].key, known["alias-key"].article_key) == ("alias-key", "first-key")
    assert (known["first-key"].key, known["first-key"].article_key) == ("first-key", "first-key")
    assert known["alias-key"].article_digest == an_article("first-key").digest
    assert (known["first-key"].entry_digest, known["alias-key"].entry_digest) == ("said", "")
    assert store.known("one", "other", ["alias-key"]) == {}
    assert store.article_count() == 2


def test_articles_of_a_source_are_found_by_title(store: Store) -> None:
    """Each once, by its whole title or what stands before its dots; those that others showed are not."""
    titles = ("The ferry sails", "The ferry sails again", "Fog", "50%", "500")
    new = tuple(an_article(f"key-{title}", title=title) for title in titles)
    store.save(an_outcome(new=new), NOW)
    wanted = {
        "The ferry sails": 1,
        "The ferry sails…": 2,
        "The ferry sails again...": 1,
        "50%...": 1,
        "Snow": 0,
    }
    found = store.titled("one", set(wanted))
    assert {title: len(some) for title, some in found.items()} == wanted
    assert [one.title for one in found["50%..."]] == ["50%"]
    assert not any(store.titled("two", set(wanted)).values())


def test_what_each_key_said_is_kept_apart(store: Store) -> None:
    """A source that shows one article under two addresses has said nothing new the second time."""
    sightings = (Sighting("first-key", "said here", ()), Sighting("alias-key", "said there", (Label("乙"),)))
    outcome = an_outcome(new=(an_article("first-key"),), sightings=sightings, aliases=ALIASES)
    store.save(outcome, NOW)

    def everything() -> tuple[object, ...]:
        known = store.known("one", "shared", ["first-key", "alias-key"])
        return known, list(store.every()), store.publication(), store.overview()

    before = everything()
    known = store.known("one", "shared", ["first-key", "alias-key"])
    assert {key: one.entry_digest for key, one in known.items()} == {
        "first-key": "said here",
        "alias-key": "said there",
    }
    assert [filing.tag for filing in next(store.every()).filings] == ["国务院", "乙"]
    assert store.overview()[0].articles == 1
    store.save(outcome, LATER)
    assert everything() == before
    assert store.known("two", "shared", ["alias-key"])["alias-key"].entry_digest == ""


def test_aliases_of_later_polls_and_of_aliases(store: Store) -> None:
    """An alias may be found later, lead through another one, and move to another article."""
    store.save(an_outcome(new=(an_article("first-key"), an_article("other-key"))), NOW)
    store.save(an_outcome(aliases=(("b", "first-key"), ("c", "b"))), LATER)
    store.save(an_outcome("two", aliases=(("d", "c"),)), LATER)
    found = store.known("two", "shared", ["b", "c", "d"])
    assert {key: one.article_key for key, one in found.items()} == dict.fromkeys("bcd", "first-key")
    store.save(an_outcome(aliases=(("b", "other-key"),)), LATER)
    assert store.known("one", "shared", ["b"])["b"].article_key == "other-key"
    assert [kept.version for kept in store.every()] == [1, 1]


def test_a_key_with_an_article_of_its_own_is_no_alias(store: Store) -> None:
    """Two articles stay two, whether the second one was there before or comes along."""
    store.save(an_outcome(new=(an_article("first-key"), an_article("other-key"))), NOW)
    third = an_article("third-key")
    sightings = (Sighting("third-key", "said", ()), Sighting("other-key", "said", (Label("乙"),)))
    store.save(an_outcome(new=(third,), sightings=sightings, aliases=(("other-key", "third-key"),)), NOW)
    filed = {kept.id: [filing.tag for filing in kept.filings] for kept in store.every()}
    assert filed == {"first-key": ["国务院"], "other-key": ["国务院", "乙"], "third-key": ["国务院"]}
    store.save(an_outcome(new=(an_article("last-key"),), aliases=(("last-key", "first-key"),)), NOW)
    found = store.known("one", "shared", ["other-key", "last-key"])
    assert {key: one.article_key for key, one in found.items()} == {key: key for key in found}
    assert store.article_count() == 4


def test_an_article_that_comes_under_an_alias_is_the_one_that_is_there(store: Store) -> None:
    """A slower poll that took the alias for new adds no article; a change under it is the article's."""
    article = an_article("first-key")
    store.save(an_outcome(new=(article,), aliases=ALIASES), NOW)
    store.save(an_outcome("two", new=(an_article("alias-key", source="two", labels=(Label("乙"),)),)), NOW)
    kept = store.find("first-key")
    assert kept is not None
    assert (store.article_count(), kept.article) == (1, article)
    assert [filing.tag for filing in kept.filings] == ["国务院", "乙"]
    store.save(an_outcome(changed=(an_article("alias-key", title="改", address=article.address),)), LATER)
    kept = store.find("first-key")
    assert kept is not None
    assert kept.article == replace(article, title="改")
    assert [one.article for one in store.revisions("first-key")] == [article]


def test_an_alias_of_nothing_is_an_error(store: Store) -> None:
    """An alias of what is no article is a fault of the program, and nothing is saved."""
    with pytest.raises(StoreError, match="an alias of what is no article: 'nothing'"):
        store.save(an_outcome(new=(an_article("first-key"),), aliases=(("b", "nothing"),)), NOW)
    assert store.article_count() == 0


def test_many_aliases(store: Store) -> None:
    """More aliases than one statement takes are found all the same, with characters nobody can store too."""
    aliases = tuple((f"alias-{number:05}\0", "first-key") for number in range(1200))
    store.save(an_outcome(new=(an_article("first-key"),), aliases=aliases), NOW)
    known = store.known("one", "shared", [alias for alias, _ in aliases])
    assert len(known) == 1200
    assert {one.article_key for one in known.values()} == {"first-key"}


HELD = "http://news.example/a/1"


@pytest.mark.parametrize(
    "key",
    [
        "https://news.example/a/1",
        "https://www.news.example/a/1/",
        f"{HELD};jsessionid=AB12",
        f"{HELD}/index.html",
    ],
)
def test_other_forms_of_an_address(store: Store, key: str) -> None:
    """An article whose key is an address is known under its other forms, and no other article is."""
    store.save(an_outcome(new=(an_article(HELD), an_article("http://news.example/a/2"))), NOW)
    known = store.known("one", "shared", [key, "https://news.example/a/3"])
    assert {one: found.article_key for one, found in known.items()} == {key: HELD}


def test_two_forms_in_one_list_are_two(store: Store) -> None:
    """Where a list shows an article under its own key, another form beside it means something else."""
    store.save(an_outcome(new=(an_article(HELD),)), NOW)
    assert store.known("one", "shared", [f"{HELD}/", HELD]).keys() == {HELD}
