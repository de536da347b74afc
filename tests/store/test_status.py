"""How the sources do, as the status page asks for it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from aggregator.model import STOPPED, Owed, PollRecord, PollState
from aggregator.store import Store
from tests.support.database import NOW, an_article, an_outcome

DAY = timedelta(days=1)


def test_arrivals_are_counted_by_period(store: Store) -> None:
    """Each counts in the last period that had begun when it came; what came before the first is left out."""
    for days, key in ((40, "old"), (2, "a"), (2, "b"), (1, "c"), (0, "d")):
        store.save(an_outcome(new=(an_article(key),)), NOW - days * DAY)
    since = [NOW - 30 * DAY, NOW - 2 * DAY, NOW - DAY]
    assert store.arrivals(since) == {"one": (0, 2, 2)}
    assert store.arrivals(since, ["one", "two"]) == {"one": (0, 2, 2)}
    assert store.arrivals(since, ["two"]) == {}
    assert store.arrivals([NOW + DAY]) == {}


def test_states_come_with_what_is_owed(store: Store) -> None:
    """By reason, with the time of the first of each."""
    debts = (
        Owed("a", "budget", "", NOW + DAY),
        Owed("b", "budget", "", NOW),
        Owed("c", "failed", "no answer", NOW + 2 * DAY),
    )
    store.save(an_outcome(owed=debts), NOW)
    found = store.source_states(["one", "none"])
    assert list(found) == ["one"]
    assert found["one"].owed == {"budget": (2, NOW), "failed": (1, NOW + 2 * DAY)}
    assert found["one"].state == store.state("one")
    assert not found["one"].leased
    store.claim(["one"], NOW, "me", DAY)
    assert store.source_states(["one"])["one"].leased


def test_briefs_are_of_active_sources(store: Store) -> None:
    """What they say is what the states say."""
    store.save(an_outcome(state=replace(PollState("one", NOW), status="failed", failures=2)), NOW)
    store.sync_sources(["two", "one"], NOW)
    store.pause(["two"], NOW)
    first, second = store.briefs()
    assert (first.name, first.status, first.failures, first.paused) == ("one", "failed", 2, None)
    assert (second.name, second.status, second.paused) == ("two", "new", NOW)
    store.sync_sources(["two"], NOW)
    assert [one.name for one in store.briefs()] == ["two"]


def test_who_is_not_visited_has_no_time(store: Store) -> None:
    """Neither a paused source nor one that is gone for good is due, however they are asked about."""
    store.save(an_outcome(state=replace(PollState("one", STOPPED), status="gone", failures=3)), NOW)
    store.sync_sources(["one", "two", "three"], NOW)
    store.pause(["two"], NOW)
    assert {one.name: one.due for one in store.measure_sources()} == {"one": None, "two": None, "three": NOW}


@pytest.mark.parametrize("count", [1, 300])
def test_few_queries_however_many_sources(store: Store, count: int) -> None:
    """None is asked for each."""
    names = [f"s{number}" for number in range(count)]
    store.sync_sources(names, NOW)
    asked: list[str] = []

    def note(*said: object) -> None:
        asked.append(str(said[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        store.briefs()
        assert len(store.source_states(names)) == count
        store.arrivals([NOW], names)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert sum(one.startswith("SELECT") for one in asked) == 5


def test_records_are_kept_up_to_a_bound(store: Store) -> None:
    """On both databases alike: the last ones, whole, the newest in front; they go with their source."""
    for number in range(60):
        record = PollRecord(NOW + number * DAY, status="ok", error="x" * 290 + "\u2028\n。", new=number)
        store.save(an_outcome(record=record), NOW)
    found = store.records("one")
    assert [one.new for one in found] == list(range(59, 59 - len(found), -1))
    assert found[0] == record
    assert 10 < len(found) < 30
    assert store.records("two") == []
    store.rename_source("one", "two")
    assert (len(store.records("two")), store.records("one")) == (len(found), [])
    store.sync_sources([], NOW)
    store.forget_articles("two", NOW, 100)
    store.forget_source("two", lambda topic: topic.name, NOW)
    assert store.records("two") == []
