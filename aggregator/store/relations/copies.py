"""Articles that are one text: which of them leads, and the index by which a new one finds it."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, select

from aggregator.model import KeptArticle
from aggregator.store.articles import Articles, read_articles
from aggregator.store.categories import count_up
from aggregator.store.database import asking, rows_in, rows_of
from aggregator.store.relations.comparison import (
    MAX_SHOWN,
    Compare,
    Comparison,
    file_again,
    first_after,
    leaders_of,
    part_from,
)
from aggregator.store.rows import upsert
from aggregator.store.schema import articles, bands, copies, lower_id, splits

_followers = copies.alias()
_UNCOMPARED = asking(select(articles.c.id).where(articles.c.version > articles.c.compared_version), lower_id)
_leads = exists().where(_followers.c.leader == articles.c.number).label("leads")
_standing = select(articles.c.id, articles.c.number, copies.c.leader, _leads)
_GROUPED = asking(_standing.outerjoin(copies, copies.c.article == articles.c.number), lower_id)


class Copies(Articles):
    """Which articles are one text."""

    def uncompared(self, ids: Collection[str]) -> set[str]:
        """Return which of these articles have a version that was not compared yet."""
        with self._read() as connection:
            return {row.id for row in rows_of(connection, _UNCOMPARED, _lower(ids))}

    def grouped(self, ids: Collection[str]) -> set[str]:
        """Return which of these articles are one text with others."""
        with self._read() as connection:
            return {row.id for row in _grouped(connection, ids)}

    def find_copies(self, keyed: Sequence[tuple[KeptArticle, Sequence[int]]], compare: Compare) -> bool:
        """Compare articles, each with its keys in the index, in the order of their arrival.

        One without keys neither leads nor follows. Return whether others are to be filed again for it.
        """
        if not keyed:
            return False
        with self._write_alone() as connection:
            batch = Comparison(connection, keyed, compare, self._remembered)
            batch.find_leaders()
            return batch.save()

    def came_before(self, article_id: str) -> list[KeptArticle]:
        """Return the articles of one text that arrived before one of them, the first ones."""
        with self._read() as connection:
            number = connection.scalar(_number_of(article_id))
            leader = connection.scalar(select(copies.c.leader).where(copies.c.article == number))
            if leader is None:
                leader = number
            group = (copies.c.leader == leader) & (copies.c.article < number)
            earlier = select(copies.c.article).where(group).order_by(copies.c.article).limit(MAX_SHOWN)
            numbers = {*connection.scalars(earlier), leader} - {number}
            return [kept for other, kept in _articles(connection, numbers).items() if other < number]

    def stories(self, ids: Collection[str]) -> dict[str, tuple[KeptArticle, ...]]:
        """Return by id the articles of one text, the one that leads first; one without copies is left out."""
        with self._read() as connection:
            leaders = {row.id: row.leader or row.number for row in _grouped(connection, ids)}
            groups = {leader: [leader, *_copies(connection, leader)] for leader in {*leaders.values()}}
            held = _articles(connection, {number for some in groups.values() for number in some})
            return {one: tuple(held[number] for number in groups[leader]) for one, leader in leaders.items()}

    def split(self, article_id: str, other_id: str) -> bool:
        """Tell two articles apart for good; return whether they were one text until now."""
        with self._write_alone() as connection:
            one, other = (connection.scalar(_number_of(name)) for name in (article_id, other_id))
            rows = [{"article": one, "other": other}, {"article": other, "other": one}]
            upsert(connection, splits, rows, [splits.c.article, splits.c.other])
            leaders = leaders_of(connection, [one, other])
            if leaders[one] != leaders[other]:
                return False
            connection.execute(delete(bands).where(bands.c.article == leaders[one]))
            part_copies(connection, leaders[one])
            count_up(connection, [leaders[one]])
            return True


def read_copies(connection: Connection, ids: Collection[str]) -> dict[str, tuple[KeptArticle, ...]]:
    """Return by id the other articles of one text: of a copy its leader, of a leader its first copies."""
    others = {
        row.id: [row.leader] if row.leader else _copies(connection, row.number)
        for row in _grouped(connection, ids)
    }
    held = _articles(connection, {number for some in others.values() for number in some})
    return {one: tuple(held[other] for other in some) for one, some in others.items()}


def _grouped(connection: Connection, ids: Collection[str]) -> list[Row[Any]]:
    """Return those of some articles that are one text with others, each with its leader unless it leads."""
    return [row for row in rows_of(connection, _GROUPED, _lower(ids)) if row.leader or row.leads]


def _copies(connection: Connection, leader: int) -> list[int]:
    """Return the first copies of an article that leads."""
    of_leader = select(copies.c.article).where(copies.c.leader == leader).order_by(copies.c.article)
    return list(connection.scalars(of_leader.limit(MAX_SHOWN)))


def part_copies(connection: Connection, number: int) -> None:
    """Let the copies of an article that goes find another one that leads: they are compared again.

    Where it follows itself, another one stands in topics for it.
    """
    file_again(connection, first_after(connection, leaders_of(connection, [number])[number], number))
    count_up(connection, part_from(connection, [number]))


def _articles(connection: Connection, numbers: Collection[int]) -> dict[int, KeptArticle]:
    if not numbers:
        return {}
    asked = select(articles.c.id, articles.c.number)
    number_of = {row.id: row.number for row in rows_in(connection, asked, articles.c.number, numbers)}
    held = read_articles(
        connection, select(articles).where(articles.c.number.in_(sorted(number_of.values())))
    )
    return dict(sorted((number_of[kept.id], kept) for kept in held))


def _number_of(article_id: str) -> Any:
    return select(articles.c.number).where(lower_id == article_id.lower())


def _lower(ids: Iterable[str]) -> list[str]:
    return [one.lower() for one in ids]
