"""Adaptive polling: how often a source is visited follows how often, and when, it publishes."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.decide.rhythm import learn_rhythm, next_look
from aggregator.model import Rhythm
from aggregator.settings import Source
from benchmarks.rhythm import a_source, compare, histories, replay
from tests.support.clock import START, a_calendar
from tests.support.loopback import Site
from tests.support.samples import feed, item

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ADAPTIVE = a_source(15, adaptive=True)


def office(weeks: int, a_day: int) -> list[datetime]:
    """So many articles at odd minutes of working hours, from Monday to Friday."""
    chance = random.Random(5)  # noqa: S311
    days = (START + day * DAY for day in range(7 * weeks))
    return sorted(
        day.replace(hour=chance.randrange(8, 18), minute=chance.randrange(60))
        for day in days
        if day.weekday() < 5
        for _ in range(a_day)
    )


@pytest.mark.parametrize("a_day", [36, 42])
def test_office_hours_are_learnt(a_day: int) -> None:
    """Earlier than by a fixed interval, for half of the requests or fewer."""
    ratio, before, after = compare([office(20, a_day)], 15)
    assert ratio <= 0.5
    assert after <= before


def test_nights_and_rare_sources_are_left_alone() -> None:
    """In busy hours the wait is short, at night long, and of a source that hardly publishes the longest."""
    moments = office(20, 30)
    now = datetime(2026, 7, 21, 10, 0, tzinfo=UTC)
    busy = learn_rhythm(Rhythm(), moments, now)
    assert next_look(ADAPTIVE, busy, now) <= 15 * MINUTE
    assert next_look(ADAPTIVE, busy, now + 12 * HOUR) >= 60 * MINUTE
    rare = learn_rhythm(Rhythm(), moments[::300], now)
    assert next_look(ADAPTIVE, rare, now) == 2 * HOUR


def test_the_bounds_are_kept() -> None:
    """Never sooner than interval_min, never later than interval_max; without both, the interval it is."""
    now = START + 30 * DAY
    storm = learn_rhythm(Rhythm(), [now - n * MINUTE for n in range(1, 5000)], now)
    bounds = {"interval_min": 10 * MINUTE, "interval_max": 40 * MINUTE}
    bounded = Source(name="p", kind="feed", url="http://x.example/", interval=15 * MINUTE, **bounds)
    assert next_look(bounded, storm, now) == 10 * MINUTE
    assert next_look(bounded, Rhythm(), now) == 15 * MINUTE
    quiet = learn_rhythm(Rhythm(), [now - 30 * DAY], now)
    assert next_look(bounded, quiet, now) == 40 * MINUTE
    assert 3 * MINUTE <= next_look(ADAPTIVE, storm, now) <= 5 * MINUTE
    assert next_look(a_source(15, adaptive=False), storm, now) == 15 * MINUTE


def test_a_source_that_stops_is_asked_ever_more_rarely() -> None:
    """What it did long ago is forgotten by and by, up to interval_max and no further."""
    now = START + 60 * DAY
    rhythm = learn_rhythm(Rhythm(), [now - n * 10 * MINUTE for n in range(1, 2000)], now)
    waits = [next_look(ADAPTIVE, rhythm, now + days * DAY) for days in (0, 30, 120, 400)]
    assert waits == sorted(waits)
    assert waits[0] < waits[-1] == 2 * HOUR


def test_bad_dates_teach_nothing() -> None:
    """The future, the epoch and far years are no arrivals; a thousand of one minute are one."""
    now = START
    assert (
        learn_rhythm(Rhythm(), [now + DAY, datetime(1970, 1, 1, tzinfo=UTC), now - 4000 * DAY], now)
        == Rhythm()
    )
    once = learn_rhythm(Rhythm(), [now - HOUR], now)
    assert learn_rhythm(Rhythm(), [now - HOUR] * 1000, now) == once
    # A clock that was set back does not make old arrivals heavier.
    assert sum(learn_rhythm(once, [now - 2 * DAY], now - DAY).hours) <= 2


def test_visits_teach(tmp_path: Path) -> None:
    """The first list's dates are a history at once; what comes later counts from when it could be seen."""
    with Site() as site:
        site.pages["/feed.xml"] = feed(*(item(number) for number in range(1, 4)))
        said = {"interval_min": MINUTE, "interval_max": HOUR, "full_text": "never"}
        with a_calendar(tmp_path, f"{site.url}/feed.xml", **said) as paper:
            now = datetime(2026, 3, 20, 12, 30, tzinfo=UTC)
            first = paper.visit(now).state
            assert first.rhythm.since is not None
            assert first.rhythm.since < now
            site.pages["/feed.xml"] = feed(*(item(number) for number in range(1, 5)))
            later = paper.visit(now + 3 * HOUR).state.rhythm
            # Its date is long ago, but an hour before it was not there.
            assert later.hours[12] > first.rhythm.hours[12]
            assert paper.state.rhythm == later


def test_bounds_that_contradict_are_refused() -> None:
    """The interval lies between its bounds."""
    with pytest.raises(ValueError, match="between interval_min and interval_max"):
        Source(name="p", kind="feed", url="http://x.example/", interval_min=HOUR)
    with pytest.raises(ValueError, match="between interval_min and interval_max"):
        Source(name="p", kind="feed", url="http://x.example/", interval_max=MINUTE)


@pytest.mark.slow
def test_the_real_feeds_replayed(corpora: Path) -> None:
    """All together, as one daemon has them: new articles no later, for half of the requests or fewer."""
    feeds = histories(corpora / "feeds")
    assert len(feeds) >= 30
    ratio, before, after = compare(list(feeds.values()), 15)
    assert ratio <= 0.5
    assert after <= before


def test_a_replay_finds_every_article() -> None:
    """What is measured is whole: each article is found once, after it was published."""
    moments = office(2, 5)
    done = replay(ADAPTIVE, moments)
    assert len(done.waits) == len(moments) - max(4, len(moments) // 3)
    assert min(done.waits) >= timedelta(0)
