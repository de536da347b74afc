"""Articles compared with those before them: an index finds which may be one text, and one of them leads."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from aggregator.model import Article, KeptArticle
from aggregator.store.articles import STATES, Remembered
from aggregator.store.categories import count_up
from aggregator.store.columns import each_of
from aggregator.store.database import asking, change_in, rows_in, rows_of
from aggregator.store.schema import articles, bands, copies, splits

MAX_CANDIDATES = 6
"""Articles with which a new one is compared: those that share most keys with it."""
MAX_IN_BAND = 50
"""Articles under one key that are looked at, the newest; under more it is the key of a form."""
READ_TOGETHER = 50
"""Articles for which those are read at once that they are compared with."""
MAX_SHOWN = 50
"""Copies that are read of a leading article, or stand in for one that goes, the first."""

Compare = Callable[[Article, Sequence[Article]], tuple[int | None, bool]]
"""Tells which of some articles, by position, another one is a copy of, and whether it takes the lead."""

_keys, _same = each_of("keys"), bands.alias()
_OLDEST = (
    select(_same.c.article)
    .where(_same.c.band == _keys.c.value)
    .order_by(_same.c.article.desc())
    .offset(MAX_IN_BAND - 1)
    .limit(1)
    .scalar_subquery()
)
_IN_BANDS = select(bands).join(
    _keys, (bands.c.band == _keys.c.value) & (bands.c.article >= func.coalesce(_OLDEST, 0))
)
_INDEX = insert(bands).from_select(["band", "article"], select(_keys.c.value, bindparam("number")))
_COMPARED_VERSIONS = asking(select(articles.c.number, articles.c.compared_version), articles.c.number)
_LEADERS = select(copies.c.article, copies.c.leader)
_APART = asking(select(splits), splits.c.article)
_AGAIN = update(articles).values(
    version=articles.c.version + 1, compared_version=articles.c.compared_version + 1
)
_COMPARED = (
    update(articles)
    .where(articles.c.number == bindparam("of_article"))
    .values(compared_version=bindparam("done"))
)


class Comparison:
    """Some articles that are compared one after the other, with all that was held before."""

    def __init__(
        self,
        connection: Connection,
        keyed: Sequence[tuple[KeptArticle, Sequence[int]]],
        compare: Compare,
        remembered: Remembered,
    ) -> None:
        self._connection = connection
        self._remembered = remembered
        self._compare = compare
        rows = rows_of(connection, _COMPARED_VERSIONS, [kept.number for kept, _ in keyed])
        found = {row.number for row in rows}
        # Whoever is new has no keys yet, and neither leads nor follows.
        known = [row.number for row in rows if row.compared_version]
        held = {kept.number: (kept, keys) for kept, keys in keyed if kept.number in found}
        self._numbers = sorted(held)
        self._versions = {number: kept.version for number, (kept, _) in held.items()}
        self._keys = {number: keys for number, (_, keys) in held.items()}
        self._before = {number: number for number in self._numbers} | leaders_of(connection, known)
        self._again: set[int] = set()
        """Articles whose page or place in topics is another one."""
        self._forget(known)
        self._index = _read_index(connection, {*chain.from_iterable(self._keys.values())})
        self._indexed: list[dict[str, Any]] = []
        self._apart = _read_apart(connection, self._numbers)
        near = {number for some in (*self._index.values(), *self._apart.values()) for number in some}
        self._leaders = leaders_of(connection, [*near, *self._numbers])
        self._articles = {number: kept.article for number, (kept, _) in held.items()}

    def find_leaders(self) -> None:
        """Find of which others the articles are copies, in the order of their arrival."""
        # Those that one is compared with hang on those before it, so most are read for some at a time.
        for start in range(0, len(self._numbers), READ_TOGETHER):
            some = self._numbers[start : start + READ_TOGETHER]
            self._read_articles(other for number in some for other in self._candidates(number))
            for number in some:
                self._find_leader(number)

    def _find_leader(self, number: int) -> None:
        """Let an article follow the one of which it is a copy, or lead itself."""
        others = self._candidates(number)
        self._read_articles(others)
        texts = [self._articles[other] for other in others]
        position, leads = self._compare(self._articles[number], texts) if others else (None, False)
        if position is not None:
            leader = self._leaders[others[position]]
            self._follow(*((leader, number) if leads else (number, leader)), lead_changes=leads)
        if position is None or leads:
            keys = {*self._keys[number]}
            for key in keys:
                self._index[key].append(number)
            self._indexed.append({"number": number, "keys": keys})

    def save(self) -> bool:
        """Save keys and which versions were compared; return whether others are to be filed again."""
        if self._indexed:
            self._connection.execute(_INDEX, self._indexed)
        if self._numbers:
            versions = [{"of_article": number, "done": version} for number, version in self._versions.items()]
            self._connection.execute(_COMPARED, versions)
        moved = [number for number, leader in self._before.items() if leader != self._leaders[number]]
        first_of = {self._before[number]: number for number in sorted(moved, reverse=True)}
        for leader, number in first_of.items():
            self._again |= first_after(self._connection, leader, number)
        others = self._again - self._before.keys()
        file_again(self._connection, others)
        return bool(others or self._left)

    def _forget(self, known: Sequence[int]) -> None:
        """Let articles that were compared be nobody's copies, and whoever was theirs be compared again."""
        self._left = part_from(self._connection, known) - self._before.keys()
        count_up(self._connection, self._left)
        for table in (bands, copies):
            change_in(self._connection, delete(table), table.c.article, known)

    def _follow(self, number: int, leader: int, *, lead_changes: bool) -> None:
        """Let an article, and all that followed it, follow another one."""
        followers = list(self._connection.scalars(select(copies.c.article).where(copies.c.leader == number)))
        self._connection.execute(update(copies).where(copies.c.leader == number).values(leader=leader))
        self._connection.execute(insert(copies), {"article": number, "leader": leader})
        self._leaders |= dict.fromkeys([*followers, number], leader)
        if lead_changes:
            self._again |= {*followers, number}  # their pages name another one now

    def _candidates(self, number: int) -> list[int]:
        """Return the articles that share keys with one, those with most first.

        Left out are those that somebody told apart from it, and whole groups in which one of those is.
        """
        shared = Counter(chain.from_iterable([self._index[key][-MAX_IN_BAND:] for key in self._keys[number]]))
        del shared[number]
        parted = {self._leaders[one] for one in self._apart[number]}
        for one in [one for one in shared if self._leaders[one] in parted] if parted else ():
            del shared[one]
        return sorted(sorted(shared), key=shared.__getitem__, reverse=True)[:MAX_CANDIDATES]

    def _read_articles(self, numbers: Iterable[int]) -> None:
        if not (unread := {one for one in numbers if one not in self._articles}):
            return
        states = list(rows_in(self._connection, STATES, articles.c.number, unread))
        for row, kept in zip(states, self._remembered.read(self._connection, states), strict=True):
            self._articles[row.number] = kept.article


def _read_index(connection: Connection, keys: Collection[int]) -> defaultdict[int, list[int]]:
    """Return the articles under keys of the index, of each the newest, the last one last."""
    index: defaultdict[int, list[int]] = defaultdict(list)
    for band, article in connection.execute(_IN_BANDS, {"keys": [*keys]}).all():
        index[band].append(article)
    for some in index.values():
        some.sort()
    return index


def _read_apart(connection: Connection, numbers: Sequence[int]) -> defaultdict[int, list[int]]:
    """Return those that somebody told apart from each article."""
    apart: defaultdict[int, list[int]] = defaultdict(list)
    for row in rows_of(connection, _APART, numbers):
        apart[row.article].append(row.other)
    return apart


def leaders_of(connection: Connection, numbers: Sequence[int]) -> dict[int, int]:
    """Return the article that leads for each; one that is no copy leads itself."""
    found = {row.article: row.leader for row in rows_in(connection, _LEADERS, copies.c.article, numbers)}
    return {number: found.get(number, number) for number in numbers}


def first_after(connection: Connection, leader: int, number: int) -> set[int]:
    """Return the first articles of a text that came after one which goes: they may stand in topics for it."""
    later = (copies.c.leader == leader) & (copies.c.article > number)
    found = select(copies.c.article).where(later).order_by(copies.c.article).limit(MAX_SHOWN)
    return {*connection.scalars(found), *([leader] if leader > number else [])}


def part_from(connection: Connection, leaders: Collection[int]) -> set[int]:
    """Return the copies of some articles, which are none from now on."""
    members = {row.article for row in rows_in(connection, _LEADERS, copies.c.leader, leaders)}
    change_in(connection, delete(copies), copies.c.article, sorted(members))
    return members


def file_again(connection: Connection, numbers: Collection[int]) -> None:
    """Let articles be filed and published again; they were compared as far as they are."""
    change_in(connection, _AGAIN, articles.c.number, sorted(numbers))
