"""The move of everything in a database to an empty one, of the same kind or the other.

Tables are filled in the order of their keys, batch by batch, so that a move which was ended anywhere goes on
behind the last row that is there. Indexes, triggers and references are made at the end, and what is to be
made stands in a table of its own until then. Nothing else uses a database that is not whole.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
    tuple_,
)

from aggregator.errors import StoreError
from aggregator.store.columns import scrub
from aggregator.store.database import Database, revision_of
from aggregator.store.engines import read_url
from aggregator.store.schema import MOVING, REVISION, metadata, sources, totals
from aggregator.store.upkeep.usage import require_unused

BATCH = 1000
"""Rows that are read, written and committed together."""

Progress = Callable[[int, int], None]
TABLES: Sequence[Table] = metadata.sorted_tables
"""Each behind those that it refers to."""

# What is left to be done once every row is there, in this order; number 0 has the state of the origin.
_remaining = Table(
    "moving",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("statement", Text, nullable=False),
)

_OF_SQLITE = text(
    "SELECT 'DROP ' || type || ' ' || name, sql FROM sqlite_master"
    " WHERE type IN ('index', 'trigger') AND sql IS NOT NULL AND tbl_name IN :names ORDER BY type, name"
).bindparams(bindparam("names", expanding=True))
_REBUILD = "INSERT INTO texts_index(texts_index) VALUES ('rebuild')"
_OF_POSTGRESQL = (
    text(
        "SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)"
        " FROM pg_index JOIN pg_class ON pg_class.oid = indrelid"
        " WHERE relname = ANY(:names) AND relnamespace = current_schema()::regnamespace AND NOT EXISTS"
        " (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype <> 'f') ORDER BY 1"
    ),
    text(
        "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),"
        " format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,"
        " pg_get_constraintdef(oid))"
        " FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
        " AND conrelid::regclass::text = ANY(:names) ORDER BY 1"
    ),
)


@dataclass(frozen=True, slots=True)
class Planned:
    """One table that is to be moved."""

    table: str
    rows: int
    moved: int
    """Rows that an earlier call moved."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One table in both databases."""

    table: str
    rows: int
    digest: str
    """SHA-256 of all rows in the order of their keys."""
    moved_rows: int
    moved_digest: str

    @property
    def is_equal(self) -> bool:
        """Whether both have the same rows."""
        return (self.rows, self.digest) == (self.moved_rows, self.moved_digest)


class Side(Database):
    """One of the two databases, read as a whole."""

    def count(self) -> dict[str, int]:
        """Return the number of rows of each table."""
        with self._read() as connection:
            there = {*inspect(connection).get_table_names()}
            counts = {one: select(func.count()).select_from(one) for one in TABLES if one.name in there}
            return {table.name: connection.scalar(query) or 0 for table, query in counts.items()}

    def digest(self, table: Table, read: Callable[[int], None] = lambda rows: None) -> tuple[int, str]:
        """Return the number of a table's rows, and a hash of them that is the same in both databases.

        ``read`` is told how many rows were read, now and then.
        """
        hashed, count = sha256(), 0
        with closing(self.rows(table)) as found:
            for rows in found:
                for row in rows:
                    values = [scrub(value) if isinstance(value, str) else value for value in row]
                    hashed.update(repr(values).encode())
                count += len(rows)
                read(len(rows))
        return count, hashed.hexdigest()

    def state(self) -> str:
        """Return what tells this state of the database from others: every poll and every change is in it."""
        return " ".join(self.digest(table)[1] for table in (totals, sources))

    def rows(self, table: Table, after: Row[Any] | None = None) -> Generator[Sequence[Row[Any]]]:
        """Yield the rows of a table in the order of their keys, those behind ``after``."""
        keys = table.primary_key.columns
        ordered = select(table).order_by(*keys).execution_options(yield_per=BATCH)
        if after is not None:
            ordered = ordered.where(tuple_(*keys) > tuple(after))
        with self._read() as connection, connection.execute(ordered) as found:
            yield from found.partitions()


class Target(Side):
    """The database that gets everything; until it has, the program does not open it otherwise."""

    def _migrate(self, read_only: bool) -> None:
        """Refuse a database that has anything but the beginning of a move. Raises StoreError."""
        with self._read() as connection:
            found = revision_of(connection)
            ours = {*inspect(connection).get_table_names()} & {*metadata.tables}
        if found != MOVING and (found or ours):
            raise StoreError(f"the database that everything is moved to has to be empty ({self._name})")

    def begin(self, state: str) -> None:
        """Make the tables, unless a move from this state of the origin was begun here already."""
        with self._write() as connection:
            if revision_of(connection) == MOVING:
                if connection.scalar(select(_remaining.c.statement).where(_remaining.c.number == 0)) == state:
                    return
                _empty(connection)
            from aggregator.store.migrations import migrate  # importing alembic takes 0.2 s

            migrate(connection, None)
            for table in reversed(TABLES):
                connection.execute(delete(table))
            statements = [state, *_strip(connection)]
            _remaining.create(connection)
            rows = [{"number": number, "statement": one} for number, one in enumerate(statements)]
            connection.execute(insert(_remaining), rows)
            _set_revision(connection, MOVING)

    def last_key(self, table: Table) -> Row[Any] | None:
        """Return the key of the last row of a table, None where it is empty."""
        keys = table.primary_key.columns
        last = select(*keys).order_by(*(key.desc() for key in keys)).limit(1)
        with self._read() as connection:
            return connection.execute(last).first()

    def add(self, table: Table, rows: Sequence[Row[Any]]) -> None:
        """Write rows of a table. Raises StoreError, which names those that the database does not take."""
        try:
            with self._write() as connection:
                connection.execute(insert(table), [row._asdict() for row in rows])
        except StoreError as exc:
            keys = table.primary_key.columns.keys()
            first, last = ([getattr(row, key) for key in keys] for row in (rows[0], rows[-1]))
            raise StoreError(f"{exc}; it is one of the rows of {table.name} from {first} to {last}") from exc

    def build(self) -> None:
        """Make the indexes, triggers and references."""
        numbered = select(_remaining).where(_remaining.c.number > 0).order_by(_remaining.c.number)
        with self._read() as connection:
            remaining = connection.execute(numbered).all()
        for number, statement in remaining:
            with self._write() as connection:
                connection.exec_driver_sql(statement)
                connection.execute(delete(_remaining).where(_remaining.c.number == number))

    def finish(self) -> None:
        """Let the program open the database."""
        with self._write() as connection:
            _remaining.drop(connection)
            _set_revision(connection, REVISION)
            if connection.dialect.name == "postgresql":
                connection.execute(text("ANALYZE"))

    def spoil(self) -> None:
        """Let the next move begin anew."""
        with self._write() as connection:
            connection.execute(_remaining.update().where(_remaining.c.number == 0).values(statement=""))


def _empty(connection: Connection) -> None:
    for name in ("moving", "alembic_version", *(["texts_index"] if _is_sqlite(connection) else [])):
        connection.exec_driver_sql(f"DROP TABLE {name}")
    metadata.drop_all(connection)


def _strip(connection: Connection) -> list[str]:
    """Drop what rows need not pay for one by one; return the statements that make it again."""
    if _is_sqlite(connection):
        found, last = connection.execute(_OF_SQLITE, {"names": [*metadata.tables]}).all(), [_REBUILD]
    else:
        names = {"names": [*metadata.tables]}
        found, last = [row for query in _OF_POSTGRESQL for row in connection.execute(query, names)], []
    for drop, _ in found:
        connection.exec_driver_sql(drop)
    return [make for _, make in found] + last


def _set_revision(connection: Connection, revision: str) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


class _Count:
    """How many rows were copied or read so far."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._done, self._total = progress, 0, total

    def add(self, rows: int) -> None:
        self._done += rows
        self._progress(self._done, self._total)


def plan(origin: str, target: str) -> list[Planned]:
    """Return how many rows of each table would be moved; nothing is written.

    Raises BusyError and StoreError where a move would be refused.
    """
    require_unused(origin, target)
    url, there = read_url(target), dict[str, int]()
    if url.drivername != "sqlite" or Path(url.database or "").exists():
        with Target.open(target, read_only=True) as goal:
            there = goal.count()
    with Side.open(origin, read_only=True) as source:
        return [Planned(name, rows, there.get(name, 0)) for name, rows in source.count().items()]


def move(origin: str, target: str, progress: Progress = lambda done, total: None) -> list[Compared]:
    """Move everything in a database to another one, and compare the two.

    ``progress`` is called with the rows that were copied and compared, and those of both in all. May be
    ended anywhere, and goes on when it is called again. Raises BusyError while a process has either open,
    StoreError otherwise. Where the two differ, which is so after a change of the origin meanwhile, the
    program goes on to refuse the target.
    """
    require_unused(origin, target)
    with Side.open(origin, read_only=True) as source, Target.open(target) as goal:
        with source.snapshot():
            goal.begin(source.state())
            count = _Count(progress, 3 * sum(source.count().values()))
            count.add(sum(goal.count().values()))
            for table in TABLES:
                with closing(source.rows(table, goal.last_key(table))) as found:
                    for rows in found:
                        goal.add(table, rows)
                        count.add(len(rows))
        goal.build()
        with source.snapshot():  # another one: what came meanwhile shows
            compared = [
                Compared(table.name, *source.digest(table, count.add), *goal.digest(table, count.add))
                for table in TABLES
            ]
        if all(one.is_equal for one in compared):
            source.close()
            require_unused(origin)
            goal.finish()
        else:
            goal.spoil()
    return compared
