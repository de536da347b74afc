"""A source's first list: read, made into articles and learnt from in one job, so that texts cross once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from aggregator.model import Article, Baseline, Entry, Fetched, Listing, PollState, Rhythm
from aggregator.settings import Source
from aggregator.sources.jobs import MAX_BATCH, make_articles, read_answer

Made: TypeAlias = tuple[Entry, Article, str]
"""An entry, the article that was made of it, and the rule that leaves it out, empty for none."""
Learn: TypeAlias = Callable[[Source, Sequence[Entry], Sequence[Article], datetime], tuple[Baseline, Rhythm]]
"""What teaches how a source usually is, and when it publishes."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a first list and its articles teach about a source, if all is as it looks at first."""

    entries: tuple[Entry, ...]
    articles: tuple[Article, ...]
    baseline: Baseline
    rhythm: Rhythm

    def add_to(self, state: PollState, entries: Sequence[Entry], new: Sequence[Article]) -> PollState | None:
        """Return a state with the lesson; None where the list or what is new of it is not as it looked."""
        nothing_known = (state.baseline, state.rhythm) == (Baseline(), Rhythm())
        if nothing_known and self.entries == tuple(entries) and self.articles == tuple(new):
            return replace(state, baseline=self.baseline, rhythm=self.rhythm)
        return None


@dataclass(frozen=True, slots=True)
class FirstReading:
    """What one job made of the answer to a first poll."""

    listing: Listing
    made: tuple[Made, ...] = ()
    lesson: Lesson | None = None


def read_first(source: Source, answer: Fetched, now: datetime, asked: str, learn: Learn) -> FirstReading:
    """Read a list as ``read_answer`` does; if it is no long one, make articles of it and learn from them."""
    listing = read_answer(source, answer, now, asked)
    entries = listing.entries[: source.limit]
    if len(entries) > MAX_BATCH or any(entry.content is None for entry in entries):
        return FirstReading(listing)
    pairs = zip(entries, make_articles(entries, source, now), strict=True)
    made = tuple((entry, *one) for entry, one in pairs if one)
    articles = tuple(article for _, article, refusal in made if not refusal)
    return FirstReading(listing, made, Lesson(entries, articles, *learn(source, entries, articles, now)))
