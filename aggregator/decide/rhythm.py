"""How often a source really publishes, and at which hours; and when, by that, to look again.

A look costs a request, and an article waits for half the gap between two looks on average. For a given
price of a request the sum of both is least where the gap is sqrt(price / rate of arrivals). So rare sources
are asked rarely, busy hours often, and nights and Sundays hardly at all.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from math import log, sqrt

from aggregator.model import Rhythm
from aggregator.settings import Source

HOUR = timedelta(hours=1)
HALF_LIFE = timedelta(days=30)
"""Age at which an arrival weighs half: habits of a season are followed within weeks."""
MAX_AGE = timedelta(days=120)
"""Age at which an arrival is not learnt from; after four half-lives it would weigh a sixteenth."""
EVEN_ARRIVALS = 3.0
"""Arrivals, spread evenly, that are taken for granted: little knowledge makes no sharp hours."""
USUAL_RATE = 2.0
"""Arrivals an hour at which a source is looked at in its plain interval.

With it, the sources of ``benchmarks/rhythm.py`` together are asked half as often as by a fixed interval.
"""
FASTER, SLOWER = 5, 8
"""Times shorter, and longer, than the interval that a wait may be where only one bound is configured."""
MIN_WAIT, MAX_WAIT = timedelta(minutes=1), timedelta(days=1)  # what those bounds go down to, and up to
STEPS = 6  # parts of an interval in which the rates are summed up


def learn_rhythm(rhythm: Rhythm, arrivals: Iterable[datetime], now: datetime) -> Rhythm:
    """Learn when articles arrived; those of one minute are one arrival, and those of a bad date none."""
    moments = {time.replace(second=0, microsecond=0) for time in arrivals if now - MAX_AGE < time <= now}
    if not moments:
        return rhythm
    kept = _decay(now - rhythm.at) if rhythm.at else 1.0
    hours = [weight * kept for weight in rhythm.hours or (0.0,) * 24]
    days = [weight * kept for weight in rhythm.days or (0.0,) * 7]
    for time in moments:
        weight, moment = _decay(now - time), time.astimezone(UTC)
        hours[moment.hour] += weight
        days[moment.weekday()] += weight
    since = min([*moments, *([rhythm.since] if rhythm.since else [])])
    return Rhythm(_rounded(hours), _rounded(days), since, now)


def next_look(source: Source, rhythm: Rhythm, now: datetime) -> timedelta:
    """Say how long to wait for the next look: the interval, where neither of its bounds is given."""
    usual = source.interval
    if source.interval_min is None and source.interval_max is None:
        return usual
    least = source.interval_min or min(max(usual / FASTER, MIN_WAIT), usual)
    most = source.interval_max or max(min(usual * SLOWER, MAX_WAIT), usual)
    if rhythm.since is None or rhythm.at is None:
        return min(max(usual, least), most)
    rate = _rates(rhythm, rhythm.since, rhythm.at, now)
    step, enough = usual / STEPS, sqrt(USUAL_RATE) * STEPS
    wait, seen = timedelta(0), 0.0
    while wait < most and seen < enough:
        seen += sqrt(rate((now + wait).astimezone(UTC)))
        wait += step
    return min(max(wait, least), most)


def _rates(rhythm: Rhythm, since: datetime, at: datetime, now: datetime) -> Callable[[datetime], float]:
    """Arrivals an hour at any time; hours and weekdays count each by itself, since few are known of both."""
    kept = _decay(now - at)
    half, span = HALF_LIFE / HOUR, max((now - since) / HOUR, 1.0)
    # The observed hours decay as the arrivals do; half an arrival in one extra day smooths the rate.
    observed = half / log(2) * (1 - 0.5 ** (span / half))
    rate = (sum(rhythm.hours) * kept + 0.5) / (observed + 24)
    around = [
        (before + 2 * weight + after) / 4
        for before, weight, after in zip(
            rhythm.hours[-1:] + rhythm.hours, rhythm.hours, rhythm.hours[1:] + rhythm.hours[:1], strict=False
        )
    ]
    hours, days = _shares(around, kept), _shares(rhythm.days, kept)
    return lambda moment: rate * hours[moment.hour] * days[moment.weekday()]


def _shares(weights: Sequence[float], kept: float) -> list[float]:
    """How much more than the mean arrives in each part of a day or week."""
    count, total = len(weights), sum(weights) * kept
    return [(weight * kept + EVEN_ARRIVALS / count) / (total + EVEN_ARRIVALS) * count for weight in weights]


def _decay(age: timedelta) -> float:
    return float(0.5 ** (max(age, timedelta(0)) / HALF_LIFE))


def _rounded(weights: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(weight, 3) for weight in weights)
