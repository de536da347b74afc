"""Columns as revisions make them; revisions stay what they were, so nothing here is taken from the schema."""

from typing import Any

import sqlalchemy as sa

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)


def key(name: str, target: str | None = None, kind: sa.types.TypeEngine[Any] = NUMBER) -> sa.Column[Any]:
    """Return a column of the primary key; ``target`` is the column, as table.column, that it refers to."""
    references = [sa.ForeignKey(target)] if target else []
    return sa.Column(name, kind, *references, primary_key=True, autoincrement=False)


def required(kind: sa.types.TypeEngine[Any], *names: str, default: str | None = None) -> list[sa.Column[Any]]:
    """Return columns that have a value in every row; ``default`` is what older rows have."""
    return [sa.Column(name, kind, nullable=False, server_default=default) for name in names]
