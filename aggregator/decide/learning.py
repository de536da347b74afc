"""What a poll teaches about its source: how it usually is, when it publishes, whether it is silent."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from aggregator.decide.baseline import learn
from aggregator.decide.doubt import doubt_read, doubt_silence
from aggregator.decide.rhythm import learn_rhythm
from aggregator.decide.visit import Visit
from aggregator.model import Article, Baseline, Entry, PollState, Rhythm
from aggregator.settings import Source


def doubt_or_learn(
    visit: Visit,
    state: PollState,
    entries: Sequence[Entry] | None,
    read: Sequence[Article],
    new: Sequence[Article],
) -> tuple[str, PollState]:
    """Say what is doubtful about a poll, empty where nothing is; with it comes the state after a trusted one.

    ``entries`` are its list's, None where none was read; ``read`` are the articles that were made, and
    ``new`` those of them that nobody held. ``state`` is that which the list gave; of the visit, source,
    earlier state and time count.
    """
    if entries is not None and (why := doubt_read(state.baseline, read, new, visit.now)):
        return why, state
    state = replace(
        state,
        baseline=learn(state.baseline, entries, new, visit.now),
        rhythm=learn_rhythm(state.rhythm, _arrivals(visit, new), visit.now),
    )
    return "", watch_silence(state, visit.now)


def learn_first(
    source: Source, entries: Sequence[Entry], articles: Sequence[Article], now: datetime
) -> tuple[Baseline, Rhythm]:
    """Return what a list and its articles teach about a source of which nothing is known."""
    nothing = PollState(source.name, now)
    _, learnt = doubt_or_learn(Visit(source, nothing, {}, {}, now), nothing, entries, articles, articles)
    return learnt.baseline, learnt.rhythm


def watch_silence(state: PollState, now: datetime) -> PollState:
    """Give the state of a source that is well with the doubt that there is, or that its silence raises."""
    why = state.baseline.broken or doubt_silence(state.baseline, now)
    if state.status == "ok" and why:
        return replace(state, status="suspect", error=why)
    return state


def _arrivals(visit: Visit, articles: Sequence[Article]) -> Iterator[datetime]:
    """Give the times at which new articles came to the list: not before the last visit, whatever their dates.

    A date without a time says nothing of the hour.
    """
    zone, before = ZoneInfo(visit.source.timezone), visit.state
    for article in articles:
        wall = article.published.astimezone(zone)
        exact = article.dated and article.day is None and (wall.hour or wall.minute)
        if before.succeeded is None:
            if exact:
                yield article.published
        else:
            yield max(article.published, before.succeeded) if exact else visit.now
