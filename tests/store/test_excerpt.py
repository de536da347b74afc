"""A part of a store: of everything that can be asked, nothing is said of other categories."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.model import EVERYTHING, Archive, Field, Label, Topic
from aggregator.store import Excerpt, Search, Store
from aggregator.text.query import parse_query
from tests.support.database import NOW, an_article, an_outcome, category, file_all

BOTH, OURS, THEIRS = (Label("Ours"), Label("Theirs")), (Label("Ours"),), (Label("Theirs"),)


@pytest.fixture
def ours(store: Store) -> Excerpt:
    """Of seven articles, each an hour newer, those with odd numbers are of a category; the first of both."""
    for number in range(1, 8):
        labels = BOTH if number == 1 else OURS if number % 2 else THEIRS
        published = NOW + timedelta(hours=number)
        store.save(an_outcome(new=(an_article(f"number-{number}", labels=labels, published=published),)), NOW)
    file_all(store)
    return Excerpt(store, ["Ours"])


def ids(kept: object) -> list[str]:
    """The numbers of articles."""
    return [one.id.removeprefix("number-") for one in kept]  # type: ignore[attr-defined]


def test_windows(store: Store, ours: Excerpt) -> None:
    """Limits count what is shown; what came or changed last comes first; a category of others is empty."""
    assert ids(ours.newest(EVERYTHING, 3)) == ["7", "5", "3"]
    assert ids(ours.latest(EVERYTHING, 9)) == ["7", "5", "3", "1"]
    source = Topic("source", "one", "one")
    assert ids(ours.latest(source, 2)) == ["7", "5"]
    assert ids(ours.newest(category("Theirs"), 9)) == ["1"], "it is in ours, too"
    assert ids(ours.changed(EVERYTHING, 0, 10**9)) == ["7", "5", "3", "1"]
    assert ids(ours.find_all(["number-1", "number-2", "number-3"])) == ["1", "3"]
    assert [filing.category.label for kept in ours.find_all(["number-1"]) for filing in kept.filings] == [
        "Ours"
    ]
    store.save(an_outcome(changed=(an_article("number-3", title="改", labels=OURS),)), NOW)
    file_all(store)
    assert ids(ours.latest(EVERYTHING, 2)) == ["3", "7"]
    everything = ids(Excerpt(store, ["ours", "Theirs"]).newest(EVERYTHING, 9))
    assert everything == ["7", "6", "5", "4", "2", "1", "3"]
    assert Excerpt(store, ["no such"]).newest(EVERYTHING, 9) == []


def test_topics(store: Store, ours: Excerpt) -> None:
    """Categories of others and archives with their articles are as if they were not there."""
    store.save_archives(EVERYTHING, [Archive(1, 1, 10, "", "")])
    store.save_archives(category("Ours"), [Archive(1, 1, 10, "", "")])
    store.save_archives(category("Theirs"), [Archive(1, 1, 10, "", "")])
    assert {(one.topic.kind, one.topic.label) for one in ours.topics()} == {("all", ""), ("category", "Ours")}
    assert ours.topic(category("Ours")) == store.topic(category("Ours"))
    assert (ours.topic(category("Theirs")).articles, ours.topic(category("Theirs")).archives) == (0, 0)
    assert ours.topic(EVERYTHING).archives == 0
    archived = [
        ours.archive(one, 1) is not None for one in (EVERYTHING, category("Ours"), category("Theirs"))
    ]
    assert archived == [False, True, False]
    store.remove("number-3", "", NOW)
    assert [stone.key for stone in ours.tombstones(category("Ours"), 9)] == ["number-3"]
    assert ours.tombstones(EVERYTHING, 9) == []


def test_a_category_that_was_renamed(store: Store, ours: Excerpt) -> None:
    """It is shown under its new name, whichever of the two somebody was told; its old feeds go on."""
    store.rename_category("ours", "New")
    file_all(store)
    for name in ("Ours", "New"):
        renamed = Excerpt(store, [name])
        assert ids(renamed.newest(EVERYTHING, 9)) == ["7", "5", "3", "1"]
        assert renamed.topic(category("Ours")).leads_to == category("New")
        assert ids(renamed.newest(category("Ours"), 9)) == ["7", "5", "3", "1"]


def test_searches(ours: Excerpt) -> None:
    """They find and count what is shown; no query leads out."""
    for query in ("正文", "正文 OR category:Theirs", "category:Theirs OR category:Ours", "正文 -x"):
        wanted = Search(parse_query(query))
        assert ids(ours.search(wanted)) == ["7", "5", "3", "1"], query
        assert ids(ours.search(replace(wanted, limit=2))) == ["7", "5"], query
        assert ours.count_found(wanted, 99) == 4
    assert ids(ours.search(Search(parse_query("正文"), category="theirs"))) == ["1"]


def test_one_text_stands_once(store: Store, ours: Excerpt) -> None:
    """A copy is left out where the article that leads is shown, and stands for it where that is not."""
    keys = {"number-1": [1], "number-2": [2], "number-3": [1], "number-5": [2]}
    keyed = [(kept, keys[kept.id]) for kept in store.find_all(list(keys))]
    store.find_copies(keyed, lambda one, others: (0, False))
    file_all(store)
    assert ids(ours.newest(EVERYTHING, 9)) == ids(ours.latest(EVERYTHING, 9)) == ["7", "5", "1"]
    kept = ours.find_all(["number-1", "number-5"])
    around = ours.surroundings(kept)
    assert ids(around["number-1"].copies) == ["3"]
    assert around["number-5"].copies == ()


def test_what_happened(store: Store, ours: Excerpt) -> None:
    """Changes are those of what is shown, as many as are wanted."""
    for number in (2, 3, 4):
        article = an_article(f"number-{number}", title="改", labels=OURS if number % 2 else THEIRS)
        store.save(an_outcome(changed=(article,)), NOW)
    assert [one.id for one in store.changes()] == ["number-2", "number-3", "number-4"]
    assert [one.id for one in ours.changes(limit=1)] == ["number-3"]


def test_citations(store: Store, ours: Excerpt) -> None:
    """Who cites a document is named where it is shown, and nowhere else."""
    law = an_article("law-key", labels=BOTH, fields=(Field("number", "国发〔2020〕5号", "reference"),))
    citing = [
        an_article(f"{name}-key", labels=labels, content="<p>根据国发〔2020〕5号，制定本办法。</p>")
        for name, labels in (("ours", OURS), ("theirs", THEIRS))
    ]
    store.save(an_outcome(new=(law, *citing)), NOW)
    file_all(store)
    named = {one.headline.id for one in store.surroundings(store.find_all(["law-key"]))["law-key"].citations}
    assert named == {"ours-key", "theirs-key"}
    around = ours.surroundings(ours.find_all(["law-key"]))["law-key"]
    assert [one.headline.id for one in around.citations] == ["ours-key"]
    assert around.previous is not None
    assert around.previous.id == "number-7"
