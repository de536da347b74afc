"""Categories, the filings of articles in them, and other names for them."""

from collections.abc import Collection, Iterable, Mapping, Set
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, insert, or_, select, update

from aggregator.model import Label
from aggregator.store.columns import scrub
from aggregator.store.counters import Counters, counting
from aggregator.store.database import Database, asking, change_in, rows_in, rows_of
from aggregator.store.identity import propose_slugs
from aggregator.store.rows import insert_rows
from aggregator.store.schema import articles, categories, filings, topics
from aggregator.store.topics import touch_topic

MAX_LABEL_LENGTH = 500
"""Characters of a category's label that count; PostgreSQL cannot index many more."""


_LABELLED = asking(
    select(categories.c.label, func.coalesce(categories.c.leads_to, categories.c.number).label("current")),
    categories.c.label,
)
"""The categories of labels, each that was renamed replaced by the one it leads to."""
_COUNTED_UP = update(articles).values(version=articles.c.version + 1)
_FILED = asking(select(filings).order_by(filings.c.article, filings.c.position), filings.c.article)


class Renames(Database):
    """Other names for categories."""

    def rename_category(self, slug: str, label: str) -> tuple[str, int]:
        """File the articles of a category in that of another label, made where there is none.

        What led to the old category leads to the new one, and so do its own slug and label from now on. Where
        the new label itself leads to a third category, that one is meant. Return its label, and how many
        articles moved.
        """
        with self._write() as connection, counting(connection) as counters:
            old = connection.scalars(select(categories.c.number).where(categories.c.slug == slug)).one()
            new = _number_new(connection, counters, label, old)
            moved = list(connection.scalars(select(filings.c.article).where(filings.c.category == old)))
            other = filings.alias()
            twice = exists().where(other.c.article == filings.c.article, other.c.category == new.number)
            connection.execute(delete(filings).where(filings.c.category == old, twice))
            connection.execute(update(filings).where(filings.c.category == old).values(category=new.number))
            lead = update(categories)
            before = or_(categories.c.number == old, categories.c.leads_to == old)
            connection.execute(lead.where(before).values(leads_to=new.number))
            connection.execute(lead.where(categories.c.number == new.number).values(leads_to=None))
            count_up(connection, moved)
            named = or_(categories.c.number == new.number, categories.c.leads_to == new.number)
            held = (topics.c.kind == "category") & topics.c.name.in_(select(categories.c.slug).where(named))
            connection.execute(update(topics).where(held).values(label=new.label))
            for row in connection.execute(select(topics).where(or_(held, topics.c.kind == "all"))).all():
                touch_topic(connection, counters, row)
            return new.label, len(moved)


def fold_labels(labels: Iterable[Label]) -> dict[str, str]:
    """Return by category, its blanks folded, the tag of its first label."""
    tags: dict[str, str] = {}
    for label in labels:
        tags.setdefault(" ".join(scrub(label.category).split())[:MAX_LABEL_LENGTH], scrub(label.tag))
    return tags


def file_articles(
    connection: Connection,
    counters: Counters,
    wanted: Mapping[int, Mapping[str, str]],
    new: Set[int],
    changed: Set[int],
) -> set[int]:
    """Add missing filings, correct tags, and count up the versions of the articles that show them.

    Return which articles those are.

    ``wanted`` has, by article number, the tag of each category's label. Versions are counted up already of
    the articles that are ``new`` or ``changed`` in this transaction.
    """
    labels = list(dict.fromkeys(label for tags in wanted.values() for label in tags))
    numbers = {row.label: row.current for row in rows_of(connection, _LABELLED, labels)}
    missing = [label for label in labels if label not in numbers]
    numbers |= number_categories(connection, counters, missing)
    filed: dict[int, dict[int, str]] = {number: {} for number in wanted}
    for row in rows_of(connection, _FILED, wanted.keys() - new):
        filed[row.article][row.category] = row.tag
    added: list[tuple[int, int]] = []
    retagged: list[tuple[int, int]] = []
    for article, tags in wanted.items():
        current: dict[int, str] = {}
        for label, tag in tags.items():
            # Of labels that lead to one category, the first one's tag counts.
            current.setdefault(numbers[label], tag)
        for category, tag in current.items():
            held = filed[article].get(category)
            if held != tag:
                (added if held is None else retagged).append((article, category))
                filed[article][category] = tag
    _insert(connection, added, filed)
    _retag(connection, retagged, filed)
    refiled = {article for article, _ in (*added, *retagged)} - new - changed
    count_up(connection, refiled)
    return refiled


def count_up(connection: Connection, numbers: Collection[int]) -> None:
    """Count up the versions of articles, so that they are published again."""
    change_in(connection, _COUNTED_UP, articles.c.number, sorted(numbers))


def number_categories(connection: Connection, counters: Counters, labels: Iterable[str]) -> dict[str, int]:
    """Return the number of each category by its label, inserting new ones; some may lead to others."""
    labels = list(dict.fromkeys(labels))
    held = rows_in(connection, select(categories), categories.c.label, labels)
    numbers: dict[str, int] = {row.label: row.number for row in held}
    for label in labels:
        if label not in numbers:
            numbers[label] = counters.draw()
            row = {"number": numbers[label], "slug": _free_slug(connection, label), "label": label}
            connection.execute(insert(categories), row)
    return numbers


def _free_slug(connection: Connection, label: str) -> str:
    for slug in propose_slugs(label):
        taken = connection.scalar(select(categories.c.number).where(categories.c.slug == slug))
        if taken is None:
            return slug
    raise AssertionError(f"two labels have the same hash: {label}")


def _insert(
    connection: Connection, added: list[tuple[int, int]], filed: Mapping[int, Mapping[int, str]]
) -> None:
    rows = [
        {
            "article": article,
            "category": category,
            "position": list(filed[article]).index(category) + 1,
            "tag": filed[article][category],
        }
        for article, category in added
    ]
    insert_rows(connection, filings, rows)


def _retag(
    connection: Connection, retagged: list[tuple[int, int]], filed: Mapping[int, Mapping[int, str]]
) -> None:
    if retagged:
        connection.execute(
            update(filings)
            .where(
                filings.c.article == bindparam("of_article"), filings.c.category == bindparam("of_category")
            )
            .values(tag=bindparam("new_tag")),
            [
                {"of_article": article, "of_category": category, "new_tag": filed[article][category]}
                for article, category in retagged
            ],
        )


def _number_new(connection: Connection, counters: Counters, label: str, old: int) -> Row[Any]:
    """Return the row of the category that a label means, beside the ``old`` one; a new label gets one."""
    (label,) = fold_labels([Label(label)])
    number = number_categories(connection, counters, [label])[label]
    found = select(categories).where(categories.c.number == number)
    row = connection.execute(found).one()
    if row.leads_to in (None, old):
        return row
    return connection.execute(select(categories).where(categories.c.number == row.leads_to)).one()
