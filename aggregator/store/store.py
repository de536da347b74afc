"""The store: every call is one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from aggregator.model import Backfill, Category, KeptArticle, Known, Outcome, Owed, PollState
from aggregator.store import articles, backfills, kept, publication, sources
from aggregator.store.database import Database
from aggregator.store.kept import Revision
from aggregator.store.publication import Unpublished
from aggregator.store.sources import SourceOverview
from aggregator.store.totals import article_count, counting, lock


class Store:
    """Sources, articles and what is published of them, in SQLite or PostgreSQL.

    Threads may share a store and processes a database. Times go in aware and come out in UTC. Every
    call may raise StoreError where the database fails; nothing of that call is stored then.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str) -> Self:
        """Open ``sqlite:///path`` or ``postgresql://…``, make what is missing, migrate what is older.

        Raises StoreError, without the url's password.
        """
        return cls(Database.open(url))

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Sources and leases

    def sync_sources(self, names: Sequence[str], now: datetime) -> None:
        """Make exactly these sources active; new ones are due now, others keep their state."""
        with self._database.read() as connection:
            if not sources.differs(connection, names):
                return
        with self._database.write() as connection:
            lock(connection)
            sources.sync(connection, names, now)

    def make_due(self, names: Sequence[str], now: datetime) -> None:
        """Let sources be visited now, those excepted that were asked to wait."""
        if names:
            with self._database.write() as connection:
                sources.make_due(connection, names, now)

    def claim_due(self, now: datetime, limit: int, owner: str, lease: timedelta) -> list[PollState]:
        """Lease up to ``limit`` active sources that are due and free, those due for longest in front."""
        with self._database.write() as connection:
            return sources.claim_due(connection, now, limit, owner, lease)

    def claim(self, name: str, now: datetime, owner: str, lease: timedelta) -> PollState | None:
        """Lease one active source, due or not; None where another poll holds it."""
        with self._database.write() as connection:
            return sources.claim(connection, name, now, owner, lease)

    def release(self, name: str, owner: str) -> None:
        """End a lease without an outcome: the source stays due when it was."""
        with self._database.write() as connection:
            sources.release(connection, name, owner)

    def lease_owners(self) -> set[str]:
        """Return who holds leases, expired ones included."""
        with self._database.read() as connection:
            return sources.lease_owners(connection)

    def release_owners(self, owners: Collection[str]) -> None:
        """End every lease of these owners, who are no more."""
        if not owners:
            return
        with self._database.write() as connection:
            lock(connection)
            sources.release_owners(connection, owners)

    def state(self, name: str) -> PollState:
        """Return a source's state, active or not. Raises StoreError for an unknown one."""
        with self._database.read() as connection:
            return sources.state(connection, name)

    def overview(self) -> list[SourceOverview]:
        """Return how every active source does, by name."""
        with self._database.read() as connection:
            return sources.overview(connection)

    # A poll

    def known(self, source: str, namespace: str, keys: Sequence[str]) -> dict[str, Known]:
        """Return what is known of those keys that are articles or their aliases, as this source sees it."""
        with self._database.read() as connection:
            return articles.known(connection, source, namespace, keys)

    def owed(self, source: str) -> list[Owed]:
        """Return the entries that a source owes, filtered ones too, those to be retried first in front."""
        with self._database.read() as connection:
            return sources.owed_by(connection, source)

    def save(
        self,
        outcome: Outcome,
        now: datetime,
        owner: str | None = None,
        backfill: Backfill | None = None,
    ) -> None:
        """Commit everything that a poll changed, a backfill's progress with it, and end its lease.

        With an owner, a lease that has passed to another one stays. A poll that found nothing writes
        one row. Raises StoreError for an unknown source, and for a sighting or an alias of what is no
        article.
        """
        found = outcome.new or outcome.changed or outcome.sightings or outcome.aliases
        debts = outcome.owed or outcome.settled
        with self._database.write() as connection:
            if not (found or debts or backfill):
                sources.save_state(connection, outcome.state, owner)
                return
            # Everywhere the lock comes before a source's row, so that no two writers block each other.
            with counting(connection) as totals:
                sources.save_state(connection, outcome.state, owner)
                articles.save_articles(connection, totals, outcome, now)
            sources.settle(connection, outcome.source, outcome.settled)
            sources.save_owed(connection, outcome.source, outcome.owed)
            if backfill:
                backfills.save_backfill(connection, backfill)

    def backfill(self, source: str) -> Backfill | None:
        """Return how far the backfill of a source got, None where none has begun or the last one ended."""
        with self._database.read() as connection:
            return backfills.backfill(connection, source)

    def end_backfill(self, source: str) -> None:
        """Forget the backfill of a source, if there is one."""
        with self._database.write() as connection:
            backfills.end_backfill(connection, source)

    # Articles

    def find(self, article_id: str) -> KeptArticle | None:
        """Return the article of that public id, or None."""
        return next(iter(self.kept([article_id])), None)

    def kept(self, ids: Sequence[str]) -> list[KeptArticle]:
        """Return articles in the order of their public ids, without those that are not there."""
        with self._database.read() as connection:
            return kept.kept(connection, ids)

    def every(self, batch: int = 200) -> Iterator[KeptArticle]:
        """Yield all articles in the order of their arrival, each ``batch`` from a transaction of its own."""
        number = 0
        while True:
            with self._database.read() as connection:
                page, number = kept.after(connection, number, batch)
            yield from page
            if len(page) < batch:
                return

    def newest(self, slug: str | None, limit: int) -> list[KeptArticle]:
        """Return the articles of a category (None: of all) that were published last, for pages."""
        with self._database.read() as connection:
            return kept.newest(connection, slug, limit)

    def latest(self, slug: str | None, limit: int) -> list[KeptArticle]:
        """Return the articles of a category (None: of all) that came or changed last, for feeds.

        An old article that comes into a category late is the newest there.
        """
        with self._database.read() as connection:
            return kept.latest(connection, slug, limit)

    def article_count(self) -> int:
        """Return how many articles there are."""
        with self._database.read() as connection:
            return article_count(connection)

    def revisions(self, article_id: str) -> list[Revision]:
        """Return the earlier states of an article, oldest first."""
        with self._database.read() as connection:
            return kept.list_revisions(connection, article_id)

    def categories(self) -> list[tuple[Category, int, datetime]]:
        """Return every category, how many articles it has and when the newest came, biggest first."""
        with self._database.read() as connection:
            return kept.list_categories(connection)

    def category(self, slug: str) -> Category | None:
        """Return the category of that slug, or None."""
        with self._database.read() as connection:
            return kept.category(connection, slug)

    # Publication

    def unpublished(self) -> Unpublished:
        """Return what has changed since it was published last."""
        with self._database.read() as connection:
            return publication.unpublished(connection)

    def mark_published(
        self,
        articles: Sequence[tuple[str, int]],
        categories: Sequence[tuple[str, int]],
        fingerprint: str | None = None,
    ) -> None:
        """Note that exactly these versions are published, and with a fingerprint that all is."""
        if not articles and not categories and fingerprint is None:
            return
        with self._database.write() as connection:
            lock(connection)
            publication.mark_articles(connection, articles)
            publication.mark_categories(connection, categories)
            if fingerprint is not None:
                publication.mark_fingerprint(connection, fingerprint)

    def plan_pages(self, paths: Mapping[str, str | None]) -> None:
        """Remember files, with the id of the article that each shows, before they are written."""
        if paths:
            with self._database.write() as connection:
                lock(connection)
                publication.plan_pages(connection, paths)

    def planned_pages(self, article_ids: Sequence[str] | None) -> dict[str, str | None]:
        """Return the files of these articles, or all files, by path."""
        with self._database.read() as connection:
            return publication.planned_pages(connection, article_ids)

    def forget_pages(self, paths: Collection[str]) -> None:
        """Forget files that are gone."""
        if paths:
            with self._database.write() as connection:
                lock(connection)
                publication.forget_pages(connection, paths)
