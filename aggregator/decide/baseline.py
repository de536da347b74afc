"""How the polls of a source usually are, learnt from those that were trusted."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import fmean
from urllib.parse import urlsplit

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
MAX_PLACES = 20
"""Places of a source that are remembered; one whose entries stand at more stands anywhere."""
PINNED = 1 / 5  # share of a first list that is left out of the pauses: what is pinned to its top is old

_NUMBER = re.compile(r"\d+")
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
    addresses: float
    """Those whose address occurs first in it."""


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
    """How many in a row had one date before those."""


def look_at_list(entries: Sequence[Entry]) -> ListLooks:
    """See how a list looks that has entries."""
    count = len(entries)
    dates = [entry.published for entry in entries if entry.published]
    titles, addresses = {entry.title for entry in entries}, {entry.address for entry in entries}
    return ListLooks(
        titles=len(titles) / count,
        dates=len(set(dates)) / count,
        dated=len(dates) / count,
        addresses=len(addresses) / count,
    )


def is_in_place(baseline: Baseline, entry: Entry) -> bool:
    """Tell whether an entry stands where others of its source stand, as far as that is known."""
    known = 0 < len(baseline.places) < MAX_PLACES and entry.address
    return not known or _place(entry.address) in baseline.places


def _place(address: str) -> str:
    """Give the part of a site that has an address: its host and first folder, whatever its numbers."""
    parts = urlsplit(address)
    folder, slash, _ = parts.path.lstrip("/").partition("/")
    return f"{parts.netloc.removeprefix('www.')}/{_NUMBER.sub('0', folder) if slash else ''}"


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
        if article.dated and article.published != last:
            last, run, longest_run = article.published, 1, max(longest_run, run)
        elif article.dated:
            run += 1
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
        baseline = _learn_articles(baseline, articles, now)
        baseline = _learn_pauses(baseline, articles, now)
    return baseline


def _learn_list(baseline: Baseline, entries: Sequence[Entry]) -> Baseline:
    polls, count = baseline.polls + 1, len(entries)
    fewest = min(baseline.fewest, count) if baseline.polls else count
    if not entries:
        return replace(baseline, polls=polls, fewest=fewest)
    looks = look_at_list(entries)
    weight = max(1 / polls, MIN_WEIGHT)
    places = (_place(entry.address) for entry in entries if entry.address)
    return replace(
        baseline,
        polls=polls,
        fewest=fewest,
        titles=_mean(baseline.titles, looks.titles, weight),
        dates=_mean(baseline.dates, looks.dates, weight),
        dated=_mean(baseline.dated, looks.dated, weight),
        addresses=_mean(baseline.addresses, looks.addresses, weight),
        places=tuple(dict.fromkeys([*baseline.places, *places]))[:MAX_PLACES],
    )


def _learn_articles(baseline: Baseline, articles: Sequence[Article], now: datetime) -> Baseline:
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
        run_since=(looks.last == baseline.last and baseline.run_since) or now,
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
