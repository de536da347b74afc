"""The rows of looks at articles, on both databases: what is due, what is counted, what is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from aggregator.model import MISSING, Entry, FileState, Listed, PollState, Seen, Standing, Urgency
from aggregator.store import Store
from tests.support.database import NOW, an_article, an_outcome

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def listed(key: str, due: timedelta = HOUR, **said: Any) -> Listed:
    """What a poll notes of an article."""
    usual: dict[str, Any] = {"due": NOW + due, "step": 0, "urgency": Urgency.YOUNG, "fingerprint": "f"}
    return Listed(entry=Entry(key, title="标题", address=f"/{key}"), **(usual | said))


def noted(store: Store, *keys: str) -> None:
    """Save new articles with their rows."""
    seen = Seen((HOUR,), {key: listed(key, number * HOUR) for number, key in enumerate(keys, 1)})
    store.save(an_outcome(new=tuple(map(an_article, keys)), seen=seen), NOW, confirmed=True)


def test_what_is_due_comes_in_order(store: Store) -> None:
    """Second looks first, then the young, then the old; each with what its list said."""
    noted(store, "entry-1", "entry-2", "entry-3")
    assert store.state("one").revisit_at == NOW + HOUR
    assert store.due_revisits("one", NOW, 9) == []
    first, second = store.due_revisits("one", NOW + 2 * HOUR, 9)
    assert [first.article.key, second.article.key] == ["entry-1", "entry-2"]
    assert first.revisit.entry == Entry("entry-1", title="标题", address="/entry-1")
    rows = [
        replace(first.revisit, urgency=Urgency.OLD),
        replace(second.revisit, urgency=Urgency.SECOND_LOOK, due=NOW + HOUR),
    ]
    files = {first.revisit.article: [FileState("/a.pdf?", digest="d")]}
    seen = Seen(revisits=rows, files=files, used={("source", "one"): 3, ("host", "h"): 2})
    store.save(an_outcome(seen=seen), NOW, confirmed=True)
    store.save(an_outcome(seen=Seen(used={("host", "h"): 5})), NOW, confirmed=True)
    assert [one.article.key for one in store.due_revisits("one", NOW + 5 * HOUR, 2)] == ["entry-2", "entry-3"]
    asked = [("source", "one"), ("host", "h"), ("host", "other")]
    assert store.requests_used(asked, NOW.date()) == dict(zip(asked, (3, 7, 0), strict=True))
    assert store.requests_used(asked, NOW.date() + DAY) == dict.fromkeys(asked, 0)
    assert store.listed_entries("one", ["entry-3", "none"]).keys() == {"entry-3"}
    assert store.revisit_steps() == {"one": {0: 3}}


def test_standings_are_told_and_count_as_versions(store: Store) -> None:
    """Missing, withdrawn and back are a version and a line each; saved twice, they are told once."""
    noted(store, "entry-1")
    [one] = store.due_revisits("one", NOW + DAY, 9)
    number = one.revisit.article
    for standing in (
        Standing(number, NOW, None),
        Standing(number, NOW, NOW + 8 * DAY),
        Standing(number, NOW, NOW + 8 * DAY),
        Standing(number, None, None),
    ):
        store.save(an_outcome(seen=Seen(standings=[standing])), NOW, confirmed=True)
        kept = store.find("entry-1")
        assert kept is not None
        assert (kept.missing_since, kept.withdrawn) == (standing.missing_since, standing.withdrawn)
    store.save(an_outcome(seen=Seen(unsteady=[number])), NOW, confirmed=True)
    told = [(change.kind, change.version) for change in store.changes()]
    assert told == [("missing", 2), ("withdrawn", 3), ("back", 4), ("unsteady", 4)]


def test_the_missing_are_counted(store: Store) -> None:
    """Those of a time, since another one, without some, and without what is withdrawn."""
    noted(store, "entry-1", "entry-2", "entry-3")
    due = store.due_revisits("one", NOW + DAY, 9)
    gone = {"candidate": MISSING, "candidate_since": NOW, "looked": NOW}
    rows = [replace(one.revisit, **gone) for one in due[:2]]  # type: ignore[arg-type]
    rows.append(replace(due[2].revisit, looked=NOW))
    store.save(an_outcome(seen=Seen(revisits=rows)), NOW, confirmed=True)
    assert store.count_missing("one", NOW - DAY, NOW - DAY, []) == (2, 3)
    assert store.count_missing("one", NOW - DAY, NOW + DAY, []) == (0, 3)
    assert store.count_missing("one", NOW + DAY, NOW, []) == (0, 0)
    assert store.count_missing("one", NOW - DAY, NOW - DAY, [rows[0].article]) == (1, 2)
    assert [one.article.key for one in store.other_revisits("one", [], 9)] == ["entry-3"]
    store.save(
        an_outcome(seen=Seen(unlisted=[rows[0].article], standings=[Standing(rows[1].article, NOW, NOW)])),
        NOW,
    )
    assert store.count_missing("one", NOW - DAY, NOW - DAY, []) == (1, 3)
    shown = store.shown_between("one", NOW - DAY, NOW - HOUR, 9)
    assert [(one.key, one.unlisted) for one in shown] == [("entry-1", True)]
    assert len(store.shown_between("one", NOW - DAY, NOW + DAY, 9)) == 3


def test_rows_follow_their_source_and_their_article(store: Store) -> None:
    """A source that is renamed keeps them, one that leaves gives them up, and a removed article has none."""
    noted(store, "entry-1", "entry-2")
    store.remove("entry-1", "asked", NOW)
    assert [one.article.key for one in store.due_revisits("one", NOW + DAY, 9)] == ["entry-2"]
    assert store.rename_source("one", "three")
    assert [one.article.key for one in store.due_revisits("three", NOW + DAY, 9)] == ["entry-2"]
    store.forget_articles("three", NOW, 9)
    assert store.revisit_steps() == {}
    assert store.find_faults() == []


def test_looks_of_a_clock_that_was_ahead_are_due(store: Store) -> None:
    """What was looked at in a future that is none is due now."""
    noted(store, "entry-1")
    [one] = store.due_revisits("one", NOW + DAY, 9)
    later = NOW + 300 * DAY
    row = replace(one.revisit, looked=later, due=later + DAY)
    state = PollState("one", due=later, polled=later)
    store.save(an_outcome(state=state, seen=Seen(revisits=[row])), later, confirmed=True)
    assert store.mend_times(NOW) == ["one"]
    assert store.state("one").revisit_at == NOW
    assert len(store.due_revisits("one", NOW, 9)) == 1
