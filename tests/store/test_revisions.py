"""Earlier states of articles: how they are kept, how many, and what they cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from aggregator.model import Article, Attachment, Revision
from aggregator.store import Store
from tests.support.database import NOW, an_article, an_outcome

HOUR = timedelta(hours=1)


def change(store: Store, state: Article, when: datetime, *, overwriting: bool = False) -> None:
    """Save a state that takes the place of the one before."""
    keys = frozenset({state.key} if overwriting else ())
    store.save(an_outcome(changed=(state,), overwriting=keys), when, confirmed=True)


def stored_bytes(store: Store) -> int:
    """How many bytes the revisions take."""
    with store._read() as connection:  # only SQL tells what a row costs
        size = connection.scalar(text("SELECT sum(length(difference) + length(state)) FROM revisions"))
    return int(size or 0)


def test_a_revision_costs_its_difference(store: Store) -> None:
    """Sentences that stay are not stored again, in texts of 5 MB neither; every state comes back whole."""
    lines = [f"<p>第{number}条 {hash((number, 'x')):x} 规定。</p>" for number in range(120_000)]
    first = an_article("first-key", content="".join(lines), attachments=(Attachment("https://a.example/1"),))
    lines[7] = lines[90_000] = "<p>已修改。</p>"
    second = replace(first, content="".join(lines), title="改", attachments=())
    third = replace(second, content="".join(lines[:-1]))
    assert len(first.content.encode()) > 4_500_000
    store.save(an_outcome(new=(first,)), NOW)
    change(store, second, NOW + HOUR)
    change(store, third, NOW + 2 * HOUR)
    assert [one.article for one in store.revisions("first-key")] == [first, second]
    assert stored_bytes(store) < 3_000


def test_what_is_overwritten_leaves_the_earlier_states_readable(store: Store) -> None:
    """A state that is no change is not kept; those before it are compared with the one that is held now."""
    first = an_article("first-key", content="<p>一二三四五六七八九十</p>" * 50)
    second = replace(first, content=first.content + "<p>更正</p>")
    moved = replace(second, address="https://news.example/moved", content=second.content + "<p>页脚</p>")
    store.save(an_outcome(new=(first,)), NOW)
    change(store, second, NOW + HOUR)
    change(store, moved, NOW + 2 * HOUR, overwriting=True)
    kept = store.find("first-key")
    assert kept is not None
    assert (kept.version, kept.article, kept.changes, kept.changed) == (3, moved, 1, NOW + HOUR)
    assert store.revisions("first-key") == [Revision(1, NOW + HOUR, first)]
    assert [(one.kind, one.id, one.version) for one in store.changes()] == [("changed", "first-key", 2)]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("count", [150, pytest.param(1000, marks=pytest.mark.slow)])
def test_of_a_thousand_revisions_the_first_the_last_and_one_a_day_stay(store: Store, count: int) -> None:
    """They are the first, the last hundred, and the last one of each day before; each can be read."""
    states = [an_article("first-key", title=f"第{number}稿") for number in range(count + 1)]
    store.save(an_outcome(new=(states[0],)), NOW)
    for number, state in enumerate(states[1:]):
        change(store, state, NOW + number * HOUR)
    kept = store.revisions("first-key")
    assert all(one.article == states[one.version - 1] for one in kept)
    versions = [one.version for one in kept]
    assert versions[0] == 1
    assert versions[-100:] == list(range(count - 99, count + 1))
    days = {(NOW + number * HOUR).date() for number in range(count - 100)}
    assert len(versions) == 101 + len(days)
    found = store.find("first-key")
    assert found is not None
    assert (found.changes, found.changed) == (count, NOW + (count - 1) * HOUR)


def test_what_changed_is_listed_by_time_and_source(store: Store) -> None:
    """The last one is last; a poll that is saved twice is told once."""
    one, two = an_article("first-key"), an_article("second-key", source="two")
    store.save(an_outcome(new=(one,)), NOW)
    store.save(an_outcome("two", new=(two,)), NOW)
    for _ in range(2):
        change(store, replace(one, title="改"), NOW + HOUR)
    store.save(an_outcome("two", changed=(replace(two, title="也改"),)), NOW + 2 * HOUR)
    told = [(change.id, change.at, change.source, change.title) for change in store.changes()]
    assert told == [
        ("first-key", NOW + HOUR, "one", "改"),
        ("second-key", NOW + 2 * HOUR, "two", "也改"),
    ]
    assert [change.id for change in store.changes(since=NOW + 2 * HOUR)] == ["second-key"]
    assert [change.id for change in store.changes(source="one")] == ["first-key"]
    store.remove("first-key", "asked", NOW)
    assert [change.id for change in store.changes()] == ["second-key"]
