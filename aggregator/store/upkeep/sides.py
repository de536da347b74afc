"""The two databases of a move: one that is read as a whole, and one that gets everything.

What rows need not pay for one by one (indexes, triggers, references) is made at the end; until then, the
statements that make it stand in a table of their own. Nothing else uses a database that is not whole.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from hashlib import sha256
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
from aggregator.store.schema import MOVING, REVISION, metadata, sources, totals

BATCH = 1000
"""Rows that are read, written and committed together."""

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
                    hashed.update(repr(_scrubbed(row)).encode())
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
        driver: Any = self._engine.dialect.dbapi
        try:
            with self._write() as connection:
                if _is_sqlite(connection):
                    connection.execute(insert(table), [row._asdict() for row in rows])
                else:
                    _copy_in(connection, table, rows)
        except (StoreError, driver.Error) as exc:
            keys = table.primary_key.columns.keys()
            first, last = ([getattr(row, key) for key in keys] for row in (rows[0], rows[-1]))
            which = f"it is one of the rows of {table.name} from {first} to {last}"
            raise StoreError(f"{' '.join(str(exc).split())}; {which}") from exc

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


def _copy_in(connection: Connection, table: Table, rows: Sequence[Row[Any]]) -> None:
    """Write rows by PostgreSQL's COPY, which takes a fraction of what inserting them takes."""
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(_scrubbed(row))


def _scrubbed(row: Row[Any]) -> list[Any]:
    return [scrub(value) if isinstance(value, str) else value for value in row]


def _set_revision(connection: Connection, revision: str) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"
