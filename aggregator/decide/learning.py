"""What a poll teaches about its source: how it usually is, when it publishes, whether it is silent."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from aggregator.decide.baseline import learn
from aggregator.decide.doubt import doubt_silence
from aggregator.decide.rhythm import learn_rhythm
from aggregator.model import Article, Entry, PollState
from aggregator.settings import Source


def learn_from(
    source: Source,
    before: PollState,
    state: PollState,
    entries: Sequence[Entry] | None,
    articles: Sequence[Article],
    now: datetime,
) -> PollState:
    """Give the state after a poll that is trusted; ``entries`` are its list's, ``articles`` the new ones."""
    state = replace(
        state,
        baseline=learn(state.baseline, entries, articles, now),
        rhythm=learn_rhythm(state.rhythm, _arrivals(source, before, articles, now), now),
    )
    if state.status == "ok" and (why := doubt_silence(state.baseline, now)):
        return replace(state, status="suspect", error=why)
    return state


def _arrivals(
    source: Source, before: PollState, articles: Sequence[Article], now: datetime
) -> Iterator[datetime]:
    """Give the times at which new articles came to the list: not before the last visit, whatever their dates.

    A date without a time says nothing of the hour.
    """
    zone = ZoneInfo(source.timezone)
    for article in articles:
        wall = article.published.astimezone(zone)
        exact = article.dated and article.day is None and (wall.hour or wall.minute)
        if before.succeeded is None:
            if exact:
                yield article.published
        else:
            yield max(article.published, before.succeeded) if exact else now
