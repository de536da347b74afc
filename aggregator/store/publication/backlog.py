"""The backlog of publication: articles that wait, and documents that are to be rendered again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, select, update

from aggregator.model import Touch
from aggregator.store.codec import read_row
from aggregator.store.counters import counting
from aggregator.store.database import Database, rows_in, upsert
from aggregator.store.schema import (
    announcements,
    articles,
    categories,
    events,
    media,
    removed,
    topics,
    totals,
    touched,
)
from aggregator.store.topics import number_of, read_topic, sync_feeds, touch_all

_WAITING = articles.c.version > articles.c.published_version


@dataclass(frozen=True, slots=True)
class Publication:
    """How far the output is."""

    fingerprint: str
    """That of the configuration and program by which everything is rendered."""

    whole: bool
    """False while everything is being rendered anew."""

    articles: int
    """How many articles wait."""

    documents: int
    """How many documents of topics wait."""

    @property
    def done(self) -> bool:
        """Whether nothing waits."""
        return self.whole and not self.articles and not self.documents


@dataclass(frozen=True, slots=True)
class Waiting:
    """An article that waits: its public id, the version to publish, and its place in the queue."""

    id: str
    version: int
    sequence: int


class Backlog(Database):
    """What is not published yet."""

    def publication(self) -> Publication:
        """Return how far the output is."""
        with self._read() as connection:
            row = connection.execute(select(totals.c.fingerprint, totals.c.whole)).one()
            waiting = connection.scalar(select(func.count()).select_from(articles).where(_WAITING))
            documents = connection.scalar(select(func.count()).select_from(touched))
        return Publication(row.fingerprint, row.whole, waiting or 0, documents or 0)

    def last_sequence(self) -> int:
        """Return the last number given out: another one whenever articles were kept, filed or taken out."""
        with self._read() as connection:
            return connection.scalar(select(totals.c.sequence)) or 0

    def content_mark(self) -> str:
        """Return a text that is another one whenever what is to be published is."""
        counted = (
            select(func.max(articles.c.sequence)).scalar_subquery(),
            select(func.count()).select_from(removed).scalar_subquery(),
            select(func.count()).select_from(media).where(media.c.path != "").scalar_subquery(),
            select(func.sum(categories.c.leads_to)).scalar_subquery(),
            select(func.max(events.c.sequence)).scalar_subquery(),
            totals.c.articles,
        )
        with self._read() as connection:
            return "/".join(map(str, connection.execute(select(*counted)).one()))

    def begin_publication(self, fingerprint: str, definitions: Mapping[str, str]) -> None:
        """Make everything unpublished, to be rendered by what has this fingerprint.

        ``definitions`` has, by name, what defines each feed that the user named.
        """
        # Each row that changes is written whole, with its text, so the others are left alone.
        done = (articles.c.published_version > 0) | (articles.c.filed_version > 0)
        with self._write() as connection, counting(connection) as counters:
            sync_feeds(connection, counters, definitions)
            connection.execute(update(articles).where(done).values(published_version=0, filed_version=0))
            touch_all(connection, counters)
            connection.execute(
                update(totals).values(
                    fingerprint=fingerprint, whole=False, generation=totals.c.generation + 1
                )
            )

    def finish_publication(self) -> None:
        """Note that everything is rendered that can be."""
        with self._write() as connection:
            connection.execute(update(totals).values(whole=True))

    def waiting(self, after: int, limit: int, *, unfiled: bool = False) -> list[Waiting]:
        """Return articles to be published whose sequence is above ``after``, in order of their change.

        They are filed already; with ``unfiled`` it is those that are to be filed first.
        """
        found = (
            select(articles.c.id, articles.c.version, articles.c.sequence)
            .where(_WAITING, articles.c.sequence > after)
            .where((articles.c.version > articles.c.filed_version) == unfiled)
            .order_by(articles.c.sequence)
            .limit(limit)
        )
        with self._read() as connection:
            return [read_row(Waiting, row) for row in connection.execute(found)]

    def mark_published(self, versions: Sequence[tuple[str, int]]) -> None:
        """Note that these versions of articles, by id, are published; newer ones go on waiting."""
        if not versions:
            return
        with self._write_alone() as connection:
            connection.execute(
                update(articles)
                .where(
                    func.lower(articles.c.id) == bindparam("lower_id"),
                    articles.c.published_version < bindparam("shown"),
                )
                .values(published_version=bindparam("shown")),
                [{"lower_id": one.lower(), "shown": version} for one, version in versions],
            )

    def published(self, ids: Sequence[str]) -> set[str]:
        """Return which of these articles, by id, are published in their newest version."""
        lower = [one.lower() for one in ids]
        done = select(articles.c.id).where(~_WAITING)
        with self._read() as connection:
            return {row.id for row in rows_in(connection, done, func.lower(articles.c.id), lower)}

    def touches(self) -> list[Touch]:
        """Return the documents to be rendered, in order: a topic's numbered parts before its front.

        The topic of everything comes last, because its front shows how many articles each category has.
        """
        held = (
            select(topics, touched.c.part, touched.c.number.label("of"), touched.c.sequence)
            .join(topics)
            .order_by(topics.c.kind == "all", touched.c.part == "front", touched.c.topic, touched.c.number)
        )
        with self._read() as connection:
            return [
                Touch(read_topic(row), row.part, row.of, row.sequence) for row in connection.execute(held)
            ]

    def mark_rendered(self, touch: Touch, changed: Sequence[str] = ()) -> None:
        """Note that a document is rendered, unless it was touched again since.

        ``changed`` are the addresses of feeds of which our hub is to hear.
        """
        with self._write() as connection, counting(connection) as counters:
            connection.execute(
                delete(touched).where(
                    touched.c.topic == number_of(touch.topic),
                    touched.c.part == touch.part,
                    touched.c.number == touch.number,
                    touched.c.sequence == touch.sequence,
                )
            )
            rows = [{"address": address, "sequence": counters.draw()} for address in changed]
            upsert(connection, announcements, rows, [announcements.c.address])
