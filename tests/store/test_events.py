"""Events in the store, and what of them is told, on both databases."""

from datetime import timedelta

from aggregator.model import Occurrence, PollState
from aggregator.store import Store
from aggregator.store.history.outbox import Tell
from tests.support.database import NOW, an_article, an_outcome

HOUR = timedelta(hours=1)
BROKEN = Occurrence("source", "one", "source-broken", "no answer", NOW - HOUR)
GATED = Occurrence("source", "one", "source-gated", "a captcha")
CALM = Occurrence("source", "one")


def tell(store: Store) -> list[tuple[str, str]]:
    """Put all that happened into the outbox of one receiver; return ids and kinds of what is due then."""
    while changes := store.unmatched(2):
        store.put_out([Tell("desk", one, ["rule"], NOW) for one in changes], changes[-1].number, NOW)
    due = store.due("desk", NOW + HOUR, 10)
    store.mark_told([one.number for one in due], NOW)
    return [(one.id, one.kind) for one in due]


def test_each_state_is_told_once_among_articles(store: Store) -> None:
    """Articles and events are told in the order in which they happened, and no state of one twice."""
    store.save(an_outcome(new=(an_article("first-key"),), news=frozenset({"first-key"})), NOW)
    store.note_event(BROKEN, NOW)
    store.save(an_outcome(new=(an_article("second-key"),), news=frozenset({"second-key"})), NOW)
    [event] = store.events()
    assert tell(store) == [("first-key", "new"), (event.id, "source-broken"), ("second-key", "new")]
    for one in (BROKEN, GATED, GATED):
        store.note_event(one, NOW + HOUR)
    assert tell(store) == [(event.id, "source-gated")]
    store.note_event(BROKEN, NOW + HOUR)
    assert tell(store) == []
    assert [found.kind for found in store.events()] == ["source-broken"]
    store.note_event(CALM, NOW + HOUR)
    store.advance_events(NOW + HOUR + timedelta(minutes=59))
    assert tell(store) == []
    store.advance_events(NOW + 2 * HOUR)
    assert tell(store) == [(event.id, "source-back")]
    assert store.find_events([event.id, "first-key"])[event.id].ended == NOW + 2 * HOUR


def test_events_follow_their_source(store: Store) -> None:
    """They have its new name, end when it leaves, and are long when they have lasted for a day."""
    store.sync_sources(["one", "two"], NOW)
    store.note_event(BROKEN, NOW)
    assert store.rename_source("one", "three")
    store.advance_events(NOW + 22 * HOUR)
    assert store.long_trouble("three") is None
    store.advance_events(NOW + 23 * HOUR)
    long = store.long_trouble("three")
    assert long is not None
    assert (long.lasted, long.since) == (NOW + 23 * HOUR, NOW - HOUR)
    store.sync_sources(["two"], NOW + 24 * HOUR)
    [event] = store.events()
    assert (event.kind, event.ended) == ("source-broken", NOW + 24 * HOUR)


def test_a_source_that_is_forgotten_leaves_no_event(store: Store) -> None:
    """Nor what was told of it; those of others stay."""
    store.note_event(BROKEN, NOW)
    store.note_event(Occurrence("receiver", "one", "receiver-dead"), NOW)
    assert len(tell(store)) == 2
    store.sync_sources(["two"], NOW)
    store.forget_source("one", lambda topic: f"site/source/{topic.name}", NOW)
    assert [event.about for event in store.events()] == ["receiver"]
    assert store.standings()["desk"].told == 1


def test_what_fails_again_is_not_back(store: Store) -> None:
    """A source that failed since, though only once, is back when it does not."""
    store.sync_sources(["one"], NOW)
    store.note_event(BROKEN, NOW)
    store.note_event(CALM, NOW)
    store.save(an_outcome(state=PollState("one", NOW, status="failed", failures=1)), NOW)
    store.advance_events(NOW + 5 * HOUR)
    assert store.events()[0].ended is None
    store.save(an_outcome(state=PollState("one", NOW)), NOW)
    store.advance_events(NOW + 5 * HOUR)
    assert store.events()[0].ended == NOW + 5 * HOUR


def test_what_nobody_sends_any_more_comes_again(store: Store) -> None:
    """At once, where it is known that who began it has ended; and then it is in doubt."""
    store.save(an_outcome(new=(an_article("key"),), news=frozenset({"key"})), NOW)
    [change] = store.unmatched(9)
    store.put_out([Tell("desk", change, ["rule"], NOW)], change.number, NOW)
    message = store.due("desk", NOW, 9)
    assert store.begin(message, NOW)
    assert store.due("desk", NOW, 9) == []
    store.give_up(NOW)
    [again] = store.due("desk", NOW, 9)
    assert again.was_tried
    assert store.begin([again], NOW)
    store.mark_told([again.number], NOW)
    store.give_up(NOW)
    assert store.due("desk", NOW, 9) == []
