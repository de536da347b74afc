import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from aggregator.errors import StoreError
from aggregator.store import Store
from aggregator.store.migrations import configure
from aggregator.store.schema import REVISION, metadata
from tests.database import NOW, an_article, an_outcome


def connect(database_url: str) -> Connection:
    """Connect past the store."""
    address = database_url.replace("postgresql:", "postgresql+psycopg:")
    return create_engine(address, poolclass=NullPool).connect()


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_migrations_make_the_tables_that_the_code_means(database_url: str) -> None:
    """A migrated database differs from the metadata in nothing that alembic can see."""
    Store.open(database_url).close()
    with connect(database_url) as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": metadata})
        assert compare_metadata(context, metadata) == []
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_the_revision_named_in_the_schema_is_the_newest_migration() -> None:
    """A database that opens without alembic is at the head of the migrations."""
    assert ScriptDirectory.from_config(configure()).get_heads() == [REVISION]


def test_opened_again_a_database_holds_what_it_held(database_url: str) -> None:
    """Opening a database twice changes nothing in it."""
    with Store.open(database_url) as store:
        store.sync_sources(["one"], NOW)
        store.save(an_outcome(new=(an_article("first-key"),)), NOW)
    with Store.open(database_url) as store:
        assert [kept.id for kept in store.every()] == ["first-key"]


def test_a_newer_database_is_refused(database_url: str) -> None:
    """A revision that this program has not is another program's, and nothing is changed."""
    Store.open(database_url).close()
    with connect(database_url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
        with pytest.raises(StoreError, match=r"newer version of aggregator .*9999"):
            Store.open(database_url)
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_a_file_that_is_no_database_is_refused_in_plain_words(tmp_path: Path) -> None:
    """The error names the file and says what is wrong with it."""
    (tmp_path / "notes.txt").write_text("not a database at all\n" * 100)
    with pytest.raises(StoreError, match=r"file is not a database \(sqlite:///.*notes\.txt\)"):
        Store.open(f"sqlite:///{tmp_path}/notes.txt")


def test_a_folder_that_cannot_be_made_is_an_error_in_plain_words(tmp_path: Path) -> None:
    """A parent that is a file leaves nothing to open."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="the database cannot be opened"):
        Store.open(f"sqlite:///{tmp_path}/file/aggregator.db")


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://reader:hunter2@127.0.0.1:1/news",
        "postgresql://127.0.0.1:1/news?user=reader&password=hunter2",
        "postgresql://reader@127.0.0.1:hunter2/news",
        "mysql://reader:hunter2@127.0.0.1:1/news",
    ],
)
def test_no_error_tells_the_password(address: str) -> None:
    """Whatever is wrong with an address, its password is not shown."""
    with pytest.raises(StoreError) as caught:
        Store.open(address)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("address", ["sqlite:///:memory:", "sqlite://", "news.db", "file:///news.db"])
def test_an_address_of_no_lasting_database_is_refused(address: str) -> None:
    """Only files of SQLite and PostgreSQL are opened."""
    with pytest.raises(StoreError, match="it looks like"):
        Store.open(address)


def test_sqlite_is_set_up_for_several_processes(tmp_path: Path) -> None:
    """The file is in WAL mode, and its parent folders are made."""
    Store.open(f"sqlite:///{tmp_path}/a/b/aggregator.db").close()
    connection = sqlite3.connect(tmp_path / "a" / "b" / "aggregator.db")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
