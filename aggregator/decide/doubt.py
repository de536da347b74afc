"""Quiet decay: a list or its articles are no more what they always were, though nothing failed.

A redesign empties a list, makes its titles alike, its texts a notice about cookies, its dates stand still; a
site stops to publish. Whoever only looks for errors never hears of it. What is doubtful is judged against the
source's own baseline, so that nothing which it has always done raises an alarm.

Each doubt compares a share that is seen now with the usual one. The thresholds stand so far apart that a
simulated year of normal life and the real feeds of the corpus raise no alarm, while each redesign does
(``tests/decide/test_doubt.py``). A busy day makes titles and dates alike, too, so those are doubtful only
against what else is known of the entries: their earlier titles and dates, their addresses, their age.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from aggregator.decide.baseline import (
    TEXT_LENGTH,
    ArticleLooks,
    ListLooks,
    is_in_place,
    look_at_articles,
    look_at_list,
)
from aggregator.decide.visit import Visit
from aggregator.model import Article, Baseline, Entry, Known, entry_digest
from aggregator.text.dates import read_date
from aggregator.text.furniture import is_label
from aggregator.text.text import fold, text_of

MIN_POLLS = 3  # lists seen before anything is usual of a list, unless even the shortest is long
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
USUAL_ADDRESSES = 0.8
"""Share of different addresses below which several entries with one are usual."""
MIN_REDATED = 2  # known entries with another date; one alone may be pinned, or told again
SAME_DAY = timedelta(days=1)  # difference of two dates that may be one in different time zones
OLDER, OLDER_SAME_DATE = timedelta(days=1), timedelta(days=7)
"""How much older than the latest article entries are that only seem to be new. Authorities date what they
publish on one day by the day on which they signed it."""
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
MIN_STILL = timedelta(days=3)  # time over which those come; what comes at once is a busy day

SILENCE = 3  # times its longest pause that a source has to be silent
SILENCE_ARTICLES = 10  # articles from which a longest pause can be known
SEASON = timedelta(days=90)  # age of a baseline that has probably seen holidays
MIN_SILENCE, MIN_SILENCE_BEFORE_SEASON = timedelta(days=2), timedelta(days=16)
"""Shortest silence that counts: a weekend is none, and for a young source the holidays are none either."""

_HALF_WORD = re.compile(r"[A-Za-z0-9]+$")
_NOTICE = re.compile(
    r"cookies?\b|consent|accept all|enable javascript|javascript is (?:disabled|required)"
    r"|subscribe to (?:read|continue)"
    r"|privacy (?:policy|settings)|隐私政策|接受全部|启用\s*javascript|开启\s*javascript",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A list with entries, and what is known of its source and of them."""

    baseline: Baseline
    entries: Sequence[Entry]
    visit: Visit

    @property
    def new(self) -> list[Entry]:
        """The entries that are no known articles, as far as the list tells."""
        met = self.visit.known.keys() | self.visit.moves.alike | self.visit.moves.moved
        return [entry for entry in self.entries if entry.key not in met]


def doubt_list(baseline: Baseline, entries: Sequence[Entry], visit: Visit) -> str:
    """Say what is doubtful about a list; empty where nothing is."""
    count = len(entries)
    if why := _doubt_size(baseline, count, visit.now):
        return why
    if not baseline.polls or count < MIN_SAMPLE:
        return ""
    shown, looks = _Shown(baseline, entries, visit), look_at_list(entries)
    if looks.titles < ALIKE_TITLES and baseline.titles > USUAL_TITLES and not _may_share_title(shown):
        return f'the titles of its {count} entries are alike ("{entries[0].title[:60]}")'
    if baseline.polls < MIN_POLLS and baseline.fewest < MIN_LIST:
        return ""
    return _doubt_dates(shown, looks) or _doubt_addresses(shown, looks)


def _doubt_size(baseline: Baseline, count: int, now: datetime) -> str:
    if baseline.polls < MIN_POLLS or not _is_ripe(baseline, now):
        return ""
    if not count and baseline.fewest:
        return f"its list is empty; it never had fewer than {baseline.fewest} entries"
    if count and baseline.fewest >= MIN_LIST and count * SHRUNK < baseline.fewest:
        return f"its list has {count} entries; it never had fewer than {baseline.fewest}"
    return ""


def _doubt_dates(shown: _Shown, looks: ListLooks) -> str:
    baseline, entries, count = shown.baseline, shown.entries, len(shown.entries)
    if looks.dated < FEW and baseline.dated > NEARLY_ALL:
        return f"none of its {count} entries has a date; they used to have one"
    one_date = count >= MIN_SAME_DATE and looks.dated > NEARLY_ALL and looks.dates <= 1 / count
    if one_date and baseline.dates > USUAL_DATES and not _may_share_date(shown):
        return f"its {count} entries all have one date ({entries[0].published[:40]})"
    return ""


def _doubt_addresses(shown: _Shown, looks: ListLooks) -> str:
    entries, count = shown.entries, len(shown.entries)
    address = entries[0].address[:100]
    if looks.addresses <= 1 / count and shown.baseline.addresses > USUAL_ADDRESSES:
        return f"its {count} entries all have one address ({address})"
    strange = len(shown.new) == count and _are_elsewhere(shown.baseline, entries)
    if strange and (not looks.dated or _are_old(shown, OLDER)):
        return f"its {count} entries are all new, and none stands where others did ({address})"
    return ""


def _may_share_title(shown: _Shown) -> bool:
    """Tell whether entries with one title may be notices of one kind: none had another title before.

    Titles that label links are none. Notices stand where others stand, and are no older than what is held.
    """
    times = Counter(entry.title for entry in shown.entries)
    alike = [entry for entry in shown.entries if times[entry.title] > 1]
    if any(is_label(entry.title) for entry in alike):
        return False
    if any(fold(held.title) != fold(entry.title) for entry, held in _edited(shown, alike)):
        return False
    return not (_are_elsewhere(shown.baseline, alike) or _are_old(shown, OLDER))


def _may_share_date(shown: _Shown) -> bool:
    """Tell whether entries with one date may be those of a busy day: few had another date before."""
    date = read_date(shown.entries[0].published, shown.visit.now, "UTC")
    edited = _edited(shown, shown.entries)
    redated = [held for _, held in edited if date and abs(date - held.published) > SAME_DAY]
    return len(redated) < MIN_REDATED and not _are_old(shown, OLDER_SAME_DATE)


def _edited(shown: _Shown, entries: Sequence[Entry]) -> list[tuple[Entry, Known]]:
    """Give the entries that are known, but not as they stand now."""
    known = shown.visit.known
    held = [(entry, known[entry.key]) for entry in entries if entry.key in known]
    return [(entry, one) for entry, one in held if one.entry_digest not in ("", entry_digest(entry))]


def _are_elsewhere(baseline: Baseline, entries: Sequence[Entry]) -> bool:
    return not any(is_in_place(baseline, entry) for entry in entries)


def _are_old(shown: _Shown, older: timedelta) -> bool:
    """Tell whether most of what is unknown is older than the latest article that is held."""
    latest = shown.baseline.latest
    if latest is None or shown.baseline.told < NEARLY_ALL:
        return False
    dates = [read_date(entry.published, shown.visit.now, "UTC") for entry in shown.new]
    return sum(date < latest - older for date in dates if date) * 2 > len(dates)


def doubt_articles(baseline: Baseline, articles: Sequence[Article], now: datetime) -> str:
    """Say what is doubtful about new articles; empty where nothing is."""
    if not articles or baseline.articles < MIN_ARTICLES:
        return ""
    looks = look_at_articles(baseline, articles)
    return _doubt_new_texts(baseline, articles, looks) or _doubt_new_dates(
        baseline, len(articles), looks, now
    )


def _doubt_new_texts(baseline: Baseline, articles: Sequence[Article], looks: ArticleLooks) -> str:
    count = len(articles)
    repeats = looks.repeated > REPEATED and baseline.repeated < USUAL_REPEATED
    if repeats and not _are_of_one_template(articles):
        return f"the texts of {_articles(count)} repeat what stood in others"
    short = looks.length < SHORT_TEXT and looks.length * SHORTER < baseline.length
    if count >= MIN_SAMPLE and short and not any(article.attachments for article in articles):
        usual = f"{baseline.length:.0f} are usual"
        return f"the texts of {_articles(count)} have {looks.length:.0f} characters; {usual}"
    return ""


def _doubt_new_dates(baseline: Baseline, count: int, looks: ArticleLooks, now: datetime) -> str:
    if count >= MIN_SAMPLE and looks.told < FEW and baseline.told > NEARLY_ALL:
        return f"{_articles(count)} have no date; they used to have one"
    usual_run = max(MIN_SAME_DATE, STILL * looks.longest_run)
    still = looks.longest_run and looks.run >= usual_run and _is_ripe(baseline, now)
    since = baseline.run_since if looks.last == baseline.last else None
    if still and looks.last and since and now - since >= MIN_STILL:
        return f"its dates stand still: {looks.run} articles in a row have {looks.last:%Y-%m-%d %H:%M}"
    return ""


def doubt_texts(baseline: Baseline, articles: Sequence[Article]) -> str:
    """Say that articles which were read, new ones or known ones, have a notice in place of their text."""
    if not articles or baseline.articles < MIN_ARTICLES:
        return ""
    looks = look_at_articles(baseline, articles)
    if looks.length * NOTICE_SHORTER < baseline.length and all(map(is_notice, articles)):
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


def _are_of_one_template(articles: Sequence[Article]) -> bool:
    """Tell whether texts that repeat are of one kind: of one title, or each with what only its title says."""
    times = Counter(article.title for article in articles)
    titles = list(times) if len(times) > 1 else ["", *times]
    start = _HALF_WORD.sub("", titles[0][: _shared(titles)])
    end = _HALF_WORD.sub("", titles[0][::-1][: _shared([title[::-1] for title in titles])])
    return all(
        times[one.title] > 1
        or one.title[len(start) : len(one.title) - len(end)].strip() in text_of(one.content[:TEXT_LENGTH])
        for one in articles
    )


def _shared(texts: Sequence[str]) -> int:
    """Count the characters with which all texts begin."""
    return sum(1 for _ in takewhile(lambda letters: len(set(letters)) == 1, zip(*texts, strict=False)))


def _is_ripe(baseline: Baseline, now: datetime) -> bool:
    return baseline.since is not None and now - baseline.since >= MIN_AGE


def is_notice(article: Article) -> bool:
    """Tell whether a text speaks of cookies and the like, in more ways than one."""
    found = _NOTICE.findall(text_of(article.content[:TEXT_LENGTH]))
    return len({word.lower() for word in found}) >= NOTICE_WORDS


def _articles(count: int) -> str:
    return "the new article" if count == 1 else f"{count} new articles"
