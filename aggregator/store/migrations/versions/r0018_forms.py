"""Aliases by which articles of the first versions, too, are found in other forms of their addresses."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.identity import identify_address

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Note them for what is held and what was removed; the first article of a form has it."""
    connection = op.get_bind()
    aliases = sa.table("aliases", sa.column("identity"), sa.column("article"))
    articles = sa.table("articles", *map(sa.column, ("number", "namespace", "key")))
    taken = set(connection.scalars(sa.select(aliases.c.identity)))
    forms: dict[str, int] = {}
    for row in connection.execute(sa.select(articles).order_by(articles.c.number)):
        form = identify_address(row.namespace, row.key)
        if form and form not in taken:
            forms.setdefault(form, row.number)
    if forms:
        rows = [{"identity": form, "article": number} for form, number in forms.items()]
        op.bulk_insert(aliases, rows)
    names = ("identity", "id", "namespace", "key", "address", "reason", "removed_at")
    removed = sa.table("removed", *map(sa.column, names))
    gone = {row.identity: row for row in connection.execute(sa.select(removed))}
    for row in list(gone.values()):
        form = identify_address(row.namespace, row.key)
        if form and form not in gone:
            gone[form] = row
            connection.execute(sa.insert(removed), {**row._mapping, "identity": form})
