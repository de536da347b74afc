"""Articles, read and taken out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from aggregator.model import (
    Category,
    Headline,
    KeptArticle,
    Neighbours,
    Topic,
)
from aggregator.store import (
    articles,
    integrity,
    removals,
    retention,
    search,
)
from aggregator.store.articles import Revision
from aggregator.store.counters import article_count, counting
from aggregator.store.door import Door
from aggregator.store.removals import Removal
from aggregator.store.retention import Expired
from aggregator.store.search import Search


class Library(Door):
    """The articles that are held: one by one, in windows, by a search; and their removal."""

    def find(self, article_id: str) -> KeptArticle | None:
        """Return the article of that public id, or None."""
        return next(iter(self.find_all([article_id])), None)

    def find_all(self, ids: Sequence[str]) -> list[KeptArticle]:
        """Return articles in the order of their public ids, without those that are not there."""
        with self._database.read() as connection:
            return articles.kept(connection, ids)

    def every(self, batch: int = 200) -> Iterator[KeptArticle]:
        """Yield all articles in the order of their arrival, each ``batch`` from a transaction of its own."""
        number = 0
        while True:
            with self._database.read() as connection:
                page, number = articles.after(connection, number, batch)
            yield from page
            if len(page) < batch:
                return

    def newest(self, topic: Topic, limit: int) -> list[KeptArticle]:
        """Return the articles of a topic that were published last, for pages."""
        with self._database.read() as connection:
            return articles.newest(connection, topic, limit)

    def latest(self, topic: Topic, limit: int) -> list[KeptArticle]:
        """Return the articles of a topic that came or changed last.

        An old article that comes into a topic late is the newest there.
        """
        with self._database.read() as connection:
            return articles.latest(connection, topic, limit)

    def placed(self, topic: Topic, first: int, last: int) -> list[KeptArticle]:
        """Return the articles of a topic from one place to another, the last one first."""
        with self._database.read() as connection:
            return articles.placed(connection, topic, first, last)

    def changed(self, topic: Topic, first: int, last: int) -> list[KeptArticle]:
        """Return the articles of a topic whose sequence there is in a range, the last one first."""
        with self._database.read() as connection:
            return articles.changed(connection, topic, first, last)

    def unarchived(self, topic: Topic, after: int, limit: int) -> list[int]:
        """Return the sequences of a topic's members that came or changed after one, oldest first."""
        with self._database.read() as connection:
            return articles.unarchived(connection, topic, after, limit)

    def headlines(self, topic: Topic, first: int, last: int) -> list[Headline]:
        """Return the articles of a topic from one place to another, without their texts, the last first."""
        with self._database.read() as connection:
            return articles.headlines(connection, topic, first, last)

    def news(self, age: timedelta, limit: int) -> list[Headline]:
        """Return what was published last, no more than ``age`` before the newest of all."""
        with self._database.read() as connection:
            return articles.news(connection, age, limit)

    def neighbours(self, shown: Sequence[KeptArticle]) -> dict[str, Neighbours]:
        """Return by id what stands before and after articles in their first category."""
        with self._database.read() as connection:
            return articles.neighbours(connection, shown)

    def find_faults(self) -> list[str]:
        """Name everything that is wrong with the database, in plain words."""
        with self._database.read() as connection:
            return integrity.find_faults(connection)

    def article_count(self) -> int:
        """Return how many articles there are."""
        with self._database.read() as connection:
            return article_count(connection)

    def revisions(self, article_id: str) -> list[Revision]:
        """Return the earlier states of an article, oldest first."""
        with self._database.read() as connection:
            return articles.list_revisions(connection, article_id)

    def category(self, slug: str) -> Category | None:
        """Return the category of that slug, or None."""
        with self._database.read() as connection:
            return articles.category(connection, slug)

    def search(self, wanted: Search) -> list[KeptArticle]:
        """Return what a search finds. Raises StoreError where it takes too long."""
        with self._database.read() as connection:
            return search.search(connection, wanted)

    def find_removal(self, name: str) -> Removal | None:
        """Return what would be taken out by a public id or an address. Raises StoreError for several."""
        with self._database.read() as connection:
            return removals.find_removal(connection, name)

    def remove(self, article_id: str, reason: str, now: datetime) -> None:
        """Take an article out for good; the next publication removes what shows it."""
        with self._database.write() as connection, counting(connection) as totals:
            removals.remove(connection, totals, article_id, reason, now)

    def count_expired(self, source: str, before: datetime | None, items: int | None) -> Expired:
        """Count what a source keeps no longer: what came before a time, or before its newest ``items``."""
        with self._database.read() as connection:
            return retention.count_expired(connection, source, before, items)

    def expire(
        self, source: str, before: datetime | None, items: int | None, reason: str, now: datetime, limit: int
    ) -> int:
        """Take out the oldest of what a source keeps no longer, without a word in feeds; return how many."""
        with self._database.write() as connection, counting(connection) as totals:
            ids = retention.list_expired(connection, source, before, items, limit)
            for one in ids:
                removals.remove(connection, totals, one, reason, now, tell=False)
        return len(ids)

    def is_removed(self, article_id: str) -> bool:
        """Tell whether an article of this public id was taken out."""
        with self._database.read() as connection:
            return removals.is_removed(connection, article_id)
