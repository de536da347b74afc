"""Which time is believed: a clock that is wrong dates and deletes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from aggregator.store import Store
from tests.support.database import NOW, an_article, an_outcome

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_clock_that_leaps_is_believed_once_it_stands(store: Store) -> None:
    """For a day: two weeks later and two weeks earlier alike."""
    for start in (NOW + 14 * DAY, NOW):
        last = store.believed_time(start, confirmed=True)
        for leap in (14 * DAY, -14 * DAY):
            store.trust_clock(last)
            assert store.believed_time(last + leap) == last
            assert store.believed_time(last + leap + 23 * HOUR) == last
            assert store.believed_time(last + leap + 24 * HOUR) == last + leap + 24 * HOUR
            assert store.believed_time(last + leap + 25 * HOUR) == last + leap + 25 * HOUR


def test_servers_have_the_last_word(store: Store) -> None:
    """What they confirm is believed at once, what they contradict never."""
    store.trust_clock(NOW)
    assert store.believed_time(NOW + 14 * DAY, confirmed=False) == NOW
    assert store.believed_time(NOW + 16 * DAY, confirmed=False) == NOW
    assert store.believed_time(NOW + 16 * DAY, confirmed=True) == NOW + 16 * DAY
    assert store.believed_time(NOW + 17 * DAY) == NOW + 17 * DAY


def test_a_clock_that_is_right_again_is_believed(store: Store) -> None:
    """At once; and the day for which the next one has to stand begins anew."""
    store.trust_clock(NOW)
    assert store.believed_time(NOW + 14 * DAY) == NOW
    assert store.believed_time(NOW + HOUR) == NOW + HOUR
    assert store.believed_time(NOW + 15 * DAY) == NOW + HOUR


def test_what_a_wrong_clock_brings_has_the_believed_time(store: Store) -> None:
    """Not what its source dates, and not where the clock is confirmed."""
    store.trust_clock(NOW)
    ahead = NOW + 1000 * DAY
    undated = replace(an_article("undated"), dated=False, published=ahead, updated=ahead)
    dated = replace(an_article("dated"), published=NOW - DAY, updated=NOW - DAY)
    store.save(an_outcome(new=(undated, dated)), ahead, confirmed=None)
    held = {kept.article.key: kept for kept in store.every()}
    assert {kept.first_seen for kept in held.values()} == {NOW}
    assert held["undated"].article.published == held["undated"].article.updated == NOW
    assert held["dated"].article.published == held["dated"].article.updated == NOW - DAY
    late = replace(an_article("late"), dated=False, published=ahead, updated=ahead)
    store.save(an_outcome(new=(late,)), ahead, confirmed=True)
    assert next(kept for kept in store.every() if kept.article.key == "late").first_seen == ahead
