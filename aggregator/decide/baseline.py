"""How the polls of a source usually are, learnt from those that were trusted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import fmean

from aggregator.model import Article, Baseline, Entry
from aggregator.model.digest import hexdigest
from aggregator.text.text import text_of

# The last poll weighs a tenth at least: what a source becomes, it is after some time.
WEIGHT = 0.1
# Of so many characters of an article, and of sentences of so many; shorter ones repeat everywhere.
READ = 20_000
SENTENCE = 25
SENTENCES = 80
# A text may well appear twice: corrected, or told again.
OFTEN = 3

_BREAK = re.compile(r"[.!?;。！？；]")


@dataclass(frozen=True, slots=True)
class ListLooks:
    """Shares of a list's entries: those whose title, or date, occurs first in it, and those with a date."""

    titles: float
    dates: float
    dated: float


@dataclass(frozen=True, slots=True)
class ArticleLooks:
    """New articles: the share with a date, the mean length of their texts, and how much of it repeats.

    ``sentences`` are hashes of the last ones, each as often as there were articles with it; ``last`` is the
    last date, ``run`` how many in a row have it and ``longest_run`` how many ever did.
    """

    told: float
    length: float
    repeated: float
    sentences: tuple[str, ...]
    last: datetime | None
    run: int
    longest_run: int


def look_at_list(entries: Sequence[Entry]) -> ListLooks:
    """See how a list looks that has entries."""
    count = len(entries)
    dates = [entry.published for entry in entries if entry.published]
    titles = {entry.title for entry in entries}
    return ListLooks(len(titles) / count, len(set(dates)) / count, len(dates) / count)


def look_at_articles(baseline: Baseline, articles: Sequence[Article]) -> ArticleLooks:
    """See how new articles look, beside each other and those before them."""
    texts = [text_of(article.content[:READ]) for article in articles]
    sentences = [_sentences(text) for text in texts]
    seen = [*baseline.sentences, *(name for one in sentences for name in one)]
    times = Counter(seen)
    shares = [
        sum(size for name, size in one.items() if times[name] >= OFTEN) / max(sum(one.values()), 1)
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
        sentences=tuple(seen[-SENTENCES:]),
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
    weight = max(1 / polls, WEIGHT)
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
    weight = max(len(articles) / count, WEIGHT)
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
    """Learn the longest pause. Of a first list the oldest fifth is left out: what is pinned is old."""
    times = sorted(min(one.published, now) if one.dated else now for one in articles)
    latest, pause = baseline.latest, baseline.pause
    if latest is None:
        times = times[len(times) // 5 :]
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
    return {hexdigest(part, 4): len(part) for part in parts if len(part) >= SENTENCE}
