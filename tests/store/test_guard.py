"""What is written over the file of a database under a running daemon."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.errors import StoreError
from aggregator.store import Store
from aggregator.store.upkeep.backup import backup
from tests.support.clock import START


def with_zeros(file: Path, folder: Path) -> None:
    """As a disk does."""
    with file.open("r+b") as written:
        written.write(bytes(4096))


def with_nothing(file: Path, folder: Path) -> None:
    """As a shell does with ``>``."""
    file.write_bytes(b"")


def with_another(file: Path, folder: Path) -> None:
    """As ``cp`` does with the database of another place."""
    Store.open(f"sqlite:///{folder}/other.db").close()
    file.write_bytes((folder / "other.db").read_bytes())


def with_a_backup(file: Path, folder: Path) -> None:
    """As ``cp`` does with a copy of today's."""
    backup(f"sqlite:///{file}", folder / "copy.db")
    file.write_bytes((folder / "copy.db").read_bytes())


def with_an_older_one(file: Path, folder: Path) -> None:
    """As ``cp`` does with a copy from before the daemon's start."""
    file.write_bytes((folder / "before.db").read_bytes())


def with_a_live_copy(file: Path, folder: Path) -> None:
    """As ``cp`` does with a copy that SQLite made a while ago."""
    file.write_bytes((folder / "live.db").read_bytes())


def by_sqlite(file: Path, folder: Path) -> None:
    """As ``.restore`` of SQLite's shell does: in one transaction."""
    with_another(folder / "unused.db", folder)
    with closing(sqlite3.connect(folder / "other.db")) as source, closing(sqlite3.connect(file)) as target:
        source.backup(target)


@pytest.mark.parametrize(
    "overwrite",
    [with_zeros, with_nothing, with_another, with_a_backup, with_an_older_one, with_a_live_copy, by_sqlite],
)
def test_a_database_that_is_overwritten_is_noticed(
    tmp_path: Path, overwrite: Callable[[Path, Path], None]
) -> None:
    """The file is the same by its number, but no more the database that was opened: nothing is kept in it."""
    file = tmp_path / "ours.db"
    with Store.open(f"sqlite:///{file}") as store:
        store.guard()
    shutil.copyfile(file, tmp_path / "before.db")
    with Store.open(f"sqlite:///{file}") as store:
        store.guard()
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(tmp_path / "live.db")) as copy:
            source.backup(copy)
            store.sync_sources(["paper"], START)
            source.execute("PRAGMA wal_checkpoint(PASSIVE)")
        store.look()
        store.look()
        overwrite(file, tmp_path)
        store.look()
        with pytest.raises(StoreError, match="was overwritten while it was in use"):
            store.count_failing()


def test_what_others_do_to_a_database_is_in_order(tmp_path: Path) -> None:
    """Other processes write, guard it themselves, vacuum and merge its log: it is the same database."""
    address = f"sqlite:///{tmp_path}/ours.db"
    with Store.open(address) as store:
        store.guard()
        with Store.open(address) as other:
            other.guard()
            other.sync_sources(["paper"], START)
        with closing(sqlite3.connect(tmp_path / "ours.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("VACUUM")
        store.sync_sources(["paper", "other"], START)
        with Store.open(address) as other:
            other.guard()
            for number in range(3):
                store.sync_sources(["paper", "other", f"another{number}"], START)
                for one in (store, other, store, other):
                    one.look()
                    assert one.count_failing() == 0
            assert store._mark == other._mark
