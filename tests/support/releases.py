"""Databases as earlier versions left them: made by their migrations, and filled with what they wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from aggregator.store.columns import pack
from aggregator.store.migrations import configure
from tests.support.database import NOW

# As version 0.1 wrote them for the article that `an_article("first-key")` is.
FIRST_IDENTITY = "3fc5e5ef355ee23a6d3030876bfdd8a7"
FIRST_DIGEST = "3e559030729f82a0a2f6bf96f290b3f0"


def connect(database_url: str) -> Connection:
    """Connect past the store."""
    address = database_url.replace("postgresql:", "postgresql+psycopg:")
    return create_engine(address, poolclass=NullPool).connect()


def revisions() -> list[str]:
    """Every form that the database ever had, the first one first."""
    return [one.revision for one in ScriptDirectory.from_config(configure()).walk_revisions()][::-1]


def release(database_url: str, revision: str = "0001") -> None:
    """Make a database of a revision, with an article that changed once and one that is owed."""
    if database_url.startswith("sqlite:"):
        Path(database_url.removeprefix("sqlite:///")).parent.mkdir()
    article = {
        "number": 1, "id": "first-key", "identity": FIRST_IDENTITY, "namespace": "shared", "key": "first-key",
        "source": "one", "title": "标题 first-key", "address": "https://news.example/first-key",
        "content": "<p>正文</p>", "published": NOW, "updated": NOW,
        "labels": '[{"category":"国务院","tag":""}]', "dated": True, "share_url": "", "summary": "",
        "author": "", "origin": "", "language": "", "attachments": "[]", "complete": True,
        "digest": FIRST_DIGEST, "first_seen": NOW, "sequence": 2, "version": 2, "published_version": 1,
    }  # fmt: skip
    times = {"published": NOW.isoformat(), "updated": NOW.isoformat()}
    columns = ("namespace", "key", "source", "address", "content", "share_url", "summary", "author")
    columns += ("origin", "language", "dated", "complete")
    earlier = {name: article[name] for name in columns} | times | {"title": "旧", "attachments": []}
    earlier["labels"] = [{"category": "国务院", "tag": ""}]
    entry = {"key": "owed-key", "title": "欠", "attachments": [], "fields": {}, "rules": {}, "content": None}
    rows: dict[str, dict[str, Any]] = {
        "sources": {
            "name": "one", "active": True, "due": NOW, "fingerprint": "f", "etag": "e", "last_modified": "",
            "body_digest": "b", "status": "ok", "failures": 0, "error": "", "polled": NOW,
        },
        "articles": article,
        "revisions": {"article": 1, "version": 1, "replaced_at": NOW, "state": json.dumps(earlier)},
        "categories": {
            "number": 1, "slug": "guowuyuan", "label": "国务院", "articles": 1, "arrived": NOW,
            "version": 1, "published_version": 1,
        },
        "filings": {
            "article": 1, "category": 1, "position": 0, "tag": "", "published": NOW, "sequence": 2,
        },
        "sightings": {"source": "one", "article": 1, "entry_digest": "said"},
        "owed": {
            "identity": "o", "source": "one", "key": "owed-key", "reason": "failed", "message": "503",
            "retry_at": NOW, "attempts": 2, "entry": json.dumps(entry),
        },
        "texts": {"article": 1, "title": article["title"], "text": "正文", "names": ""},
        "pages": {"path": "share/first-key.html", "article": "first-key"},
    }  # fmt: skip
    with connect(database_url) as connection:
        config = configure()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        tables = MetaData()
        tables.reflect(connection)
        if revision >= "0023" and connection.dialect.name == "sqlite":
            article["content"] = pack("<p>正文</p>")
        connection.execute(tables.tables["totals"].update().values(sequence=2, articles=1))
        for name, row in rows.items():
            if (table := tables.tables.get(name)) is not None:
                values = {key: value for key, value in row.items() if key in table.columns}
                connection.execute(table.insert(), values)
        connection.commit()
