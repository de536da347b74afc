"""Topics with their members and archives, removals, mirrored files, texts to search, and hubs."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from aggregator.text.query import fold_case
from aggregator.text.text import text_of

revision = "0003"
down_revision = "0002"

# Written out here, not taken from schema.py: this revision stays what it was.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)
# What stands in ``texts`` is found by its trigrams; triggers keep the index as the table is.
INDEX = (
    "CREATE VIRTUAL TABLE texts_index USING fts5"
    "(title, text, content='texts', content_rowid='article', tokenize='trigram case_sensitive 1')",
    "CREATE TRIGGER texts_inserted AFTER INSERT ON texts BEGIN"
    " INSERT INTO texts_index(rowid, title, text) VALUES (new.article, new.title, new.text); END",
    "CREATE TRIGGER texts_deleted AFTER DELETE ON texts BEGIN INSERT INTO texts_index"
    "(texts_index, rowid, title, text) VALUES ('delete', old.article, old.title, old.text); END",
    "CREATE TRIGGER texts_updated AFTER UPDATE ON texts BEGIN INSERT INTO texts_index"
    "(texts_index, rowid, title, text) VALUES ('delete', old.article, old.title, old.text);"
    " INSERT INTO texts_index(rowid, title, text) VALUES (new.article, new.title, new.text); END",
)
DROPPED = {
    "filings": ("published", "sequence"),
    "categories": ("articles", "arrived", "version", "published_version"),
}


def upgrade() -> None:
    """Keep every article; the next publication files them all, since its fingerprint is another one."""
    op.add_column("totals", sa.Column("generation", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("totals", sa.Column("whole", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("articles", sa.Column("filed_version", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("pages", sa.Column("generation", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("sources", sa.Column("mirror", STRING, nullable=False, server_default=""))
    op.add_column("sources", sa.Column("pushed", TIME))
    op.create_index("pages_generation", "pages", ["generation"])
    op.drop_index("filings_published", "filings")
    op.drop_index("filings_sequence", "filings")
    # Not alembic's batch: SQLite would not let it drop a table to which others refer.
    for table, columns in DROPPED.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    _make_topics()
    _make_removals()
    _make_media()
    _make_the_rest()


def _make_topics() -> None:
    op.create_table(
        "topics",
        _number("number", key=True),
        *_texts("kind", "name", "label"),
        sa.Column("articles", sa.Integer(), nullable=False),
        _number("places"),
        _number("archived"),
        *_texts("definition"),
    )
    op.create_index("topics_name", "topics", ["kind", "name"], unique=True)
    op.create_index("topics_label", "topics", ["kind", "label"])
    op.create_table(
        "memberships",
        _number("topic", "topics.number", key=True),
        _number("article", "articles.number", key=True),
        _number("place"),
        _number("sequence"),
        sa.Column("published", TIME, nullable=False),
    )
    op.create_index("memberships_article", "memberships", ["article"])
    op.create_index("memberships_place", "memberships", ["topic", "place"], unique=True)
    op.create_index("memberships_sequence", "memberships", ["topic", "sequence"], unique=True)
    op.create_index("memberships_published", "memberships", ["topic", "published", "place"])
    op.create_table(
        "touched",
        _number("topic", "topics.number", key=True),
        sa.Column("part", STRING, primary_key=True),
        _number("number", key=True),
        _number("sequence"),
    )
    op.create_table(
        "archives",
        _number("topic", "topics.number", key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        _number("first"),
        _number("last"),
        *_texts("fingerprint", "digest"),
    )
    op.create_table(
        "echoes",
        _number("topic", "topics.number", key=True),
        _number("article", "articles.number", key=True),
        sa.Column("archive", sa.Integer(), primary_key=True, autoincrement=False),
    )
    op.create_index("echoes_article", "echoes", ["article"])


def _make_removals() -> None:
    op.create_table(
        "removed",
        sa.Column("identity", STRING, primary_key=True),
        *_texts("id", "namespace", "key", "address", "reason"),
        sa.Column("removed_at", TIME, nullable=False),
    )
    op.create_index("removed_id", "removed", [sa.text("lower(id)")])
    op.create_table(
        "tombstones",
        _number("topic", "topics.number", key=True),
        sa.Column("identity", STRING, sa.ForeignKey("removed.identity"), primary_key=True),
        _number("sequence"),
    )


def _make_media() -> None:
    op.create_table(
        "media",
        sa.Column("identity", STRING, primary_key=True),
        *_texts("address"),
        sa.Column("source", STRING, sa.ForeignKey("sources.name"), nullable=False),
        *_texts("kind", "path", "media_type"),
        _number("length"),
        *_texts("error"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", TIME),
    )
    op.create_index("media_due", "media", ["retry_at"])
    op.create_index("media_path", "media", ["path"])
    op.create_index("media_source", "media", ["source"])
    op.create_table(
        "uses",
        _number("article", "articles.number", key=True),
        sa.Column("media", STRING, sa.ForeignKey("media.identity"), primary_key=True),
    )
    op.create_index("uses_media", "uses", ["media"])


def _make_the_rest() -> None:
    op.create_table("texts", _number("article", "articles.number", key=True), *_texts("title", "text"))
    if op.get_bind().dialect.name == "sqlite":
        for statement in INDEX:
            op.execute(statement)
    _fill_texts()
    op.create_table("announcements", sa.Column("address", STRING, primary_key=True), _number("sequence"))
    op.create_table(
        "pushes",
        sa.Column("source", STRING, sa.ForeignKey("sources.name"), primary_key=True),
        *_texts("hub", "topic", "token", "secret", "status"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", TIME, nullable=False),
        sa.Column("expires", TIME),
    )
    op.create_index("pushes_token", "pushes", ["token"], unique=True)


def _fill_texts() -> None:
    """Fold the texts that are there already, some at a time."""
    articles = sa.table("articles", *(sa.column(name) for name in ("number", "title", "content", "summary")))
    texts = sa.table("texts", *(sa.column(name) for name in ("article", "title", "text")))
    last = -1
    while True:
        page = sa.select(articles).where(articles.c.number > last).order_by(articles.c.number).limit(500)
        rows = op.get_bind().execute(page).all()
        if not rows:
            return
        last = rows[-1].number
        op.bulk_insert(
            texts,
            [
                {
                    "article": row.number,
                    "title": fold_case(row.title),
                    "text": fold_case(f"{text_of(row.content)} {row.summary}"),
                }
                for row in rows
            ],
        )


def _number(name: str, target: str = "", *, key: bool = False) -> sa.Column[Any]:
    references = [sa.ForeignKey(target)] if target else []
    return sa.Column(name, NUMBER, *references, primary_key=key, autoincrement=False, nullable=False)


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, STRING, nullable=False) for name in names]
