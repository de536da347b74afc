"""The backlog of publication: articles that wait, and documents that are to be rendered again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, case, delete, func, select, update

from aggregator.model import Touch
from aggregator.store.codec import read_row
from aggregator.store.counters import counting
from aggregator.store.database import Database, asking, rows_of
from aggregator.store.rows import upsert
from aggregator.store.schema import (
    announcements,
    articles,
    categories,
    events,
    lower_id,
    media,
    memberships,
    removed,
    topics,
    totals,
    touched,
)
from aggregator.store.topics import read_topic, sync_feeds, touch_all

_WAITING = articles.c.version > articles.c.published_version
_BACKLOG = {
    unfiled: (
        select(articles.c.id, articles.c.version, articles.c.sequence)
        .where(_WAITING, articles.c.sequence > bindparam("after"))
        .where((articles.c.version > articles.c.filed_version) == unfiled)
        .order_by(articles.c.sequence)
        .limit(bindparam("most"))
    )
    for unfiled in (False, True)
}
_PUBLISHED = asking(select(articles.c.id).where(~_WAITING), lower_id)
_MARK = (
    update(articles)
    .where(
        lower_id == bindparam("lower_id"),
        articles.c.published_version < bindparam("shown"),
    )
    .values(published_version=bindparam("shown"))
)
_TOPIC = select(topics.c.number).where(topics.c.kind == bindparam("kind"), topics.c.name == bindparam("name"))
_RENDERED = delete(touched).where(
    touched.c.topic == _TOPIC.scalar_subquery(),
    touched.c.part == bindparam("of_part"),
    touched.c.number == bindparam("of_number"),
    touched.c.sequence == bindparam("of_touch"),
)
_COUNTS = select(
    totals.c.fingerprint,
    totals.c.whole,
    select(func.count()).select_from(articles).where(_WAITING).scalar_subquery().label("articles"),
    select(func.count()).select_from(touched).scalar_subquery().label("documents"),
)

_MARK_OF_CONTENT = select(
    select(func.max(articles.c.sequence)).scalar_subquery(),
    select(func.count()).select_from(removed).scalar_subquery(),
    select(func.count()).select_from(media).where(media.c.path != "").scalar_subquery(),
    select(func.sum(categories.c.leads_to)).scalar_subquery(),
    select(func.max(events.c.sequence)).scalar_subquery(),
    totals.c.articles,
    totals.c.lineage,
)
_beside, _newest, _category = memberships.alias(), memberships.alias(), topics.alias()
_CATEGORY = (
    select(func.min(case((_category.c.kind == "category", _category.c.number))))
    .select_from(_beside)
    .join(_newest, _newest.c.article == _beside.c.article)
    .join(_category, _category.c.number == _beside.c.topic)
    .where(_newest.c.topic == topics.c.number, _newest.c.place == topics.c.places)
    .scalar_subquery()
)
"""The first category of a topic's newest article. As a condition, SQLite would look at all categories."""
_TOUCHES = (
    select(topics, touched.c.part, touched.c.number.label("of"), touched.c.sequence)
    .join(topics)
    .order_by(
        topics.c.kind == "all",
        case((topics.c.kind == "category", topics.c.number), else_=_CATEGORY),
        topics.c.kind != "category",
        touched.c.topic,
        touched.c.part == "front",
        touched.c.number,
    )
)


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
            return read_row(Publication, connection.execute(_COUNTS).one())

    def content_mark(self) -> str:
        """Return a text that is another one whenever what is to be published is."""
        with self._read() as connection:
            return "/".join(map(str, connection.execute(_MARK_OF_CONTENT).one()))

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
        wanted = {"after": after, "most": limit}
        with self._read() as connection:
            return [read_row(Waiting, row) for row in connection.execute(_BACKLOG[unfiled], wanted)]

    def mark_published(self, versions: Sequence[tuple[str, int]]) -> None:
        """Note that these versions of articles, by id, are published; newer ones go on waiting."""
        if not versions:
            return
        with self._write_alone() as connection:
            marked = [{"lower_id": one.lower(), "shown": version} for one, version in versions]
            connection.execute(_MARK, marked)

    def published(self, ids: Sequence[str]) -> set[str]:
        """Return which of these articles, by id, are published in their newest version."""
        with self._read() as connection:
            return {row.id for row in rows_of(connection, _PUBLISHED, [one.lower() for one in ids])}

    def touches(self) -> list[Touch]:
        """Return the documents to be rendered, topic by topic: its numbered parts before its front.

        Behind each category come the topics whose newest article is there, such as sources. So articles that
        all of them show are read and written once. The topic of everything comes last, because its front
        shows how many articles each category has.
        """
        with self._read() as connection:
            return [
                Touch(read_topic(row), row.part, row.of, row.sequence) for row in connection.execute(_TOUCHES)
            ]

    def mark_rendered(self, touches: Sequence[Touch], changed: Sequence[str] = ()) -> None:
        """Note that documents are rendered, but those that were touched again since.

        ``changed`` are the addresses of feeds of which our hub is to hear.
        """
        with self._write() as connection, counting(connection) as counters:
            if touches:
                connection.execute(_RENDERED, [_parameters(touch) for touch in touches])
            rows = [{"address": address, "sequence": counters.draw()} for address in changed]
            upsert(connection, announcements, rows, [announcements.c.address])


def _parameters(touch: Touch) -> dict[str, Any]:
    topic = touch.topic
    return {
        "kind": topic.kind,
        "name": topic.name,
        "of_part": touch.part,
        "of_number": touch.number,
        "of_touch": touch.sequence,
    }
