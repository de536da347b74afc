"""Quiet decay: a list or its articles are no more what they always were, though nothing failed.

A redesign empties a list, makes its titles alike, its texts a notice about cookies, its dates stand still; a
site stops to publish. Whoever only looks for errors never hears of it. What is doubtful is judged against the
source's own baseline, so that nothing which it has always done raises an alarm.

Each doubt compares a share that is seen now with the usual one. The thresholds stand so far apart that a
simulated year of normal life and the real feeds of the corpus raise no alarm, while each redesign does
(``tests/decide/test_doubt.py``).
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.decide.baseline import TEXT_LENGTH, look_at_articles, look_at_list
from aggregator.model import Article, Baseline, Entry
from aggregator.text.text import text_of

MIN_POLLS = 3  # lists seen before anything is usual of a list
MIN_ARTICLES = 5  # articles seen before anything is usual of an article
MIN_AGE = timedelta(days=7)  # age of a baseline that knows what varies over a week

MIN_LIST = 8  # entries of a list that can shrink; a shorter one varies too much
SHRUNK = 4  # times fewer entries than ever that a shrunken list has; a list that varies by half is usual
MIN_SAMPLE = 3  # entries, or articles, that can be alike or without a date by more than chance
MIN_SAME_DATE = 5  # entries, or articles, that can have one date by more than chance
ALIKE_TITLES, USUAL_TITLES = 0.35, 0.8
"""Share of different titles: a selector that finds each card's button gives one; real lists repeat a few."""
FEW, NEARLY_ALL = 0.1, 0.9
"""Shares of what has a date: a redesign takes all of them, but an odd one may remain or be missing before."""
USUAL_DATES = 0.3
"""Share of different dates above which one date for all is unusual; a daily list has one for many."""
REPEATED, USUAL_REPEATED = 0.8, 0.4
"""Share of a text that stood in others: a portrait of the site repeats whole."""
SHORT_TEXT, SHORTER = 100, 10
"""Characters of a text that is hardly one, and how many times shorter than usual it has to be."""
NOTICE_SHORTER = 2
"""Times shorter than usual that a notice is; a banner of consent is rarely as long as an article."""
NOTICE_WORDS = 2  # different words of a notice that a text has to have; an article about cookies may have one
STILL = 3  # times more articles in a row than ever have to have one date

SILENCE = 3  # times its longest pause that a source has to be silent
SILENCE_ARTICLES = 10  # articles from which a longest pause can be known
SEASON = timedelta(days=90)  # age of a baseline that has probably seen holidays
MIN_SILENCE, MIN_SILENCE_BEFORE_SEASON = timedelta(days=2), timedelta(days=16)
"""Shortest silence that counts: a weekend is none, and for a young source the holidays are none either."""

_NOTICE = re.compile(
    r"cookies?\b|consent|accept all|enable javascript|javascript is (?:disabled|required)"
    r"|subscribe to (?:read|continue)"
    r"|privacy (?:policy|settings)|隐私政策|接受全部|启用\s*javascript|开启\s*javascript",
    re.IGNORECASE,
)


def doubt_list(baseline: Baseline, entries: Sequence[Entry], now: datetime) -> str:
    """Say what is doubtful about a list; empty where nothing is."""
    if baseline.polls < MIN_POLLS:
        return ""
    count = len(entries)
    if _is_ripe(baseline, now):
        if not count and baseline.fewest:
            return f"its list is empty; it never had fewer than {baseline.fewest} entries"
        if count and baseline.fewest >= MIN_LIST and count * SHRUNK < baseline.fewest:
            return f"its list has {count} entries; it never had fewer than {baseline.fewest}"
    if count < MIN_SAMPLE:
        return ""
    looks = look_at_list(entries)
    if looks.titles < ALIKE_TITLES and baseline.titles > USUAL_TITLES:
        return f'the titles of its {count} entries are alike ("{entries[0].title[:60]}")'
    if looks.dated < FEW and baseline.dated > NEARLY_ALL:
        return f"none of its {count} entries has a date; they used to have one"
    one_date = count >= MIN_SAME_DATE and looks.dated > NEARLY_ALL and looks.dates <= 1 / count
    if one_date and baseline.dates > USUAL_DATES:
        return f"its {count} entries all have one date ({entries[0].published[:40]})"
    return ""


def doubt_articles(baseline: Baseline, articles: Sequence[Article], now: datetime) -> str:
    """Say what is doubtful about new articles; empty where nothing is."""
    if not articles or baseline.articles < MIN_ARTICLES:
        return ""
    looks = look_at_articles(baseline, articles)
    count = len(articles)
    if looks.repeated > REPEATED and baseline.repeated < USUAL_REPEATED:
        return f"the texts of {_articles(count)} repeat what stood in others"
    if count >= MIN_SAMPLE and looks.length < SHORT_TEXT and looks.length * SHORTER < baseline.length:
        usual = f"{baseline.length:.0f} are usual"
        return f"the texts of {_articles(count)} have {looks.length:.0f} characters; {usual}"
    if count >= MIN_SAMPLE and looks.told < FEW and baseline.told > NEARLY_ALL:
        return f"{_articles(count)} have no date; they used to have one"
    still = looks.run >= max(MIN_SAME_DATE, STILL * baseline.longest_run) and _is_ripe(baseline, now)
    if still and looks.last:
        return f"its dates stand still: {looks.run} articles in a row have {looks.last:%Y-%m-%d %H:%M}"
    return ""


def doubt_texts(baseline: Baseline, articles: Sequence[Article]) -> str:
    """Say that articles which were read, new ones or known ones, have a notice in place of their text."""
    if not articles or baseline.articles < MIN_ARTICLES:
        return ""
    looks = look_at_articles(baseline, articles)
    if looks.length * NOTICE_SHORTER < baseline.length and all(map(_is_notice, articles)):
        what = "text looks" if len(articles) == 1 else f"texts of {len(articles)} articles look"
        return f"the {what} like a notice, not like an article"
    return ""


def doubt_read(baseline: Baseline, read: Sequence[Article], new: Sequence[Article], now: datetime) -> str:
    """Say what is doubtful about all that was read, and about what of it is new; empty where nothing is."""
    # What is changed overwrites what is held, so it is no less worth a doubt than what is new.
    return doubt_texts(baseline, read) or doubt_articles(baseline, new, now)


def doubt_silence(baseline: Baseline, now: datetime) -> str:
    """Say that a source has been silent for much longer than it ever was; empty where it has not."""
    if baseline.latest is None or baseline.since is None or baseline.articles < SILENCE_ARTICLES:
        return ""
    shortest = MIN_SILENCE if now - baseline.since >= SEASON else MIN_SILENCE_BEFORE_SEASON
    if now - max(baseline.latest, baseline.since) <= max(SILENCE * baseline.pause, shortest):
        return ""
    days = max(1, round(baseline.pause / timedelta(days=1)))
    longest = f"{days} days" if days > 1 else "a day"
    return f"nothing new since {baseline.latest:%Y-%m-%d}; its longest pause was {longest}"


def _is_ripe(baseline: Baseline, now: datetime) -> bool:
    return baseline.since is not None and now - baseline.since >= MIN_AGE


def _is_notice(article: Article) -> bool:
    """Tell whether a text speaks of cookies and the like, in more ways than one."""
    found = _NOTICE.findall(text_of(article.content[:TEXT_LENGTH]))
    return len({word.lower() for word in found}) >= NOTICE_WORDS


def _articles(count: int) -> str:
    return "the new article" if count == 1 else f"{count} new articles"
