"""What is remembered of the visits of each source: a text of bounded length, with a line for each record."""

from functools import cache
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert

from aggregator.model import PollRecord
from aggregator.store.codec import decode, encode_short
from aggregator.store.database import Database
from aggregator.store.schema import records

MAX_LOG = 6000
"""Characters for each source: some twenty visits that were worth a note."""


class Records(Database):
    """What is remembered of the visits of sources."""

    def records(self, source: str) -> list[PollRecord]:
        """Return what is remembered of a source's visits, the last one first."""
        with self._read() as connection:
            log = connection.scalar(select(records.c.log).where(records.c.source == source)) or ""
        if len(log) == MAX_LOG:  # its beginning was cut off in the midst of a line
            log = log.partition("\n")[2]
        return [decode(PollRecord, line) for line in reversed(log.split("\n")) if line]


def note_record(connection: Connection, source: str, record: PollRecord) -> None:
    """Remember a visit of a source, behind what is there, which is not read for it."""
    line = f"{encode_short(record)}\n"
    connection.execute(_append(connection.dialect.name), {"source": source, "log": line})


@cache
def _append(dialect: str) -> Any:
    statement: Any = insert(records)
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # loaded only where it is the database

        statement = postgresql.insert(records)
    both = records.c.log + statement.excluded.log
    end = func.right(both, MAX_LOG) if dialect == "postgresql" else func.substr(both, -MAX_LOG)
    return statement.on_conflict_do_update(index_elements=["source"], set_={"log": end})
