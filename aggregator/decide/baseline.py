"""How the polls of a source usually are, learnt from those that were trusted."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import fmean

from aggregator.model import Article, Baseline, Entry
from aggregator.model.digest import hexdigest
from aggregator.text.text import text_of

MIN_WEIGHT = 0.1
"""The least weight of the last poll in a mean: what a source has become, is usual after some ten polls."""
TEXT_LENGTH = 20_000
"""Characters of an article that are looked at; boilerplate shows in them, and longer texts cost time."""
MIN_SENTENCE = 25  # characters of a sentence that counts; shorter ones repeat everywhere
MAX_SENTENCES = 80
"""Sentences that are remembered of a source: those of some articles, in a row of the database."""
MIN_REPEATS = 3
"""Articles with a sentence that repeats; a text may well appear twice: corrected, or told again."""
PINNED = 1 / 5  # share of a first list that is left out of the pauses: what is pinned to its top is old

_BREAK = re.compile(r"[.!?;。！？；]")


@dataclass(frozen=True, slots=True)
class ListLooks:
    """How a list looks; shares of its entries."""

    titles: float
    """Those whose title occurs first in it."""
    dates: float
    """Those whose date occurs first in it."""
    dated: float
    """Those with a date."""


@dataclass(frozen=True, slots=True)
class ArticleLooks:
    """How new articles look, beside each other and those before them."""

    told: float
    """The share of them with a date."""
    length: float
    """The mean length of their texts, in characters."""
    repeated: float
    """The mean share of a text that repeats."""
    sentences: tuple[str, ...]
    """Hashes of the last sentences, each as often as there were articles with it."""
    last: datetime | None
    """The date of the last article that has one."""
    run: int
    """How many articles in a row have it."""
    longest_run: int
    """How many in a row ever had one date."""


def look_at_list(entries: Sequence[Entry]) -> ListLooks:
    """See how a list looks that has entries."""
    count = len(entries)
    dates = [entry.published for entry in entries if entry.published]
    titles = {entry.title for entry in entries}
    return ListLooks(len(titles) / count, len(set(dates)) / count, len(dates) / count)


def look_at_articles(baseline: Baseline, articles: Sequence[Article]) -> ArticleLooks:
    """See how new articles look, beside each other and those before them."""
    texts = [text_of(article.content[:TEXT_LENGTH]) for article in articles]
    sentences = [_sentences(text) for text in texts]
    seen = [*baseline.sentences, *(name for one in sentences for name in one)]
    times = Counter(seen)
    shares = [
        sum(size for name, size in one.items() if times[name] >= MIN_REPEATS) / max(sum(one.values()), 1)
        for one in sentences
    ]
    last, run, longest_run = baseline.last, baseline.run, baseline.longest_run
    for article in articles:
        if article.dated:
            run = run + 1 if article.published == last else 1
            last, longest_run = article.published, max(longest_run, run)
    return ArticleLooks(
        told=fmean(float(article.dated) for article in articles),
        length=fmean(map(len, texts)),
        repeated=fmean(shares),
        sentences=tuple(seen[-MAX_SENTENCES:]),
        last=last,
        run=run,
        longest_run=longest_run,
    )


def learn(
    baseline: Baseline, entries: Sequence[Entry] | None, articles: Sequence[Article], now: datetime
) -> Baseline:
    """Learn from a poll that was trusted. ``entries`` are its list's, None where none was read."""
    baseline = replace(baseline, since=baseline.since or now)
    if entries is not None:
        baseline = _learn_list(baseline, entries)
    if articles:
        baseline = _learn_articles(baseline, articles)
        baseline = _learn_pauses(baseline, articles, now)
    return baseline


def _learn_list(baseline: Baseline, entries: Sequence[Entry]) -> Baseline:
    polls, count = baseline.polls + 1, len(entries)
    fewest = min(baseline.fewest, count) if baseline.polls else count
    if not entries:
        return replace(baseline, polls=polls, fewest=fewest)
    looks = look_at_list(entries)
    weight = max(1 / polls, MIN_WEIGHT)
    return replace(
        baseline,
        polls=polls,
        fewest=fewest,
        titles=_mean(baseline.titles, looks.titles, weight),
        dates=_mean(baseline.dates, looks.dates, weight),
        dated=_mean(baseline.dated, looks.dated, weight),
    )


def _learn_articles(baseline: Baseline, articles: Sequence[Article]) -> Baseline:
    looks = look_at_articles(baseline, articles)
    count = baseline.articles + len(articles)
    weight = max(len(articles) / count, MIN_WEIGHT)
    return replace(
        baseline,
        articles=count,
        told=_mean(baseline.told, looks.told, weight),
        length=_mean(baseline.length, looks.length, weight),
        repeated=_mean(baseline.repeated, looks.repeated, weight),
        sentences=looks.sentences,
        last=looks.last,
        run=looks.run,
        longest_run=looks.longest_run,
    )


def _learn_pauses(baseline: Baseline, articles: Sequence[Article], now: datetime) -> Baseline:
    """Learn the longest pause, without what is pinned to the top of a first list."""
    times = sorted(min(one.published, now) if one.dated else now for one in articles)
    latest, pause = baseline.latest, baseline.pause
    if latest is None:
        times = times[int(len(times) * PINNED) :]
    for time in times:
        if latest is not None and time > latest:
            pause = max(pause, time - latest)
        latest = max(latest or time, time)
    return replace(baseline, latest=latest, pause=max(pause, timedelta(0)))


def _mean(before: float, seen: float, weight: float) -> float:
    return round(before + (seen - before) * weight, 4)


def _sentences(text: str) -> dict[str, int]:
    """The sentences of a text by their hashes, with their sizes."""
    parts = (part.strip() for part in _BREAK.split(text))
    return {hexdigest(part, 4): len(part) for part in parts if len(part) >= MIN_SENTENCE}
