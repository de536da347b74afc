from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from aggregator.errors import LeaseLostError, StoreError
from aggregator.model import (
    Attachment,
    Backfill,
    Baseline,
    Entry,
    Owed,
    OwedReason,
    PollResult,
    PollState,
    Request,
)
from aggregator.store import Store
from tests.support.database import NOW, an_article, an_outcome

SECOND = timedelta(seconds=1)
LEASE = timedelta(minutes=5)

STATE = PollState(
    name="one",
    due=NOW + timedelta(microseconds=1),
    fingerprint="f",
    etag='W/"1"',
    last_modified="Thu, 05 Mar 2026 02:20:30 GMT",
    body_digest="b",
    polled=NOW,
    succeeded=NOW - SECOND,
    status="failed",
    failures=3,
    error="no answer",
    wait_until=NOW + LEASE,
)


def names(states: list[PollState]) -> list[str]:
    """The names of claimed sources."""
    return [state.name for state in states]


def written(store: Store, *outcomes: object) -> list[tuple[str, int]]:
    """Save outcomes and return the first words and the rows of each statement that writes or locks."""
    statements: list[tuple[str, int]] = []

    def note(_connection: Connection, cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("SELECT", "BEGIN")) or "FOR UPDATE" in statement:
            statements.append((" ".join(statement.split()[:2]), cursor.rowcount))  # type: ignore[attr-defined]

    event.listen(Engine, "after_cursor_execute", note)
    try:
        for outcome in outcomes:
            store.save(outcome, NOW)  # type: ignore[arg-type]
    finally:
        event.remove(Engine, "after_cursor_execute", note)
    return statements


def test_new_sources_are_due_at_once_and_removed_ones_return_as_they_were(store: Store) -> None:
    """A source that leaves the configuration is kept, unseen, until it comes back."""
    store.save(an_outcome(state=STATE), NOW)
    store.sync_sources(["two", "three"], NOW + SECOND)
    assert [source.state.name for source in store.overview()] == ["three", "two"]
    assert store.state("three") == PollState("three", due=NOW + SECOND)
    assert store.claim(["one"], NOW, "me", LEASE) == []
    assert "one" not in names(store.claim_due(NOW + LEASE, 10, "me", LEASE))
    store.sync_sources(["one"], NOW + SECOND)
    assert store.state("one") == STATE


def test_a_state_comes_back_as_it_was_saved(store: Store) -> None:
    """Every field of a state is kept, microseconds too."""
    store.save(an_outcome(state=STATE), NOW)
    assert store.state("one") == STATE


def test_an_unknown_source_is_an_error(store: Store) -> None:
    """Neither is there a state to read, nor may one be saved."""
    with pytest.raises(StoreError, match="no source 'nobody'"):
        store.state("nobody")
    with pytest.raises(StoreError, match="no source 'nobody'"):
        store.save(an_outcome("nobody", new=(an_article("first-key"),)), NOW)
    assert store.article_count() == 0


def test_a_poll_that_found_nothing_writes_one_row(store: Store) -> None:
    """An unchanged source costs its own row and waits for no other writer."""
    assert written(store, an_outcome()) == [("UPDATE sources", 1)]


def test_sources_that_are_the_same_are_not_written(store: Store) -> None:
    """Syncing the same names again leaves even a due time alone."""
    store.sync_sources(["two", "one"], NOW + LEASE)


def test_the_longest_due_are_claimed_first_and_only_once(store: Store) -> None:
    """A claim takes what is due and free, up to its limit, the oldest due in front."""
    store.sync_sources(["one", "two", "three", "four"], NOW)
    for name, due in {"one": 3, "two": 1, "three": 2, "four": 9}.items():
        store.save(an_outcome(name, state=PollState(name, due=NOW + due * SECOND)), NOW)
    now = NOW + 5 * SECOND
    assert names(store.claim_due(now, 2, "me", LEASE)) == ["two", "three"]
    assert names(store.claim_due(now, 2, "you", LEASE)) == ["one"]
    assert names(store.claim_due(now, 2, "you", LEASE)) == []
    assert store.lease_owners() == {"me", "you"}


def test_a_lease_ends_with_its_time(store: Store) -> None:
    """What a dead process had claimed is due again after its lease."""
    assert store.claim(["one"], NOW, "me", LEASE)
    assert not store.claim(["one"], NOW + LEASE - SECOND, "you", LEASE)
    assert store.claim(["one"], NOW + LEASE, "you", LEASE)


def test_one_source_can_be_claimed_before_it_is_due(store: Store) -> None:
    """A claim by name asks for no due time, but respects leases."""
    store.save(an_outcome(state=PollState("one", due=NOW + LEASE)), NOW)
    assert store.claim(["one"], NOW, "me", LEASE)
    assert not store.claim(["one"], NOW, "you", LEASE)
    assert not store.claim(["nobody"], NOW, "me", LEASE)


def test_several_are_claimed_and_saved_at_once(store: Store) -> None:
    """Those that another holds are left out; states are saved all or none, and each lease ends."""
    store.sync_sources(["one", "two", "three"], NOW)
    store.claim(["two"], NOW, "you", LEASE)
    claimed = store.claim(["three", "two", "one", "nobody"], NOW, "me", LEASE)
    assert sorted(names(claimed)) == ["one", "three"]
    states = [(replace(state, etag=state.name, due=NOW + LEASE), state) for state in claimed]
    with pytest.raises(StoreError):
        store.save_states([*states, (PollState("nobody", NOW), None)], "me")
    assert store.lease_owners() == {"me", "you"}
    store.save_states(states, "me")
    assert store.lease_owners() == {"you"}
    overview = {item.state.name: item.state for item in store.overview()}
    assert [overview[name].etag for name in ("one", "two", "three")] == ["one", "", "three"]
    assert overview["three"].due == NOW + LEASE


def test_what_several_owe(store: Store) -> None:
    """Each its own, in the order of their times; nothing of a source that nobody asked for."""
    store.sync_sources(["one", "two", "three"], NOW)
    for name in ("one", "two", "three"):
        debts = tuple(Owed(f"{name} {hour}", "budget", "", NOW + hour * LEASE, 1, None) for hour in (2, 1))
        store.save(an_outcome(name, owed=debts), NOW)
    owed = store.owed_by(["two", "three", "nobody"])
    assert {name: [debt.key for debt in debts] for name, debts in owed.items()} == {
        "two": ["two 1", "two 2"],
        "three": ["three 1", "three 2"],
        "nobody": [],
    }


def test_a_released_source_is_due_as_before(store: Store) -> None:
    """Only the owner can give a lease up, and the state stays what it was."""
    store.claim(["one"], NOW, "me", LEASE)
    store.release("one", "you")
    assert store.lease_owners() == {"me"}
    store.release("one", "me")
    assert names(store.claim_due(NOW, 1, "you", LEASE)) == ["one"]


def test_leases_of_dead_owners_are_cleared_together(store: Store) -> None:
    """Every lease of the named owners ends, no other one."""
    store.claim(["one"], NOW, "dead", LEASE)
    store.claim(["two"], NOW, "living", LEASE)
    store.release_owners({"dead", "also dead"})
    assert store.lease_owners() == {"living"}


def test_saving_ends_the_lease_unless_it_is_anothers_by_now(store: Store) -> None:
    """A poll that outlived its lease must not end the lease of the next one."""
    store.claim(["one"], NOW, "slow", LEASE)
    store.claim(["one"], NOW + LEASE, "next", LEASE)
    store.save(an_outcome(), NOW, "slow")
    assert store.lease_owners() == {"next"}
    store.save(an_outcome(), NOW, "next")
    assert store.lease_owners() == set()


def test_what_was_made_due_during_its_poll_stays_due(store: Store) -> None:
    """A reload is not lost; but a server that asks us to wait is left alone."""
    [claimed] = store.claim(["one"], NOW, "me", LEASE)
    later = replace(STATE, due=NOW + 60 * LEASE, wait_until=None)
    store.make_due(["one"], NOW + SECOND)
    store.save(an_outcome(state=later), NOW, "me", claimed=claimed)
    assert store.state("one") == replace(later, due=NOW + SECOND)
    store.save(an_outcome(state=replace(later, wait_until=NOW + LEASE)), NOW, "me", claimed=claimed)
    assert store.state("one").due == NOW + LEASE
    store.save(an_outcome(state=later), NOW, "me", claimed=replace(later, due=NOW + LEASE))
    assert store.state("one").due == later.due


def test_what_a_poll_left_as_it_was_is_not_written(store: Store) -> None:
    """A poll that outlived its lease takes back nothing of what another one found meanwhile."""
    [slow] = store.claim(["one"], NOW, "slow", LEASE)
    [quick] = store.claim(["one"], NOW + LEASE, "quick", LEASE)
    found = replace(quick, etag='"2"', baseline=Baseline(polls=7), due=NOW + 2 * LEASE)
    store.save(an_outcome(state=found), NOW, "quick", claimed=quick)
    late = replace(slow, polled=NOW, status="ok")
    store.save(an_outcome(state=late), NOW, "slow", claimed=slow)
    assert store.state("one") == replace(found, polled=NOW, status="ok")


def test_debts_are_kept_whole_until_they_are_settled(store: Store) -> None:
    """An owed entry comes back as it was, lists, tuples, None and all."""
    entry = Entry(
        key="k",
        title="标题",
        content=None,
        attachments=(Attachment("https://news.example/a.pdf", "A", "application/pdf", 7), Attachment("b")),
        fields={"medianame": ["甲", "乙"], "code": "7"},
        rules={"title": "item > title"},
        notes=("broken characters",),
    )
    later = Owed("later", "budget", "", NOW + SECOND)
    whole = Owed("whole", "failed", "503", NOW, attempts=2, entry=entry)
    store.save(an_outcome(owed=(later, whole)), NOW)
    assert store.owed("one") == [whole, later]
    assert store.owed("two") == []
    again = Owed("whole", "incomplete", "no title", NOW + 2 * SECOND, attempts=3)
    store.save(an_outcome(owed=(again,), settled=("later", "unknown")), NOW)
    assert store.owed("one") == [again]


def test_a_key_that_is_settled_and_owed_again_is_owed(store: Store) -> None:
    """A debt is never lost to the order of writing."""
    debt = Owed("key", "failed", "503", NOW)
    store.save(an_outcome(owed=(debt,), settled=("key",)), NOW)
    assert store.owed("one") == [debt]


def test_what_no_database_can_store_is_made_safe(store: Store) -> None:
    """NUL and lone surrogates become U+FFFD, and such a key is found and settled as it was said."""
    key = "a\0b\ud800"
    state = PollState("one", due=NOW, error="bad \ud83d byte \0")
    debt = Owed(key, "failed", "\0", NOW, entry=Entry(key, title="\ud800"))
    store.save(an_outcome(state=state, owed=(debt,), new=(an_article(key, title="x\0"),)), NOW)
    assert store.state("one").error == "bad \ufffd byte \ufffd"
    assert [(owed.key, owed.message) for owed in store.owed("one")] == [("a\ufffdb\ufffd", "\ufffd")]
    assert store.known("one", "shared", [key])[key].entry_digest == "said"
    assert [kept.article.title for kept in store.every()] == ["x\ufffd"]
    store.save(an_outcome(settled=(key,)), NOW)
    assert store.owed("one") == []


def test_keys_may_be_longer_than_an_index_takes(store: Store) -> None:
    """An address of 20,000 characters that does not compress is a key like any other."""
    key = "https://news.example/?" + "".join(chr(0x4E00 + i * i % 20000) for i in range(20_000))
    store.save(an_outcome(new=(an_article(key),), owed=(Owed(key, "failed", "", NOW),)), NOW)
    assert store.known("one", "shared", [key])[key].key == key
    assert store.owed("one")[0].key == key


def test_what_rules_leave_out_is_no_debt_in_the_overview(store: Store) -> None:
    """Filtered entries are counted there, and given to the poll with all others, whatever their reason."""
    reasons: list[OwedReason] = [
        "filtered",
        "gated",
        "cut-off",
        "wrong-type",
        "too-large",
        "no-body",
        "filtered",
    ]
    debts = [Owed(f"key-{number}", reason, "", NOW) for number, reason in enumerate(reasons)]
    store.save(an_outcome(owed=tuple(debts), state=PollState("one", due=NOW, status="gated")), NOW)
    one, two = store.overview()
    assert (one.state.status, one.filtered, two.filtered) == ("gated", 2, 0)
    assert one.owed == tuple(debts[1:-1])
    assert store.owed("one") == debts


BACKFILL = Backfill(
    "one", "f", 7, Request("https://news.example/list?page=7", method="POST", body='{"页":7}'), 6, 120
)


def test_a_backfill_goes_on_where_it_got_to(store: Store) -> None:
    """Its progress is one with the articles of its page, and ends when told."""
    assert store.backfill("one") is None
    store.save(an_outcome(), NOW, backfill=replace(BACKFILL, number=1, pages=0, articles=0))
    store.save(an_outcome(new=(an_article("first-key"),)), NOW, backfill=BACKFILL)
    assert store.backfill("one") == BACKFILL
    assert store.backfill("two") is None
    lost = an_outcome(aliases=(("b", "nothing"),))
    with pytest.raises(StoreError, match="'nothing'"):
        store.save(lost, NOW, backfill=replace(BACKFILL, number=8))
    assert store.backfill("one") == BACKFILL
    store.save(an_outcome(state=STATE), NOW, backfill=replace(BACKFILL, number=8))
    assert store.backfill("one") == replace(BACKFILL, number=8)
    assert store.state("one") == STATE
    store.save(an_outcome(), NOW)
    assert store.backfill("one") == replace(BACKFILL, number=8)
    store.end_backfill("one")
    store.end_backfill("two")
    assert store.backfill("one") is None
    with pytest.raises(StoreError, match="cannot be written to"):
        store.save(an_outcome(), NOW, backfill=replace(BACKFILL, source="nobody"))


def test_the_overview_tells_how_each_source_does(store: Store) -> None:
    """It has states, articles shown, leases, and debts without their entries."""
    debt = Owed("key", "failed", "503", NOW, entry=Entry("key"))
    store.save(an_outcome(state=STATE, new=(an_article("first-key"), an_article("second-key"))), NOW)
    store.save(an_outcome("two", new=(an_article("first-key", source="two"),), owed=(debt,)), NOW)
    store.claim(["two"], NOW, "me", LEASE)
    one, two = store.overview()
    assert (one.state, one.articles, one.leased, one.owed) == (STATE, 2, False, ())
    assert (two.state.name, two.articles, two.leased) == ("two", 1, True)
    assert two.owed == (Owed("key", "failed", "503", NOW),)


def test_a_paused_source_is_not_claimed(store: Store) -> None:
    """Neither for its list nor for looks at its articles; a poll that was under way does not end the pause."""
    later = NOW + LEASE
    store.save(an_outcome(state=replace(STATE, wait_until=None, revisit_at=NOW)), NOW)
    [claimed] = store.claim(["one"], NOW, "me", LEASE)
    assert store.pause(["one", "nobody"], NOW) == ["one"]
    assert store.pause(["one"], later) == []
    store.save_states([(replace(claimed, due=NOW, failures=4), claimed)], "me")
    assert names(store.claim_due(later, 9, "me", LEASE)) == ["two"]
    assert store.state("one") == replace(claimed, due=NOW, failures=4, paused=NOW)
    assert names(store.claim(["one"], later, "me", LEASE)) == ["one"]
    store.release("one", "me")
    assert store.resume(["one", "two"]) == ["one"]
    assert names(store.claim_due(later, 9, "me", LEASE)) == ["one"]


def test_a_poll_that_has_to_hold_its_lease_is_not_saved_without_it(store: Store) -> None:
    """Not when another has it, nor when nobody has; its commit leaves nothing, and that of others is whole."""
    [slow] = store.claim(["one"], NOW, "slow", LEASE)
    [two] = store.claim(["two"], NOW, "slow", LEASE)
    store.claim(["one"], NOW + LEASE, "next", LEASE)
    late = [PollResult(an_outcome(new=[an_article("a")]), NOW, None, slow, None)]
    with pytest.raises(LeaseLostError, match="given 'one' meanwhile"):
        store.save_results(late, "slow", held=True)
    with pytest.raises(LeaseLostError):
        store.save_states([(slow, slow), (two, two)], "slow", held=True)
    store.release("one", "next")
    with pytest.raises(LeaseLostError):
        store.save_states([(slow, slow)], "slow", held=True)
    assert store.find("a") is None
    store.save_states([(two, two)], "slow", held=True)
    assert store.lease_owners() == set()
