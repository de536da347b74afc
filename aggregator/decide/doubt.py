"""Quiet decay: a list or its articles are no more what they always were, though nothing failed.

A redesign empties a list, makes its titles alike, its texts a notice about cookies, its dates stand still; a
site stops to publish. Whoever only looks for errors never hears of it. What is doubtful is judged against the
source's own baseline, so that nothing which it has always done raises an alarm.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.decide.baseline import READ, look_at_articles, look_at_list
from aggregator.model import Article, Baseline, Entry
from aggregator.text.text import text_of

# Before so many lists, or articles, nothing is usual yet.
POLLS = 3
ARTICLES = 5
# What varies over a week is known after a week.
RIPE = timedelta(days=7)
# So many times longer than its longest pause a source has to be silent, and no shorter than this.
SILENCE = 3
# And so many times more articles in a row have to have one date than ever did.
STILL = 3
SHORTEST_SILENCE = timedelta(days=2)
# A pause that a young source makes may be its first holidays.
SEASON = timedelta(days=90)
UNSEASONED_SILENCE = timedelta(days=16)
SILENCE_AFTER = 10

_NOTICE = re.compile(
    r"cookies?\b|consent|accept all|enable javascript|javascript is (?:disabled|required)"
    r"|subscribe to (?:read|continue)"
    r"|privacy (?:policy|settings)|隐私政策|接受全部|启用\s*javascript|开启\s*javascript",
    re.IGNORECASE,
)


def doubt_list(baseline: Baseline, entries: Sequence[Entry], now: datetime) -> str:
    """Say what is doubtful about a list; empty where nothing is."""
    if baseline.polls < POLLS:
        return ""
    count = len(entries)
    if _ripe(baseline, now):
        if not count and baseline.fewest:
            return f"its list is empty; it never had fewer than {baseline.fewest} entries"
        if count and baseline.fewest >= 8 and count * 4 < baseline.fewest:
            return f"its list has {count} entries; it never had fewer than {baseline.fewest}"
    if count < 3:
        return ""
    looks = look_at_list(entries)
    if looks.titles < 0.35 and baseline.titles > 0.8:
        return f'the titles of its {count} entries are alike ("{entries[0].title[:60]}")'
    if looks.dated < 0.1 and baseline.dated > 0.9:
        return f"none of its {count} entries has a date; they used to have one"
    if count >= 5 and looks.dated > 0.9 and looks.dates <= 1 / count and baseline.dates > 0.3:
        return f"its {count} entries all have one date ({entries[0].published[:40]})"
    return ""


def doubt_articles(baseline: Baseline, articles: Sequence[Article], now: datetime) -> str:
    """Say what is doubtful about new articles; empty where nothing is."""
    if not articles or baseline.articles < ARTICLES:
        return ""
    looks = look_at_articles(baseline, articles)
    count = len(articles)
    if looks.repeated > 0.8 and baseline.repeated < 0.4:
        return f"the texts of {_articles(count)} repeat what stood in others"
    if count >= 3 and looks.length < 100 and looks.length * 10 < baseline.length:
        usual = f"{baseline.length:.0f} are usual"
        return f"the texts of {_articles(count)} have {looks.length:.0f} characters; {usual}"
    if count >= 3 and looks.told < 0.1 and baseline.told > 0.9:
        return f"{_articles(count)} have no date; they used to have one"
    still = looks.run >= max(5, STILL * baseline.longest_run) and _ripe(baseline, now)
    if still and looks.last:
        return f"its dates stand still: {looks.run} articles in a row have {looks.last:%Y-%m-%d %H:%M}"
    return ""


def doubt_texts(baseline: Baseline, articles: Sequence[Article]) -> str:
    """Say that articles which were read, new ones or known ones, have a notice in place of their text."""
    if not articles or baseline.articles < ARTICLES:
        return ""
    looks = look_at_articles(baseline, articles)
    if looks.length * 2 < baseline.length and all(map(_is_notice, articles)):
        what = "text looks" if len(articles) == 1 else f"texts of {len(articles)} articles look"
        return f"the {what} like a notice, not like an article"
    return ""


def doubt_read(baseline: Baseline, read: Sequence[Article], new: Sequence[Article], now: datetime) -> str:
    """Say what is doubtful about all that was read, and about what of it is new; empty where nothing is."""
    # What is changed overwrites what is held, so it is no less worth a doubt than what is new.
    return doubt_texts(baseline, read) or doubt_articles(baseline, new, now)


def doubt_silence(baseline: Baseline, now: datetime) -> str:
    """Say that a source has been silent for much longer than it ever was; empty where it has not."""
    if baseline.latest is None or baseline.since is None or baseline.articles < SILENCE_AFTER:
        return ""
    shortest = SHORTEST_SILENCE if now - baseline.since >= SEASON else UNSEASONED_SILENCE
    if now - max(baseline.latest, baseline.since) <= max(SILENCE * baseline.pause, shortest):
        return ""
    days = max(1, round(baseline.pause / timedelta(days=1)))
    longest = f"{days} days" if days > 1 else "a day"
    return f"nothing new since {baseline.latest:%Y-%m-%d}; its longest pause was {longest}"


def _ripe(baseline: Baseline, now: datetime) -> bool:
    return baseline.since is not None and now - baseline.since >= RIPE


def _is_notice(article: Article) -> bool:
    """Tell whether a text speaks of cookies and the like, in more ways than one."""
    found = _NOTICE.findall(text_of(article.content[:READ]))
    return len({word.lower() for word in found}) >= 2


def _articles(count: int) -> str:
    return "the new article" if count == 1 else f"{count} new articles"
