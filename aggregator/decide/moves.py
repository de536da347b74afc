"""Articles that stand at another address than before: told by their titles, days and texts."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime
from posixpath import basename
from typing import Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from aggregator.decide.changes import same_text, words_of
from aggregator.decide.visit import Moves, Visit
from aggregator.model import Article, Entry, Known
from aggregator.settings import Source
from aggregator.text.addresses import comparable
from aggregator.text.dates import read_date, read_day
from aggregator.text.references import has_other_number
from aggregator.text.text import fold

MIN_MOVED = 3
"""Entries that have the titles and days of known articles by more than chance."""
MIN_WORDS = 20
"""Words of a text that tells an article without a day; menus and notices of maintenance repeat theirs."""
MIN_LIKENESS = 0.9
"""Share of words that an article keeps where its whole list moved: a relaunch brings another frame."""


@dataclass(frozen=True, slots=True)
class _When:
    """When something was published, as far as it is stated."""

    day: date | None = None
    moment: datetime | None = None

    def is_same_day(self, other: Self) -> bool:
        return self.day is not None and self.day == other.day

    def is_other_day(self, other: Self) -> bool:
        return self.day is not None and other.day is not None and self.day != other.day

    def is_other_moment(self, other: Self) -> bool:
        return self.moment is not None and other.moment is not None and self.moment != other.moment


def find_moves(visit: Visit, entries: Sequence[Entry], titled: Mapping[str, Sequence[Known]]) -> Moves:
    """Find which entries of a list may be known articles, and which are because most of the list has moved.

    ``titled`` has the source's articles by title. A list that is all of one day proves nothing alone: hourly
    warnings have the same titles again.
    """
    unknown = {entry.key: entry for entry in entries if entry.key not in visit.known}
    listed = {entry.key for entry in entries}
    debts = {key: debt.entry for key, debt in visit.owed.items() if debt.entry and key not in listed}
    held = _find_held(visit, listed, titled)
    likeness = _compare(visit, unknown, _candidates(visit, titled, held, debts))
    pairs = likeness.pairs()
    most = len(pairs) >= MIN_MOVED and len(pairs) * 2 > len(entries)
    moved = pairs if most and len({likeness.days[key] for key in pairs}) > 1 else {}
    return Moves(
        titled=titled,
        alike=frozenset(likeness.alike),
        most=most,
        moved=frozenset(moved),
        known=_known_by_list(unknown, moved, held),
        settled=_settled(unknown, moved, debts),
        whole=len(unknown) == len(entries) >= MIN_MOVED and _have_one_each(entries, titled),
    )


@dataclass(frozen=True, slots=True)
class _Likeness:
    """What unknown entries have of known articles and of debts, by the entries' keys."""

    alike: set[str]
    """Those that may be one: title and day speak for it, or the day is unknown."""
    days: dict[str, date | None]
    same_day: dict[str, list[str]]
    """What has the same title and day."""

    def pairs(self) -> dict[str, str]:
        """Give what entries are, where one entry and one article or debt have the same title and day."""
        claims = Counter(name for names in self.same_day.values() for name in names)
        single = {key: names[0] for key, names in self.same_day.items() if len(names) == 1}
        return {key: name for key, name in single.items() if claims[name] == 1}


def _find_held(visit: Visit, listed: Set[str], titled: Mapping[str, Sequence[Known]]) -> dict[str, Known]:
    """Give by key the articles that have a title, but no entry of the list is known to be."""
    taken = {visit.known[key].article_key for key in listed & visit.known.keys()}
    return {one.article_key: one for some in titled.values() for one in some if one.article_key not in taken}


def _candidates(
    visit: Visit,
    titled: Mapping[str, Sequence[Known]],
    held: Mapping[str, Known],
    debts: Mapping[str, Entry],
) -> dict[str, dict[str, _When]]:
    """Give by title what an unknown entry can be, articles and debts, and when these were published."""
    candidates = {
        title: {one.article_key: _when(one, visit.source) for one in some if one.article_key in held}
        for title, some in titled.items()
    }
    for key, entry in debts.items():
        if entry.title in candidates:
            candidates[entry.title][key] = _when_stated(entry, visit)
    return candidates


def _compare(
    visit: Visit, unknown: Mapping[str, Entry], candidates: Mapping[str, Mapping[str, _When]]
) -> _Likeness:
    likeness = _Likeness(set(), {}, {})
    for key, entry in unknown.items():
        if found := candidates.get(entry.title):
            when = _when_stated(entry, visit)
            likeness.days[key] = when.day
            likeness.same_day[key] = [name for name, other in found.items() if when.is_same_day(other)]
            if not all(when.is_other_day(other) for other in found.values()):
                likeness.alike.add(key)
    return likeness


def _known_by_list(
    unknown: Mapping[str, Entry], moved: Mapping[str, str], held: Mapping[str, Known]
) -> dict[str, Known]:
    """Give the articles that entries are for which the list has no text that could tell otherwise."""
    named = {key: held[name] for key, name in moved.items() if name in held}
    return {
        key: replace(known, key=key, entry_digest="")
        for key, known in named.items()
        if unknown[key].content is None
    }


def _settled(
    unknown: Mapping[str, Entry], moved: Mapping[str, str], debts: Mapping[str, Entry]
) -> frozenset[str]:
    forms = {comparable(key) for key in unknown}
    return frozenset(key for key in debts if key in moved.values() or comparable(key) in forms)


def _have_one_each(entries: Sequence[Entry], titled: Mapping[str, Sequence[Known]]) -> bool:
    return all(len(titled.get(entry.title, ())) == 1 for entry in entries)


def is_alike(one: Article, other: Article, source: Source) -> bool:
    """Tell whether two articles have one title, and no two days."""
    return fold(one.title) == fold(other.title) and not _when(one, source).is_other_day(_when(other, source))


def is_moved(before: Article, after: Article, source: Source, moves: Moves, key: str) -> bool:
    """Tell whether an article that came under a new key is one, alike, that was there before.

    Their texts, files and numbers are the same. Where the list alone tells the article, much of the text is
    enough.
    """
    if has_other_number(before, after):
        return False
    then, now = _when(before, source), _when(after, source)
    mine, theirs = words_of(before.content), words_of(after.content)
    if not mine or not theirs:
        return moves.most and not then.is_other_moment(now)
    if same_text(before.content, after.content):
        sure = (then.day and now.day) or len(mine) >= MIN_WORDS
        return moves.most or bool(sure and not then.is_other_moment(now) and _files(before) == _files(after))
    shared = (Counter(mine) & Counter(theirs)).total()
    return key in moves.moved and shared * 2 >= MIN_LIKENESS * (len(mine) + len(theirs))


def _when_stated(entry: Entry, visit: Visit) -> _When:
    zone = visit.source.timezone
    moment = read_date(entry.published, visit.now, zone)
    if moment is None:
        return _When()
    day = read_day(entry.published, visit.now, zone)
    return _When(day or moment.astimezone(ZoneInfo(zone)).date(), None if day else moment)


def _when(article: Article | Known, source: Source) -> _When:
    if not article.dated:
        return _When()
    wall = article.published.astimezone(ZoneInfo(source.timezone))
    exact = article.day is None and (wall.hour or wall.minute)
    return _When(article.day or wall.date(), article.published if exact else None)


def _files(article: Article) -> set[str]:
    return {basename(urlsplit(item.address).path) for item in article.attachments}
