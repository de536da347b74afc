"""Categories that get another name: their articles move, and the old name leads to the new one."""

from typing import Any

from sqlalchemy import Connection, Row, delete, exists, or_, select, update

from aggregator.model import Label
from aggregator.store.categories import count_up, fold_labels, number_categories
from aggregator.store.counters import Counters, counting
from aggregator.store.database import Database
from aggregator.store.schema import categories, filings, topics
from aggregator.store.topics import touch_topic


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
            new = _number(connection, counters, label, old)
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


def _number(connection: Connection, counters: Counters, label: str, old: int) -> Row[Any]:
    """Return the row of the category that a label means, beside the ``old`` one; a new label gets one."""
    (label,) = fold_labels([Label(label)])
    number = number_categories(connection, counters, [label])[label]
    found = select(categories).where(categories.c.number == number)
    row = connection.execute(found).one()
    if row.leads_to in (None, old):
        return row
    return connection.execute(select(categories).where(categories.c.number == row.leads_to)).one()
