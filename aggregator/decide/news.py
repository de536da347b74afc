"""Which of what is new is news, of which rules may tell: not what a source had before we knew it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.decide.finding import Finding
from aggregator.decide.visit import Visit
from aggregator.model import Article, Owed
from aggregator.text.dates import read_date

DAY = timedelta(days=1)
"""How much earlier than the last visit something may be dated that came after it: by its day alone."""


def is_news(visit: Visit, key: str, title: str = "", published: datetime | None = None) -> bool:
    """Tell whether what comes of an entry is news; ``published`` is its stated date.

    A first visit brings none, nor does what it left for later. Where nothing of a list is known by its
    address, the site has moved or its source leads elsewhere: what is older than the last visit was there.
    """
    if visit.telling:
        return True
    debt, since = visit.owed.get(key), visit.state.succeeded
    if since is None or (debt is None and visit.telling is False):
        return False
    if debt and (not debt.news or (debt.reason == "filtered" and visit.reconfigured)):
        return False
    if not visit.anew:
        return True
    return published >= since - DAY if published else not visit.moves.titled.get(title)


def news_of(visit: Visit, findings: Sequence[Finding], new: Sequence[Article]) -> frozenset[str]:
    """Return the keys of those of the new articles that are news."""
    entries = {one.article.key: one.entry.key for one in reversed(findings) if one.article}
    return frozenset(
        one.key
        for one in new
        if is_news(visit, entries[one.key], one.title, one.published if one.dated else None)
    )


def marked(visit: Visit, debt: Owed) -> Owed:
    """Return a debt with whether what comes of it is news."""
    entry = debt.entry
    date = read_date(entry.published, visit.now, visit.source.timezone) if entry else None
    return replace(debt, news=is_news(visit, debt.key, entry.title if entry else "", date))
