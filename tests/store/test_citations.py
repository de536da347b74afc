"""Documents that cite each other by their numbers, and searches for facts, in both databases."""

from __future__ import annotations

from dataclasses import replace

from aggregator.model import Article, Field
from aggregator.store import Search, Store
from aggregator.text.query import parse_query
from tests.support.database import NOW, an_article, an_outcome


def document(key: str, number: str, text: str = "全文。") -> Article:
    """A document that has a number, and may cite others."""
    named = (Field("number", number, "reference", "文号"),)
    return replace(an_article(key, title=f"文件{key}"), content=f"<p>{text}</p>", fields=named)


def around(store: Store, key: str) -> list[tuple[str, str]]:
    """What the page of an article names, by relation."""
    kept = store.find_all([key])
    return [(one.relation, one.headline.id) for one in store.surroundings(kept)[key].citations]


def test_documents_cite_each_other(store: Store) -> None:
    """Whoever cites a document is named by it, the newest first, once, and both have a new version then."""
    store.save(an_outcome(new=(document("law-key", "国发〔2020〕5号"),)), NOW)
    text = "根据国发〔2020〕5号和（国发〔2020〕5号），制定本办法。"
    store.save(an_outcome(new=(document("one-key", "国发〔2026〕1号", text),)), NOW)
    store.save(an_outcome(new=(document("two-key", "国发〔2026〕2号", "国发〔2020〕5号废止。"),)), NOW)
    assert around(store, "law-key") == [("repealed_by", "two-key"), ("cited_by", "one-key")]
    assert around(store, "one-key") == [("cites", "law-key")]
    assert [kept.version for kept in store.find_all(["law-key", "one-key", "two-key"])] == [3, 1, 1]
    store.remove("one-key", "", NOW)
    assert around(store, "law-key") == [("repealed_by", "two-key")]
    assert store.find_all(["law-key"])[0].version == 4


def test_facts_are_found(store: Store) -> None:
    """By name or label, a number in any spelling; a percent sign is itself."""
    odd = replace(
        document("odd-key", "国发〔2026〕1号"), fields=(Field("share", "100% of it", label="份额"),)
    )
    store.save(an_outcome(new=(odd, document("one-key", "国发〔2026〕1号"))), NOW)
    for query, ids in (
        ("文号:2026年第1号", ["one-key"]),
        ("number:国发[2026]1号", ["one-key"]),
        ("份额:100%", ["odd-key"]),
        ("share:1%0", []),
    ):
        assert [kept.id for kept in store.search(Search(parse_query(query)))] == ids, query
