"""The order of all that happens to articles, as somebody follows it."""

import multiprocessing
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

import pytest

from aggregator.model import Label, Logged, Seen, Sighting, Standing
from aggregator.store import Search, Store
from aggregator.text.query import ANYTHING
from tests.support.database import NOW, an_article, an_outcome

LATER = NOW + timedelta(hours=1)
SOURCES = [f"source-{number}" for number in range(3)]


def stand(store: Store, article_id: str, standing: tuple[object, object], source: str = "one") -> None:
    """Let an article be missing and withdrawn since then."""
    number = store.find_all([article_id])[0].number
    seen = Seen(standings=[Standing(number, *standing)])  # type: ignore[arg-type]
    store.save(an_outcome(source, seen=seen), LATER, confirmed=True)


def test_all_that_happens_is_told_once_in_its_order(store: Store) -> None:
    """Also what is no change for rules and feeds: other words without a change, another category."""
    store.save(an_outcome(new=(an_article("first-key"), an_article("second-key"))), NOW)
    store.save(an_outcome(changed=(an_article("first-key", title="改"),)), LATER)
    stand(store, "second-key", (LATER, None))
    stand(store, "second-key", (LATER, LATER))
    stand(store, "second-key", (None, None))
    renewed = an_article("first-key", title="改", content="<p>另一种读法</p>")
    store.save(an_outcome(changed=(renewed,), overwriting=frozenset({"first-key"})), LATER)
    elsewhere = Sighting("first-key", "said", (Label("人事"),))
    store.save(an_outcome("two", sightings=(elsewhere,)), LATER)
    told = [(one.kind, one.id, one.version, one.at) for one in store.log(0, 100)]
    assert told == [
        ("arrived", "first-key", 1, NOW),
        ("arrived", "second-key", 1, NOW),
        ("changed", "first-key", 2, LATER),
        ("missing", "second-key", 2, LATER),
        ("withdrawn", "second-key", 3, LATER),
        ("back", "second-key", 4, LATER),
        ("renewed", "first-key", 3, LATER),
        ("filed", "first-key", 4, LATER),
    ]
    assert [one.kind for one in store.changes()] == ["changed", "missing", "withdrawn", "back"]
    assert {one.kind for one in store.unmatched(100)} <= {"new", "changed", "missing", "withdrawn", "back"}


def test_what_is_removed_is_told_whatever_the_reason(store: Store) -> None:
    """By hand, because it is kept no longer, or because its source left the configuration."""
    store.save(an_outcome(new=tuple(an_article(f"{name}-article") for name in "abcd")), NOW)
    last = store.position().sequence
    store.remove("A-ARTICLE", "", LATER)
    store.expire("one", None, 2, "too many", LATER, 10)
    store.forget_articles("one", LATER, 1)
    told = store.log(last, 100)
    assert [(one.kind, one.id, one.source) for one in told] == [
        ("removed", "a-article", "one"),
        ("removed", "b-article", "one"),
        ("removed", "c-article", "one"),
    ]
    assert [one.id for one in store.log(0, 1)] == ["d-article"]
    assert store.log(store.number_before(NOW), 1) == store.log(0, 1)
    assert store.log(store.number_before(LATER), 100) == told
    assert store.number_before(LATER + timedelta(days=1)) == store.position().sequence


def test_a_restored_store_has_another_lineage(store: Store) -> None:
    """Its numbers will be given out again."""
    before = store.position()
    assert len(before.lineage) == 16
    store.begin_anew(LATER)
    assert store.position().lineage not in ("", before.lineage)


def test_articles_in_the_order_in_which_they_came_or_changed(store: Store) -> None:
    """In pages, of which each goes on behind the last; so do pages of the newest first."""
    times = [NOW + timedelta(hours=hours) for hours in (3, 1, 1, 2)]
    new = tuple(
        an_article(f"{name}-article", published=when) for name, when in zip("abcd", times, strict=True)
    )
    store.save(an_outcome(new=new), NOW)
    store.save(an_outcome(changed=(an_article("a-article", title="改", published=times[0]),)), LATER)
    found, after = [], 0
    while some := store.search(Search(ANYTHING, order="changed", after=after, limit=3)):
        found.append([one.id[0] for one in some])
        after = some[-1].sequence
    assert found == [["b", "c", "d"], ["a"]]
    assert paged(store, 3) == ["a", "d", "c", "b"]
    assert paged(store, 1) == ["a", "d", "c", "b"]


def paged(store: Store, limit: int) -> list[str]:
    """The newest first, so many at a time."""
    found: list[str] = []
    place = None
    while some := store.search(Search(ANYTHING, after=place, limit=limit)):
        found += [one.id[0] for one in some]
        place = some[-1].article.published, some[-1].number
    return found


def write(store: Store, source: str, turns: int) -> None:
    """Let a source's articles arrive, change, be withdrawn, come back and be removed, a commit each."""
    random = Random(source)  # noqa: S311
    for turn in range(turns):
        key = f"{source}-{turn:04}"
        store.save(an_outcome(source, new=(an_article(key, source=source),)), NOW)
        other = f"{source}-{random.randrange(turn + 1):04}"
        if turn % 3 == 1:
            changed = an_article(other, source=source, title=f"标题 {turn}")
            store.save(an_outcome(source, changed=(changed,)), NOW)
        if turn % 3 == 2 and (kept := store.find(other)):
            since = None if kept.withdrawn else LATER
            stand(store, other, (since, since), source)
        if turn % 7 == 6 and store.find(other):
            store.remove(other, "", NOW)


def write_in_process(database_url: str, source: str) -> None:
    """Open the store in this process, and write until somebody ends it."""
    with Store.open(database_url) as store:
        write(store, source, 100_000)


class Follower:
    """Reads the log from where it stopped, again and again."""

    def __init__(self) -> None:
        self.seen: list[Logged] = []

    def read(self, store: Store, limit: int) -> None:
        """Read up to the end as it is now."""
        while some := store.log(self.seen[-1].number if self.seen else 0, limit):
            self.seen += some

    def check(self, store: Store) -> None:
        """All that the store tells now was told, and nothing twice; what was removed is told as removed."""
        self.read(store, 100)
        numbers = [one.number for one in self.seen]
        assert numbers == sorted(set(numbers))
        told = store.log(0, 1_000_000)
        assert {(one.number, one.kind, one.id) for one in self.seen} >= {
            (one.number, one.kind, one.id) for one in told
        }
        arrived = {one.id for one in self.seen if one.kind == "arrived"}
        removed = {one.id for one in self.seen if one.kind == "removed"}
        assert arrived - removed == {kept.id for kept in store.every()}


def test_a_follower_misses_nothing_of_what_is_written_at_once(database_url: str) -> None:
    """A commit that comes late has no lower number than one that was seen."""
    with Store.open(database_url) as store, ThreadPoolExecutor(3) as pool:
        store.sync_sources(SOURCES, NOW)
        writing = [pool.submit(write, store, source, 16) for source in SOURCES]
        follower = Follower()
        while not all(one.done() for one in writing):
            follower.read(store, 3)
        for one in writing:
            one.result()
        follower.check(store)
        assert {one.kind for one in follower.seen} >= {"arrived", "changed", "withdrawn", "removed"}


@pytest.mark.slow
def test_a_follower_misses_nothing_of_writers_that_are_killed(database_url: str) -> None:
    """Fifteen times, in the middle of whatever they do, and the follower begins anew from its last number."""
    random, context = Random(20), multiprocessing.get_context("forkserver")  # noqa: S311
    context.set_forkserver_preload([__name__])
    follower = Follower()
    with Store.open(database_url) as store:
        store.sync_sources([f"{source}-{turn}" for source in SOURCES for turn in range(5)], NOW)
    for turn in range(5):
        writers = [
            context.Process(target=write_in_process, args=(database_url, f"{source}-{turn}"))
            for source in SOURCES
        ]
        for writer in writers:
            writer.start()
        with Store.open(database_url) as store:
            wanted = len(follower.seen) + random.randrange(30, 90)
            while len(follower.seen) < wanted:
                follower.read(store, random.randrange(1, 9))
            for writer in writers:
                assert writer.pid
                os.kill(writer.pid, signal.SIGKILL)
                follower.read(store, 2)
        for writer in writers:
            writer.join()
    with Store.open(database_url) as store:
        follower.check(store)
        assert {one.kind for one in follower.seen} >= {"arrived", "changed", "withdrawn", "back", "removed"}
