"""The texts of files in the database: once for the same bytes, found by searches, gone with their last article."""

from __future__ import annotations

from aggregator.model import Attachment, FileText
from aggregator.store import Search, Store
from aggregator.text.query import parse_query
from tests.support.database import NOW, an_article, an_outcome

NOTICE = FileText("d1", "<p>生产者应当对竹柄作防霉处理。</p>")
SCAN = FileText("d2", fault="no-text")


def file(name: str, text: FileText) -> Attachment:
    """An attachment with that in it."""
    return Attachment(f"https://office.example/{name}", text=text.digest, fault=text.fault)


def found(store: Store, query: str) -> list[str]:
    """The ids of what a search finds."""
    return sorted(kept.id for kept in store.search(Search(parse_query(query))))


def test_what_articles_have(store: Store) -> None:
    """An article that comes later with bytes that are known needs no text of its own."""
    files = {NOTICE.digest: NOTICE, SCAN.digest: SCAN}
    one = an_article("first-key", attachments=(file("a.pdf", NOTICE), file("scan.pdf", SCAN)))
    store.save(an_outcome(new=(one,), files=files), NOW)
    two = an_article("second-key", attachments=(file("b.pdf", NOTICE),))
    store.save(an_outcome(new=(two,)), NOW)
    assert (store.file_text("d1"), store.file_text("d2"), store.file_text("d3")) == (NOTICE, SCAN, None)
    assert found(store, "防霉处理") == ["first-key", "second-key"]


def test_what_no_article_has(store: Store) -> None:
    """It is not saved, and goes when its last article is removed or gets another file."""
    other = FileText("d3", "<p>经营者应当停止销售。</p>")
    one, two = (an_article(key, attachments=(file("a.pdf", NOTICE),)) for key in ("first-key", "second-key"))
    store.save(an_outcome(new=(one, two), files={"d1": NOTICE, "d2": SCAN}), NOW)
    assert store.file_text("d2") is None
    changed = an_article("first-key", attachments=(file("a.pdf", other),))
    store.save(an_outcome(changed=(changed,), files={"d3": other}), NOW)
    assert (found(store, "防霉处理"), found(store, "停止销售")) == (["second-key"], ["first-key"])
    assert store.file_text("d1") == NOTICE
    store.remove("second-key", "test", NOW)
    assert store.file_text("d1") is None
