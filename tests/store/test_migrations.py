"""Databases that earlier versions left behind, opened by this one."""

from __future__ import annotations

import lzma
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import zstandard

from aggregator.store import Store
from aggregator.store.schema import REVISION
from tests.support.workplace import Workplace

DATABASES = sorted((Path(__file__).parent / "databases").glob("*.db.xz"))
# What no migration may change; what is published is made anew.
HELD = {
    "articles": "SELECT id, source, title, address, plain(content), published, updated, summary, author, origin, attachments,"
    " first_seen, version FROM articles ORDER BY id",
    "revisions": "SELECT article, version, replaced_at, state FROM revisions ORDER BY article, version",
    "sightings": "SELECT source, article, entry_digest FROM sightings ORDER BY 1, 2",
    "owed": "SELECT source, key, reason, attempts, entry FROM owed ORDER BY identity",
    "sources": "SELECT name, etag, last_modified, body_digest, status, failures, polled FROM sources ORDER BY name",
    "categories": "SELECT slug, label FROM categories ORDER BY slug",
}


def plain(content: bytes | str) -> str:
    """The content of an article, which was kept as it is by earlier versions."""
    return zstandard.decompress(content).decode() if isinstance(content, bytes) else content


def held(path: Path) -> dict[str, list[Any]]:
    """Everything in a database that must stay as it is."""
    with closing(sqlite3.connect(path)) as connection:
        connection.create_function("plain", 1, plain)
        return {name: connection.execute(query).fetchall() for name, query in HELD.items()}


def test_addresses_that_were_kept_before_their_forms(tmp_path: Path) -> None:
    """What is held, and what was removed, is found under other forms of its address from now on."""
    path = tmp_path / "test.db"
    path.write_bytes(lzma.decompress((Path(__file__).parent / "databases" / "0006.db.xz").read_bytes()))
    with closing(sqlite3.connect(path)) as connection:
        (key,) = connection.execute("SELECT key FROM articles WHERE key LIKE 'http://%'").fetchone()
        gone = ("an identity", "an-id", "office", f"{key}?gone", "", "", "2026-01-01 00:00:00.000000")
        connection.execute("INSERT INTO removed VALUES (?, ?, ?, ?, ?, ?, ?)", gone)
        connection.commit()
    other = key.replace("http", "https")
    with Store.open(f"sqlite:///{path}") as store:
        known = store.known("office", "office", [other, f"{other}?gone", f"{other}?new"])
    assert {one: found.removed for one, found in known.items()} == {other: False, f"{other}?gone": True}
    assert known[other].article_key == key


def schema(path: Path) -> str:
    """The revision of a database."""
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def test_every_released_schema_is_here() -> None:
    """A new revision adds the database of the one before it."""
    before = [f"{number:04}" for number in range(1, int(REVISION))]
    assert [path.name.removesuffix(".db.xz") for path in DATABASES] == before


@pytest.mark.parametrize("database", DATABASES, ids=lambda path: path.name[:4])
def test_a_database_of_an_earlier_version(workplace: Workplace, database: Path) -> None:
    """It keeps all that it holds, is sound, and is published, whole and then without anything to do."""
    path = workplace.folder / "var" / "test.db"
    path.parent.mkdir()
    path.write_bytes(lzma.decompress(database.read_bytes()))
    assert schema(path) == database.name[:4]
    before = held(path)
    assert len(before["articles"]) > 10
    assert before["revisions"]
    workplace.configure('[[source]]\nname = "more"\nkind = "feed"\nurl = "http://127.0.0.1:1/feed"\n')
    workplace.run("check", "--database")
    assert held(path) == before
    assert schema(path) == REVISION
    with closing(sqlite3.connect(path)) as connection:
        *_, released = connection.execute("SELECT kind, detail FROM events ORDER BY number").fetchall()
    assert released == ("schema-released", f"{database.name[:4]} → {REVISION}")
    workplace.run("publish")
    workplace.run("publish", "--check")
    assert held(path) == before
    assert len(workplace.posts()) == len(before["articles"])
    word = before["articles"][0][2].split()[0]
    assert before["articles"][0][2] in workplace.run("search", word).stdout
