import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from aggregator.errors import StoreError
from aggregator.model import Owed, PollState, Sighting
from aggregator.store import Search, Store
from aggregator.store.migrations import configure
from aggregator.store.schema import REVISION, metadata
from aggregator.text.query import parse_query
from tests.support.database import NOW, an_article, an_outcome
from tests.support.releases import connect, release


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_a_database_of_the_first_release_keeps_everything(database_url: str) -> None:
    """Opened by this version it holds what it held, and nothing in it looks changed."""
    release(database_url)
    article = an_article("first-key")
    with Store.open(database_url) as store:
        kept = store.find("first-key")
        assert kept is not None
        assert (kept.article, kept.version, kept.first_seen) == (article, 2, NOW)
        assert [filing.tag for filing in kept.filings] == ["国务院"]
        assert store.search(Search(parse_query("正文"))) == [kept]
        [earlier] = store.revisions("first-key")
        assert (earlier.article.title, earlier.article.future) == ("旧", None)
        assert store.state("one") == PollState(
            "one", NOW, fingerprint="f", etag="e", body_digest="b", polled=NOW, status="ok"
        )
        [debt] = store.owed("one")
        assert (debt.key, debt.attempts, debt.entry and debt.entry.title) == ("owed-key", 2, "欠")
        assert store.planned_documents(None) == {"share/first-key.html": "first-key"}
        assert [(one.id, one.version) for one in store.waiting(0, 9, unfiled=True)] == [("first-key", 2)]
        known = store.known("one", "shared", ["first-key"])["first-key"]
        assert (known.entry_digest, known.article_digest) == ("said", article.digest)
        sighting = Sighting("first-key", "said again", article.labels)
        store.save(an_outcome(changed=(article,), sightings=(sighting,), aliases=(("b", "first-key"),)), NOW)
        assert store.known("one", "shared", ["b"])["b"].article_key == "first-key"
        assert store.find("first-key") == kept
        [overview] = store.overview()
        assert (overview.articles, overview.owed) == (1, (Owed("owed-key", "failed", "503", NOW, 2),))


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_migrations_make_the_tables_that_the_code_means(database_url: str) -> None:
    """A migrated database differs from the metadata in nothing that alembic can see."""
    Store.open(database_url).close()
    # The index of texts is SQLite's own, in tables of its own.
    options = {
        "target_metadata": metadata,
        "include_name": lambda name, *_: not str(name).startswith("texts_index"),
    }
    with connect(database_url) as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        tables = {name for name in inspect(connection).get_table_names() if "texts_index" not in name}
        assert tables == {*metadata.tables, "alembic_version"}


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
    with pytest.raises(StoreError, match=r"file is not a database; .*\(sqlite:///.*notes\.txt\)"):
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


def test_a_store_that_is_opened_to_be_read_cannot_be_written(database_url: str) -> None:
    """Whatever it is asked to do; and it sees what others write."""
    with Store.open(database_url) as writer:
        writer.sync_sources(["one"], NOW)
        with Store.open(database_url, read_only=True) as reader:
            writer.save(an_outcome(new=(an_article("first-key"),)), NOW)
            assert [one.id for one in reader.log(0, 9)] == ["first-key"]
            for write in (
                lambda: reader.save(an_outcome(new=(an_article("other-key"),)), NOW),
                lambda: reader.remove("first-key", "", NOW),
                lambda: reader.sync_sources([], NOW),
            ):
                with pytest.raises(StoreError, match=r"read-?only"):
                    write()
        assert [kept.id for kept in writer.every()] == ["first-key"]
