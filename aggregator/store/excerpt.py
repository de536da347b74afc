"""A part of a store: what somebody sees who is shown some categories alone."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select, union_all

from aggregator.model import (
    EVERYTHING,
    Archive,
    Change,
    KeptArticle,
    Surroundings,
    Tombstone,
    Topic,
    TopicState,
)
from aggregator.store.articles import STATES
from aggregator.store.columns import is_among
from aggregator.store.schema import articles, categories, copies, filings, memberships, topics
from aggregator.store.search import Search
from aggregator.store.store import Store
from aggregator.text.query import Query, fold_case
from aggregator.text.query.syntax import All, Term
from aggregator.text.query.syntax import Any as AnyOf

SHOWN_ALWAYS = ("all", "feed")
"""Kinds of topics whose names say nothing of other categories."""


class Excerpt(Store):
    """Reads from a store as if it had nothing but some categories, by slugs or labels; it writes nothing."""

    def __init__(self, whole: Store, names: Collection[str]) -> None:
        self._whole = whole
        self._remembered = whole._remembered
        self._snapshots = whole._snapshots
        self._names = names

    @cached_property
    def _slugs(self) -> set[str]:
        return {found.slug for name in self._names if (found := self._whole.category(name))}

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self._whole._read() as connection:
            yield connection

    @property
    def _is_ours(self) -> ColumnElement[bool]:
        """The condition that a filing is in one of the categories."""
        ours = select(categories.c.number).where(categories.c.slug.in_(self._slugs))
        return filings.c.category.in_(ours)

    @property
    def _is_shown(self) -> ColumnElement[bool]:
        """The condition that an article is in one of the categories."""
        return exists().where(filings.c.article == articles.c.number, self._is_ours)

    def _select(self, query: Select[Any], wanted: Mapping[str, Any]) -> list[KeptArticle]:
        return self._cut(super()._select(query.where(self._is_shown), wanted))

    def _cut(self, found: Sequence[KeptArticle]) -> list[KeptArticle]:
        """Leave out articles of other categories, and what says that an article is in one of these, too."""
        cut = (
            replace(kept, filings=tuple(one for one in kept.filings if one.category.slug in self._slugs))
            for kept in found
        )
        return [kept for kept in cut if kept.filings]

    def find_all(self, ids: Sequence[str], *, origins: bool = True) -> list[KeptArticle]:
        """Return articles in the order of their ids; ids of none are left out."""
        return self._cut(super().find_all(ids, origins=origins))

    def newest(self, topic: Topic, limit: int) -> list[KeptArticle]:
        """Return the articles of a topic that were published last, the last one first."""
        if topic == EVERYTHING:
            return self._first(memberships.c.published, limit)
        return super().newest(topic, limit)

    def latest(self, topic: Topic, limit: int) -> list[KeptArticle]:
        """Return the articles of a topic that came or changed last, the last one first."""
        if topic == EVERYTHING:
            return self._first(memberships.c.sequence, limit)
        return super().latest(topic, limit)

    def _first(self, rank: ColumnElement[Any], limit: int) -> list[KeptArticle]:
        """Return the articles of all the categories with the highest rank, the highest first.

        Each category gives as many as are wanted by its index, however many it has. Copies are left out where
        the article that leads is shown.
        """
        named = select(topics.c.number).where(topics.c.kind == "category", topics.c.name.in_(self._slugs))
        with self._read() as connection:
            numbers = connection.scalars(named).all()
        if not numbers:
            return []
        ranked = select(memberships.c.article, rank.label("rank")).order_by(rank.desc()).limit(limit)
        heads = [ranked.where(memberships.c.topic == number).subquery() for number in numbers]
        merged = union_all(*map(select, heads)).subquery()
        best = func.max(merged.c.rank)
        best_of = select(merged.c.article, best.label("rank")).group_by(merged.c.article).subquery()
        copied = exists().where(
            copies.c.article == articles.c.number, filings.c.article == copies.c.leader, self._is_ours
        )
        found = STATES.join(best_of, best_of.c.article == articles.c.number).where(~copied)
        return self._select(found.order_by(best_of.c.rank.desc(), articles.c.number.desc()).limit(limit), {})

    def surroundings(self, kept: Sequence[KeptArticle]) -> dict[str, Surroundings]:
        """Return by id what the pages of articles lead to."""
        around = super().surroundings(kept)
        cited = {one.headline.id for some in around.values() for one in some.citations}
        seen = self._seen(cited)
        return {
            article_id: replace(
                some,
                copies=tuple(self._cut(some.copies)),
                citations=tuple(one for one in some.citations if one.headline.id in seen),
            )
            for article_id, some in around.items()
        }

    def _seen(self, ids: Collection[str]) -> set[str]:
        held = select(articles.c.id).where(self._is_shown, is_among(articles.c.id, ids))
        with self._read() as connection:
            return set(connection.scalars(held))

    def topics(self) -> list[TopicState]:
        """Return the topics that are shown: everything, the categories, and what the user named."""
        return [state for state in super().topics() if self._shows(state)]

    def topic(self, topic: Topic) -> TopicState:
        """Return how a topic stands; a category that is not shown is one that is not stored."""
        state = super().topic(topic)
        if topic.kind != "category":
            return replace(state, archived=0, archives=0)
        return state if self._shows(state) else TopicState(topic)

    def _shows(self, state: TopicState) -> bool:
        named = state.leads_to or state.topic
        return state.topic.kind in SHOWN_ALWAYS or (named.kind == "category" and named.name in self._slugs)

    def archive(self, topic: Topic, number: int) -> Archive | None:
        """Return one archive of a category, or None: those of other topics have articles of others."""
        return super().archive(topic, number) if self.topic(topic).archives else None

    def tombstones(self, topic: Topic, limit: int) -> list[Tombstone]:
        """Return what was removed from a category last; of other topics nobody knows what was whose."""
        return super().tombstones(topic, limit) if topic.kind == "category" else []

    def _read_changes(self, found: Select[Any]) -> list[Change]:
        return super()._read_changes(found.where(self._is_shown))

    def search(self, wanted: Search) -> list[KeptArticle]:
        """Return what is found, at most ``limit`` articles. Raises StoreError if it takes too long."""
        return self._cut(super().search(self._narrowed(wanted)))

    def count_found(self, wanted: Search, most: int) -> int:
        """Return how many articles are found on all pages, ``most`` at most. Raises StoreError."""
        return super().count_found(self._narrowed(wanted), most)

    def _narrowed(self, wanted: Search) -> Search:
        ours = AnyOf(tuple(Term(fold_case(slug), "category") for slug in sorted(self._slugs)))
        return replace(wanted, query=Query(All((wanted.query.root, ours))))
