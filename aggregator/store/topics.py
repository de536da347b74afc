"""Topics: which articles are filed there, and which of their documents are to be rendered again."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from aggregator.model import (
    EVERYTHING,
    LIST_SIZE,
    OPERATIONS,
    SITEMAP_SIZE,
    Topic,
    TopicKind,
    TopicPart,
    TopicState,
)
from aggregator.store.counters import Counters, counting
from aggregator.store.database import Database, asking, rows_in, rows_of
from aggregator.store.identity import propose_slugs
from aggregator.store.rows import upsert
from aggregator.store.schema import (
    archives,
    articles,
    categories,
    echoes,
    lower_id,
    memberships,
    tombstones,
    topics,
    touched,
)

MAX_TOPICS = 256
"""Topics of which parts of statements are remembered; building one takes as long as running it."""

Filed = tuple[str, int, Sequence[Topic]]
"""Public id and version of an article, and the topics that this version belongs to."""

# The number of the last archive takes one look into an index, however many archives there are.
_CLOSED = (
    select(func.coalesce(func.max(archives.c.number), 0))
    .where(archives.c.topic == topics.c.number)
    .scalar_subquery()
    .label("closed")
)
_former, _heir = categories.alias(), categories.alias()
_STATES = (
    select(topics, _CLOSED, _heir.c.slug.label("heir"), _heir.c.label.label("heir_label"))
    .outerjoin(_former, (topics.c.kind == "category") & (_former.c.slug == topics.c.name))
    .outerjoin(_heir, _heir.c.number == _former.c.leads_to)
)
_LARGEST_FIRST = _STATES.order_by(topics.c.articles.desc(), topics.c.label, topics.c.number)
_IS_NAMED = (topics.c.kind == bindparam("of_kind")) & (topics.c.name == bindparam("of_name"))
_STATE = _STATES.where(_IS_NAMED)
NUMBER_OF = select(topics.c.number).where(_IS_NAMED).scalar_subquery()
"""The number of a topic, which statements that are built once are told by ``named``."""
_OF_KIND = select(topics.c.number).where(topics.c.kind == bindparam("kind"))
_NAMED = _OF_KIND.where(topics.c.name == bindparam("called"))
_LABELLED = _OF_KIND.where(topics.c.label == bindparam("called"))
_BY_ID = asking(
    select(lower_id.label("id"), articles.c.number, articles.c.sequence, articles.c.published), lower_id
)
_MEMBERS = asking(select(memberships), memberships.c.article)
_PLACES = asking(select(topics.c.number, topics.c.places), topics.c.number)
_GROW = (
    update(topics)
    .where(topics.c.number == bindparam("of_topic"))
    .values(articles=topics.c.articles + bindparam("more"), places=bindparam("last"))
)
_FILED = (
    update(articles)
    .where(articles.c.number == bindparam("of_article"))
    .values(filed_version=bindparam("shown"))
)


class Topics(Database):
    """What feeds are of, and which articles are filed there."""

    def topics(self) -> list[TopicState]:
        """Return every topic, those with the most articles first."""
        with self._read() as connection:
            return [_read_state(row) for row in connection.execute(_LARGEST_FIRST).all()]

    def topic(self, topic: Topic) -> TopicState:
        """Return how a topic stands; a topic that is not stored has no articles."""
        with self._read() as connection:
            row = connection.execute(_STATE, named(topic)).one_or_none()
        return TopicState(topic) if row is None else _read_state(row)

    def file(self, filed: Sequence[Filed], definitions: Mapping[str, str]) -> None:
        """File versions of articles into topics, and touch every document that shows them.

        An article keeps its place in a topic for ever, and gets a new sequence there when it has changed.
        It stays in every topic it was once filed into. ``definitions`` has, by name, what defines each feed
        that the user named.
        """
        with self._write() as connection, counting(connection) as counters:
            held = _read_articles(connection, [article_id for article_id, _, _ in filed])
            filed = [one for one in filed if one[0].lower() in held]  # others were removed meanwhile
            wanted = list(dict.fromkeys(topic for _, _, some in filed for topic in some))
            numbers = _number_topics(connection, counters, wanted, definitions)
            members = _read_members(connection, [row.number for row in held.values()])
            # An article that got another tag stays in the feeds of the one that it had.
            left = {number for number, _ in members} - {*numbers.values()}
            places = _read_places(connection, numbers.values())
            changed: list[dict[str, Any]] = []
            added: Counter[int] = Counter()
            # The front of everything lists the topics, also where an article comes into others alone.
            everything = connection.scalars(_NAMED, {"kind": EVERYTHING.kind, "called": EVERYTHING.name})
            fronts = {*everything, *left}
            parts: set[tuple[int, TopicPart, int]] = {(number, "front", 0) for number in fronts}
            for article_id, _, some in filed:
                row = held[article_id.lower()]
                for topic in some:
                    number = numbers[topic]
                    place, sequence = members.get((number, row.number), (0, 0))
                    if sequence < row.sequence:
                        if place:
                            _note_echo(connection, number, row.number, sequence)
                        else:
                            added[number] += 1
                            place = places[number] = places[number] + 1
                        members[number, row.number] = place, counters.draw()
                        changed.append(
                            {
                                "topic": number,
                                "article": row.number,
                                "place": place,
                                "sequence": counters.sequence,
                                "published": row.published,
                            }
                        )
                    parts |= parts_of(number, topic, place)
            upsert(connection, memberships, changed, [memberships.c.topic, memberships.c.article])
            _count_members(connection, added, places)
            touch(connection, counters, parts)
            _mark_filed(connection, [(held[one.lower()].number, version) for one, version, _ in filed])


def parts_of(number: int, topic: Topic, place: int) -> set[tuple[int, TopicPart, int]]:
    """Return the documents of a topic that show the article at a place, as (topic, part, part's number)."""
    parts: set[tuple[int, TopicPart, int]] = {(number, "front", 0)}
    if topic.kind == "category":
        page = (place - 1) // LIST_SIZE + 1
        parts.add((number, "list", page))
        if place % LIST_SIZE == 1 and page > 1:
            # The page before is full now, and links to this one.
            parts.add((number, "list", page - 1))
    elif topic.kind == "all":
        parts.add((number, "sitemap", (place - 1) // SITEMAP_SIZE + 1))
    return parts


def touch(connection: Connection, counters: Counters, parts: Iterable[tuple[int, TopicPart, int]]) -> None:
    """Note that documents of topics are to be rendered again."""
    rows = [
        {"topic": topic, "part": part, "number": number, "sequence": counters.draw()}
        for topic, part, number in sorted(parts)
    ]
    upsert(connection, touched, rows, [touched.c.topic, touched.c.part, touched.c.number])


def touch_all(connection: Connection, counters: Counters) -> None:
    """Touch every document of every topic."""
    for row in connection.execute(select(topics)).all():
        touch_topic(connection, counters, row)


def touch_topic(connection: Connection, counters: Counters, row: Row[Any]) -> None:
    """Touch every document of a topic, given its whole row."""
    parts: set[tuple[int, TopicPart, int]] = {(row.number, "front", 0)}
    if row.places:
        last = parts_of(row.number, read_topic(row), row.places)
        parts |= {(row.number, part, number) for _, part, end in last for number in range(1, end + 1)}
    closed = connection.scalars(select(archives.c.number).where(archives.c.topic == row.number))
    touch(connection, counters, parts | {(row.number, "archive", number) for number in closed})


def sync_feeds(connection: Connection, counters: Counters, definitions: Mapping[str, str]) -> None:
    """Make the user's feeds that are new or defined anew, empty, and forget those that are gone.

    The feed of the program's own news is always there.
    """
    named = select(topics.c.number, topics.c.name, topics.c.definition).where(topics.c.kind == "feed")
    for row in connection.execute(named).all():
        if definitions.get(row.name) != row.definition:
            delete_topic(connection, row.number)
    wanted = [OPERATIONS, *(Topic("feed", name, name) for name in definitions)]
    _number_topics(connection, counters, wanted, definitions)


def delete_topic(connection: Connection, number: int) -> None:
    """Delete every row of a topic; its documents stay until they are removed."""
    for table in (touched, archives, echoes, tombstones, memberships):
        connection.execute(delete(table).where(table.c.topic == number))
    connection.execute(delete(topics).where(topics.c.number == number))


def touch_fronts(connection: Connection, counters: Counters, kind: TopicKind, names: Sequence[str]) -> None:
    """Touch the fronts of the topics of a kind that have these names."""
    held = select(topics.c.number).where(topics.c.kind == kind)
    rows = rows_in(connection, held, topics.c.name, names)
    touch(connection, counters, [(row.number, "front", 0) for row in rows])


def _read_state(row: Any) -> TopicState:
    heir = Topic("category", row.heir, row.heir_label) if row.heir else None
    return TopicState(read_topic(row), row.articles, row.places, row.archived, row.closed, heir)


def is_topic(topic: Topic) -> Any:
    """Return the condition that a row of ``topics`` is this one."""
    return (topics.c.kind == topic.kind) & (topics.c.name == topic.name)


def named(topic: Topic) -> dict[str, Any]:
    """Return the parameters by which a statement with ``NUMBER_OF`` is told the topic."""
    return {"of_kind": topic.kind, "of_name": topic.name}


@lru_cache(MAX_TOPICS)
def number_of(topic: Topic) -> Any:
    """Return a subquery for the number of a topic."""
    return select(topics.c.number).where(is_topic(topic)).scalar_subquery()


def read_topic(row: Any) -> Topic:
    """Return the topic that a row of ``topics`` holds."""
    return Topic(row.kind, row.name, row.label)


def _read_articles(connection: Connection, ids: Sequence[str]) -> dict[str, Row[Any]]:
    return {row.id: row for row in rows_of(connection, _BY_ID, [one.lower() for one in ids])}


def _number_topics(
    connection: Connection, counters: Counters, wanted: Sequence[Topic], definitions: Mapping[str, str]
) -> dict[Topic, int]:
    """Return the number of each topic, inserting new ones; a new tag gets its slug here."""
    numbers: dict[Topic, int] = {}
    for topic in wanted:
        by_label = topic.kind == "tag"
        called = {"kind": topic.kind, "called": topic.label if by_label else topic.name}
        held = connection.scalar(_LABELLED if by_label else _NAMED, called)
        numbers[topic] = held or counters.draw()
        if held is None:
            row = {
                "number": numbers[topic],
                "kind": topic.kind,
                "name": _free_name(connection, topic) if by_label else topic.name,
                "label": topic.label,
                "articles": 0,
                "places": 0,
                "archived": 0,
                "definition": definitions.get(topic.name, "") if topic.kind == "feed" else "",
            }
            connection.execute(insert(topics), row)
    return numbers


def _free_name(connection: Connection, topic: Topic) -> str:
    for slug in propose_slugs(topic.label):
        if connection.scalar(select(topics.c.number).where(is_topic(Topic(topic.kind, slug)))) is None:
            return slug
    raise AssertionError(f"two labels have the same hash: {topic.label}")


def _read_members(connection: Connection, numbers: Sequence[int]) -> dict[tuple[int, int], tuple[int, int]]:
    """Return place and sequence of articles in topics, by (topic, article)."""
    rows = rows_of(connection, _MEMBERS, numbers)
    return {(row.topic, row.article): (row.place, row.sequence) for row in rows}


def _read_places(connection: Connection, numbers: Collection[int]) -> dict[int, int]:
    rows = rows_of(connection, _PLACES, numbers)
    return {row.number: row.places for row in rows}


def _count_members(connection: Connection, added: Mapping[int, int], places: Mapping[int, int]) -> None:
    if added:
        rows = [{"of_topic": topic, "more": more, "last": places[topic]} for topic, more in added.items()]
        connection.execute(_GROW, rows)


def _note_echo(connection: Connection, topic: int, article: int, sequence: int) -> None:
    """Remember the archive, if any, that still shows the state which an article had until now."""
    closed = select(archives.c.number).where(
        archives.c.topic == topic, archives.c.first <= sequence, archives.c.last >= sequence
    )
    if (number := connection.scalar(closed)) is not None:
        row = {"topic": topic, "article": article, "archive": number}
        upsert(connection, echoes, [row], list(echoes.primary_key.columns))


def _mark_filed(connection: Connection, filed: Sequence[tuple[int, int]]) -> None:
    connection.execute(_FILED, [{"of_article": number, "shown": version} for number, version in filed])
