"""Everything in a database is moved to another one, and nothing of it is lost or changed on the way."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, create_engine, delete, insert, select, text
from sqlalchemy.pool import NullPool

from aggregator.errors import BusyError, StoreError
from aggregator.store import Search, Store
from aggregator.store.schema import metadata
from aggregator.store.upkeep.transfer import move, plan
from aggregator.text.query import parse_query
from tests.support.database import NOW, an_article, an_outcome, file_all

SLOW_POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.slow)


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str, str], str]:
    """Call it to get the address of an empty database of a kind, by a name of one's own."""

    def make(kind: str, name: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path}/{name}.db"
        return str(request.getfixturevalue("postgresql_server")(f"move-{tmp_path.name[-40:]}-{name}"))

    return make


def rows_of(address: str) -> dict[str, list[Any]]:
    """Every row of every table, in the order of their keys."""
    engine = create_engine(address.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET TIME ZONE 'UTC'"))  # as the program does, for the year 9999
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


class Pools:
    """Values of each type, which are given out one after the other."""

    def __init__(self, **pools: Sequence[Any]) -> None:
        self._pools = pools
        self._given = 0

    def value(self, column: Column[Any], parents: dict[str, list[Any]]) -> Any:
        """The next value for a column; one that refers to another table has one of that."""
        self._given += 1
        if column.nullable and self._given % 3 == 0:
            return None
        for key in column.foreign_keys:
            found = parents[str(key.column)]
            return found[self._given % len(found)]
        pool = self._pools[type(column.type).__name__]
        return pool[self._given % len(pool)]


def fill(address: str, pools: Pools, count: int) -> None:
    """Put rows into every table of a file of SQLite, as many as their keys allow."""
    engine = create_engine(address, poolclass=NullPool)
    parents: dict[str, list[Any]] = {}
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(delete(table))
        for table in metadata.sorted_tables:
            rows = [{one.name: pools.value(one, parents) for one in table.columns} for _ in range(count)]
            connection.execute(insert(table).prefix_with("OR IGNORE"), rows)
            for column in table.columns:
                parents[str(column)] = list(connection.scalars(select(column)))


TEXTS = ["", "标题\U0001f6a2", "a\0b", "é\u0301\u200f", "'\"\\%", " \r\n\t", "z" * 3000, "Ä", "ä", "\uffff"]
EDGES = {
    "String": [*TEXTS, *(f"key {number}" for number in range(40))],
    "Packed": TEXTS,
    "BigInteger": [0, 1, -1, 2**63 - 1, -(2**63), *range(2, 40)],
    "Integer": [0, 1, -1, 2**31 - 1, -(2**31), *range(2, 40)],
    "Float": [0.0, -1.5, 0.1, 1e300, 5e-324],
    "Boolean": [True, False, True],
    "LargeBinary": [b"", b"\0", bytes(range(256)), b"\xff\xfe"],
    "Date": [date.min, date.max, date(2026, 2, 28), date(2024, 2, 29)],
    "Time": [
        datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), NOW, NOW.replace(microsecond=1),
    ],
}  # fmt: skip


@pytest.fixture
def filled(sqlite_template: Path, tmp_path: Path) -> Callable[[Pools, int], str]:
    """Call it to get the address of a file of SQLite with rows in every table."""

    def make(pools: Pools, count: int) -> str:
        file = tmp_path / "filled.db"
        shutil.copyfile(sqlite_template, file)
        fill(f"sqlite:///{file}", pools, count)
        return f"sqlite:///{file}"

    return make


def test_a_round_trip_changes_no_row(
    filled: Callable[[Pools, int], str], empty: Callable[[str, str], str], tmp_path: Path
) -> None:
    """From SQLite to PostgreSQL and back, with the edges of each type in every table: all rows and the schema are the same."""
    first = filled(Pools(**EDGES), 45)
    file = tmp_path / "filled.db"
    before = file.read_bytes()
    there, back = empty("postgresql", "there"), empty("sqlite", "back")
    assert all(one.is_equal for one in move(first, there))
    assert all(one.is_equal for one in move(there, back))
    held = rows_of(first)
    assert min(map(len, held.values())) > 0
    assert rows_of(there) == held
    assert rows_of(back) == held
    assert file.read_bytes() == before
    assert schema(tmp_path / "back.db") == schema(file)


def schema(file: Path) -> list[Any]:
    """What a file of SQLite is made of; migrations write the references of a table in any order."""
    with sqlite3.connect(file) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return sorted((name, sorted(line.strip(" \t,") for line in sql.splitlines())) for name, sql in rows)


KEYS = st.text(max_size=12)


@pytest.mark.slow
@given(
    texts=st.lists(KEYS, min_size=5, unique=True, max_size=30),
    numbers=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=5, unique=True, max_size=30),
    small=st.lists(st.integers(-(2**31), 2**31 - 1), min_size=5, unique=True, max_size=30),
    times=st.lists(st.datetimes(timezones=st.just(UTC)), min_size=1, max_size=9),
    days=st.lists(st.dates(), min_size=1, max_size=9),
    blobs=st.lists(st.binary(max_size=20), min_size=1, max_size=9),
    count=st.integers(1, 40),
)
@settings(max_examples=15)
def test_any_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    sqlite_template: Path,
    postgresql_server: Callable[[str], str],
    **drawn: Any,
) -> None:
    """Whatever stands in the rows, it comes back."""
    folder = tmp_path_factory.mktemp("trip")
    first, back = f"sqlite:///{folder}/filled.db", f"sqlite:///{folder}/back.db"
    shutil.copyfile(sqlite_template, folder / "filled.db")
    names = {"String": "texts", "Packed": "texts", "BigInteger": "numbers", "Integer": "small"}
    names |= {"Time": "times", "Date": "days", "LargeBinary": "blobs"}
    others = {"Boolean": [True, False], "Float": [0.5, 0.1]}
    pools = Pools(**others, **{kind: drawn[name] for kind, name in names.items()})
    fill(first, pools, drawn["count"])
    there = postgresql_server(f"trip-{folder.name}")
    assert all(one.is_equal for one in [*move(first, there), *move(there, back)])
    held = rows_of(first)
    assert rows_of(there) == held == rows_of(back)


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("sqlite", "postgresql"),
        pytest.param("postgresql", "sqlite", marks=pytest.mark.slow),
        pytest.param("sqlite", "sqlite", marks=pytest.mark.slow),
        pytest.param("postgresql", "postgresql", marks=pytest.mark.slow),
    ],
)
def test_the_store_goes_on_in_the_other_database(
    empty: Callable[[str, str], str], kind: str, target: str
) -> None:
    """Searches find, numbers go on behind those that were given out, and nothing is wrong with it."""
    origin, goal = empty(kind, "from"), empty(target, "to")
    with Store.open(origin) as store:
        store.sync_sources(["one"], NOW)
        store.save(an_outcome(new=tuple(an_article(f"key-{number}") for number in range(5))), NOW)
        file_all(store)
        before = store.position()
    move(origin, goal)
    with Store.open(goal) as moved:
        assert moved.find_faults() == []
        assert moved.position() == before
        assert len(moved.search(Search(parse_query("标题 key")))) == 5  # three letters are asked of the index
        moved.save(an_outcome(new=(an_article("later", title="后来的事"),)), NOW)
        [later] = moved.search(Search(parse_query("后来的事")))
        assert later.sequence > before.sequence
        file_all(moved)
        assert moved.find_faults() == []


def a_store(address: str, count: int = 3) -> str:
    """A database with some articles."""
    with Store.open(address) as store:
        store.sync_sources(["one"], NOW)
        store.save(an_outcome(new=tuple(an_article(f"key-{number}") for number in range(count))), NOW)
    return address


@pytest.mark.parametrize("kind", ["sqlite", SLOW_POSTGRESQL])
def test_it_goes_on_where_it_ended(
    empty: Callable[[str, str], str], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ended after any batch, it copies no row again; the program does not open what is not whole."""
    monkeypatch.setattr("aggregator.store.upkeep.sides.BATCH", 20)
    origin, goal = a_store(empty("sqlite", "from"), 30), empty(kind, "to")
    ends = 0
    for seen in range(1, 1000, 3):
        steps = []

        def stop(done: int, total: int, steps: list[int] = steps, seen: int = seen) -> None:
            steps.append(done)
            if len(steps) == seen:
                raise KeyboardInterrupt

        try:
            compared = move(origin, goal, stop)
        except KeyboardInterrupt:
            ends += 1
            with pytest.raises(
                StoreError, match="not all of it is here; the same `aggregator migrate-database`"
            ):
                Store.open(goal)
            with pytest.raises(StoreError, match="not all of it is here"):
                Store.open(goal, read_only=True)
        else:
            break
    assert ends > 5
    assert all(one.is_equal for one in compared)
    assert rows_of(goal) == rows_of(origin)
    with pytest.raises(StoreError, match="has to be empty"):
        move(origin, goal)


@pytest.mark.parametrize("kind", ["sqlite", SLOW_POSTGRESQL])
def test_what_changed_meanwhile_is_noticed(empty: Callable[[str, str], str], kind: str) -> None:
    """A poll during the move: it says which table differs; the next call begins anew, and has all of it."""
    origin, goal = a_store(empty(kind, "from")), empty(kind, "to")
    polled = False

    def poll(done: int, total: int) -> None:
        nonlocal polled
        if not polled and done > total / 3 - 1:  # all is copied, and nothing compared
            polled = True
            with Store.open(origin) as store:
                store.save(an_outcome(new=(an_article("meanwhile"),)), NOW)

    different = {one.table for one in move(origin, goal, poll) if not one.is_equal}
    assert {"articles", "totals"} <= different
    with pytest.raises(StoreError, match="not all of it is here"):
        Store.open(goal)
    assert all(one.is_equal for one in move(origin, goal))
    with Store.open(goal) as store:
        assert store.article_count() == 4


@pytest.mark.slow
def test_a_change_between_two_calls_begins_it_anew(empty: Callable[[str, str], str]) -> None:
    """What was copied before a poll is not taken for what is there now."""
    origin, goal = a_store(empty("sqlite", "from")), empty("postgresql", "to")

    def stop(done: int, total: int) -> None:
        if done > total / 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(origin, goal, stop)
    assert sum(one.moved for one in plan(origin, goal)) > 0
    with Store.open(origin) as store:
        changed = an_article("key-0", title="anders")
        store.save(an_outcome(changed=(changed,)), NOW)
    assert all(one.is_equal for one in move(origin, goal))


@contextmanager
def opened_elsewhere(address: str) -> Iterator[None]:
    """Another process has a database open."""
    used = address.replace("postgresql:", "postgresql+psycopg:")
    command = "import sqlalchemy as s, sys; c = s.create_engine(sys.argv[1]).connect(); c.execute(s.text('SELECT * FROM totals')); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", command, used], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        yield
        other.communicate(b"")


@pytest.mark.parametrize("kind", ["sqlite", SLOW_POSTGRESQL])
def test_a_database_in_use_is_refused(
    empty: Callable[[str, str], str], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of the two may be open elsewhere, nor be opened meanwhile; a plain message says what to do."""
    monkeypatch.setattr("aggregator.store.upkeep.usage.PATIENCE", 0)
    origin, goal = a_store(empty(kind, "from")), empty(kind, "to")
    with opened_elsewhere(origin):
        for pair in ((origin, goal), (goal, origin)):
            with pytest.raises(BusyError, match=r"is in use by .*: stop the daemon"):
                move(*pair)
    with ExitStack() as later:

        def begin(done: int, total: int) -> None:
            if done == total:
                later.enter_context(opened_elsewhere(origin))

        with pytest.raises(BusyError, match=r"is in use by .*: stop the daemon"):
            move(origin, goal, begin)
        with pytest.raises(StoreError, match="not all of it is here"):
            Store.open(goal)
    assert all(one.is_equal for one in move(origin, goal))


def test_what_cannot_be_moved(empty: Callable[[str, str], str], tmp_path: Path) -> None:
    """Nothing there, another version, not empty, no server, no address: each is said, and no password."""
    origin, goal = a_store(empty("sqlite", "from")), empty("sqlite", "to")
    with pytest.raises(StoreError, match="unable to open database file"):
        move(empty("sqlite", "none"), goal)
    with pytest.raises(StoreError, match="has to be empty"):
        move(origin, origin)
    with pytest.raises(StoreError, match="cannot be opened") as raised:
        move(origin, "postgresql://me:secret@127.0.0.1:1/none")
    assert "secret" not in str(raised.value)
    with pytest.raises(StoreError, match="address cannot be read"):
        move(origin, "mysql://host/name")
    with sqlite3.connect(tmp_path / "from.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0026'")
    with pytest.raises(StoreError, match="another version of aggregator; start the daemon"):
        move(origin, goal)
    assert not (tmp_path / "none.db").exists()


def test_what_only_sqlite_holds(empty: Callable[[str, str], str], tmp_path: Path) -> None:
    """What somebody wrote by hand: of a number that is too large the rows are named, and NUL becomes U+FFFD."""
    origin, goal = a_store(empty("sqlite", "from")), empty("postgresql", "to")
    with sqlite3.connect(tmp_path / "from.db") as connection:
        connection.execute("UPDATE sources SET failures = 4000000000")
        connection.execute("UPDATE articles SET title = 'a' || char(0) || 'b'")
    with pytest.raises(StoreError, match=r"out of range.*sources.*'one'"):
        move(origin, goal)
    with sqlite3.connect(tmp_path / "from.db") as connection:
        connection.execute("UPDATE sources SET failures = 0")
    assert all(one.is_equal for one in move(origin, goal))
    with Store.open(goal) as store:
        assert {one.article.title for one in store.every()} == {"a\ufffdb"}
