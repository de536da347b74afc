"""The names of the sources in a database, asked without SQLAlchemy: `check` needs no more of it."""

import sqlite3
from contextlib import closing

from aggregator.errors import StoreError

COUNTED = (
    "SELECT sources.name, count(articles.number) FROM sources LEFT JOIN articles"
    " ON articles.source = sources.name WHERE sources.active GROUP BY sources.name"
)


def count_by_name(file: str) -> dict[str, int]:
    """Return the number of articles by the name of each active source of an SQLite database.

    Raises StoreError where the file is no database of ours, or is damaged.
    """
    try:
        with closing(sqlite3.connect(file)) as connection:
            return dict(connection.execute(COUNTED).fetchall())
    except sqlite3.Error as exc:
        raise StoreError(f"the database cannot be read: {exc} (sqlite:///{file})") from exc
