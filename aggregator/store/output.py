"""What is published."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from aggregator.model import (
    Archive,
    Tombstone,
    Topic,
    TopicState,
    Touch,
)
from aggregator.store import (
    backlog,
    topics,
)
from aggregator.store.backlog import Publication, Waiting
from aggregator.store.counters import counting, lock
from aggregator.store.door import Door


class Output(Door):
    """What is published and what waits for it: articles, documents, archives, files."""

    def publication(self) -> Publication:
        """Return how far the output is."""
        with self._database.read() as connection:
            return backlog.publication(connection)

    def begin_publication(self, fingerprint: str, definitions: Mapping[str, str]) -> None:
        """Make everything unpublished. ``definitions`` are those of the feeds that the user named."""
        with self._database.write() as connection, counting(connection) as totals:
            backlog.begin(connection, totals, fingerprint, definitions)

    def finish_publication(self) -> None:
        """Note that everything is rendered that can be."""
        with self._database.write() as connection:
            backlog.finish(connection)

    def waiting(self, after: int, limit: int, *, unfiled: bool = False) -> list[Waiting]:
        """Return articles that are to be published (or filed) after a sequence, in order of their change."""
        with self._database.read() as connection:
            return backlog.waiting(connection, after, limit, unfiled=unfiled)

    def file(self, filed: Sequence[tuple[str, int, Sequence[Topic]]], definitions: Mapping[str, str]) -> None:
        """File versions of articles, by id, into topics, and touch every document that shows them."""
        with self._database.write() as connection, counting(connection) as totals:
            topics.file(connection, totals, filed, definitions)

    def mark_published(self, articles: Sequence[tuple[str, int]]) -> None:
        """Note that exactly these versions are published."""
        if articles:
            with self._database.write() as connection:
                lock(connection)
                backlog.mark_articles(connection, articles)

    def published(self, ids: Sequence[str]) -> set[str]:
        """Return which of these articles are published as they are."""
        with self._database.read() as connection:
            return backlog.published(connection, ids)

    def topics(self) -> list[TopicState]:
        """Return every topic, those with the most articles first."""
        with self._database.read() as connection:
            return topics.topic_states(connection)

    def topic(self, topic: Topic) -> TopicState:
        """Return how a topic stands; without articles where the store has none of it."""
        with self._database.read() as connection:
            return topics.topic_state(connection, topic)

    def touches(self) -> list[Touch]:
        """Return the documents that are to be rendered, in the order in which to do it."""
        with self._database.read() as connection:
            return backlog.touches(connection)

    def mark_rendered(self, touch: Touch, changed: Sequence[str] = ()) -> None:
        """Note that a document is rendered, and of which addresses hubs shall hear."""
        with self._database.write() as connection, counting(connection) as totals:
            backlog.settle(connection, totals, touch, changed)

    def archives(self, topic: Topic) -> list[Archive]:
        """Return the closed archives of a topic, oldest first."""
        with self._database.read() as connection:
            return backlog.list_archives(connection, topic)

    def archive(self, topic: Topic, number: int) -> Archive | None:
        """Return one archive of a topic."""
        with self._database.read() as connection:
            return backlog.archive(connection, topic, number)

    def save_archive(self, topic: Topic, archive: Archive) -> None:
        """Note an archive as it was written; a new one takes its members off the subscription document."""
        with self._database.write() as connection:
            lock(connection)
            backlog.keep_archive(connection, topic, archive)

    def tombstones(self, topic: Topic, limit: int) -> list[Tombstone]:
        """Return what was taken out of a topic last, the last one first."""
        with self._database.read() as connection:
            return backlog.list_tombstones(connection, topic, limit)

    def plan_documents(self, paths: Mapping[str, str | None]) -> None:
        """Remember files, with the id of the article that each shows, before they are written."""
        if paths:
            with self._database.write() as connection:
                lock(connection)
                backlog.plan_documents(connection, paths)

    def planned_documents(self, article_ids: Sequence[str] | None) -> dict[str, str | None]:
        """Return the files of these articles, or all files, by path."""
        with self._database.read() as connection:
            return backlog.planned_documents(connection, article_ids)

    def stale_documents(self, limit: int, *, removed: bool = False) -> list[str]:
        """Return files that this generation did not render, or only those of removed articles."""
        with self._database.read() as connection:
            return backlog.stale_documents(connection, limit, removed=removed)

    def forget_documents(self, paths: Collection[str]) -> None:
        """Forget files that are gone."""
        if paths:
            with self._database.write() as connection:
                lock(connection)
                backlog.forget_documents(connection, paths)
