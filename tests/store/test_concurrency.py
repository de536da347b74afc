import sqlite3
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest

from aggregator.errors import StoreError
from aggregator.model import Label, PollResult
from aggregator.store import Store
from aggregator.store.excerpt import Excerpt
from tests.support.database import NOW, an_article, an_outcome, file_all

LEASE = timedelta(minutes=5)
KEYS = [f"key-{number:05}" for number in range(60)]


def save_shared(store: Store, source: str) -> None:
    """Save the same articles as every other source, in an order of its own, in four polls."""
    keys = sorted(KEYS, key=lambda key: hash((source[-1], key)))
    for part in range(0, len(keys), 15):
        labels = (Label(f"of {source}"), Label("shared"))
        articles = [an_article(key, source=source, labels=labels) for key in keys[part : part + 15]]
        store.save(an_outcome(source, new=tuple(articles)), NOW)
        file_all(store)


def test_results_of_several_polls_are_one_commit(store: Store) -> None:
    """All of it is there, or, where one of them is refused, nothing."""
    first = an_outcome("one", new=(an_article("first-key", source="one"),))
    second = an_outcome("two", new=(an_article("other-key", source="two"),))
    broken = an_outcome("two", aliases=(("alias-key", "nothing"),))
    with pytest.raises(StoreError, match="of what is no article"):
        store.save_results([PollResult(first, NOW), PollResult(broken, NOW)], None)
    assert store.article_count() == 0
    store.save_results([PollResult(first, NOW), PollResult(second, NOW)], None)
    assert [kept.article.key for kept in store.every()] == ["first-key", "other-key"]
    assert store.article_count() == 2


def test_a_snapshot_is_of_one_state(store: Store) -> None:
    """What is written meanwhile is seen behind its end, and by other threads at once."""
    part = Excerpt(store, ["anything"])
    for reader in (store, part):
        held = store.article_count()
        with ThreadPoolExecutor(1) as other, reader.snapshot():
            assert len(list(store.every())) == held
            store.save(an_outcome("one", new=(an_article(f"key-of-{held}"),)), NOW)
            assert len(list(store.every())) == held
            assert other.submit(store.article_count).result() == held + 1
        assert store.article_count() == held + 1


def save_in_process(database_url: str, source: str) -> None:
    """Open the store in this process and save to it."""
    with Store.open(database_url) as store:
        save_shared(store, source)


def claim_all(store: Store, owner: str) -> list[str]:
    """Claim what is due, three at a time, until nothing is left."""
    claimed: list[str] = []
    while states := store.claim_due(NOW, 3, owner, LEASE):
        claimed += [state.name for state in states]
    return claimed


def check_shared(store: Store, sources: list[str]) -> None:
    """Every article is there once, filed by each source, and the counts are right."""
    assert sorted(kept.id for kept in store.every()) == KEYS
    assert store.article_count() == len(KEYS)
    expected = {("shared", len(KEYS)), *((f"of {source}", len(KEYS)) for source in sources)}
    states = [state for state in store.topics() if state.topic.kind == "category"]
    assert {(state.topic.label, state.articles) for state in states} == expected
    assert {len(kept.filings) for kept in store.every()} == {len(sources) + 1}
    assert {source.articles for source in store.overview()} == {len(KEYS)}
    sequences = [kept.sequence for kept in store.every()]
    assert sequences == sorted(set(sequences))


def test_threads_save_into_one_namespace(database_url: str) -> None:
    """Four threads that bring the same articles in other orders lose none and double none."""
    sources = [f"source-{number}" for number in range(4)]
    with Store.open(database_url) as store:
        store.sync_sources(sources, NOW)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda source: save_shared(store, source), sources))
        check_shared(store, sources)


@pytest.mark.slow
def test_processes_save_into_one_namespace(database_url: str) -> None:
    """Processes are kept apart by the database alone."""
    sources = ["source-0", "source-1"]
    with Store.open(database_url) as store:
        store.sync_sources(sources, NOW)
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            list(pool.map(save_in_process, [database_url] * 2, sources))
        check_shared(store, sources)


def test_a_new_database_can_be_opened_by_several_at_once(database_url: str) -> None:
    """Whoever comes first makes the tables, the others find them."""
    with ThreadPoolExecutor(6) as pool:
        stores = list(pool.map(Store.open, [database_url] * 6))
    for store in stores:
        assert store.article_count() == 0
        store.close()


def test_a_source_is_claimed_by_one_only(database_url: str) -> None:
    """However many ask at once, each source that is due is leased once."""
    names = [f"source-{number:02}" for number in range(40)]
    with Store.open(database_url) as store:
        store.sync_sources(names, NOW)
        with ThreadPoolExecutor(5) as pool:
            claimed = list(pool.map(lambda owner: claim_all(store, owner), "abcde"))
        assert sorted(name for part in claimed for name in part) == names


def test_syncing_claiming_and_saving_do_not_block_each_other(database_url: str) -> None:
    """Writers of many rows queue up: PostgreSQL finds no deadlock between them."""
    names = [f"source-{number:02}" for number in range(20)]

    def sync(store: Store) -> None:
        for turn in range(10):
            store.sync_sources(names[turn % 2 :], NOW)

    def lease(store: Store) -> None:
        for _ in range(10):
            claim_all(store, "me")
            store.release_owners(["me"])

    def save(store: Store) -> None:
        for name in reversed(names[2:]):
            store.save(an_outcome(name, new=(an_article(f"key-{name}", source=name),)), NOW)

    with Store.open(database_url) as store:
        store.sync_sources(names, NOW)
        with ThreadPoolExecutor(5) as pool:
            for done in [pool.submit(work, store) for work in (sync, lease, save, sync, lease)]:
                done.result()
        assert store.article_count() == 18


def test_readers_do_not_wait_for_a_writer_of_sqlite(tmp_path: Path) -> None:
    """With the write lock held by another process, everything can still be read and opened."""
    url = f"sqlite:///{tmp_path}/aggregator.db"
    with Store.open(url) as store:
        store.sync_sources(["one"], NOW)
        store.save(an_outcome(new=(an_article("first-key"),)), NOW)
        writer = sqlite3.connect(tmp_path / "aggregator.db", timeout=0)
        writer.execute("BEGIN IMMEDIATE")
        with Store.open(url) as second:
            assert second.article_count() == 1
        store.sync_sources(["one"], NOW)
        assert [kept.id for kept in store.find_all(["first-key"])] == ["first-key"]
        assert [one.id for one in store.waiting(0, 5, unfiled=True)] == ["first-key"]
        assert store.known("one", "shared", ["first-key"])
        assert len(store.overview()) == 1
        writer.rollback()
        writer.close()


def test_a_writer_of_sqlite_waits_for_another_before_it_reads(tmp_path: Path) -> None:
    """A save that began while another process wrote sees what that one wrote, and succeeds."""
    with Store.open(f"sqlite:///{tmp_path}/aggregator.db") as store:
        store.sync_sources(["one"], NOW)
        writer = sqlite3.connect(tmp_path / "aggregator.db")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE totals SET sequence = 100")
        with ThreadPoolExecutor(1) as pool:
            saved = pool.submit(store.save, an_outcome(new=(an_article("first-key"),)), NOW)
            wait([saved], timeout=0.5)
            writer.commit()
            saved.result()
        writer.close()
        assert [kept.sequence for kept in store.every()] == [101]


def test_a_reader_in_the_middle_keeps_no_writer_waiting(store: Store) -> None:
    """Between two pages no transaction is open, and what is written meanwhile is read."""
    store.save(an_outcome(new=(an_article("first-key"), an_article("second-key"))), NOW)
    articles = store.every(1)
    assert next(articles).id == "first-key"
    store.save(an_outcome(new=(an_article("third-key"),)), NOW)
    assert [kept.id for kept in articles] == ["second-key", "third-key"]
