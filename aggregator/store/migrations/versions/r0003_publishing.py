"""Topics with their members and archives, removals, mirrored files, texts to search, and hubs."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import NUMBER, STRING, TIME, key, required
from aggregator.text.query.words import fold_case
from aggregator.text.text import text_of

revision = "0003"
down_revision = "0002"

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
        key("number"),
        *required(STRING, "kind", "name", "label"),
        *required(sa.Integer(), "articles"),
        *required(NUMBER, "places", "archived"),
        *required(STRING, "definition"),
    )
    op.create_index("topics_name", "topics", ["kind", "name"], unique=True)
    op.create_index("topics_label", "topics", ["kind", "label"])
    op.create_table(
        "memberships",
        key("topic", "topics.number"),
        key("article", "articles.number"),
        *required(NUMBER, "place", "sequence"),
        *required(TIME, "published"),
    )
    op.create_index("memberships_article", "memberships", ["article"])
    op.create_index("memberships_place", "memberships", ["topic", "place"], unique=True)
    op.create_index("memberships_sequence", "memberships", ["topic", "sequence"], unique=True)
    op.create_index("memberships_published", "memberships", ["topic", "published", "place"])
    op.create_table(
        "touched",
        key("topic", "topics.number"),
        key("part", kind=STRING),
        key("number"),
        *required(NUMBER, "sequence"),
    )
    op.create_table(
        "archives",
        key("topic", "topics.number"),
        key("number", kind=sa.Integer()),
        *required(NUMBER, "first", "last"),
        *required(STRING, "fingerprint", "digest"),
    )
    op.create_table(
        "echoes",
        key("topic", "topics.number"),
        key("article", "articles.number"),
        key("archive", kind=sa.Integer()),
    )
    op.create_index("echoes_article", "echoes", ["article"])


def _make_removals() -> None:
    op.create_table(
        "removed",
        key("identity", kind=STRING),
        *required(STRING, "id", "namespace", "key", "address", "reason"),
        *required(TIME, "removed_at"),
    )
    op.create_index("removed_id", "removed", [sa.text("lower(id)")])
    op.create_table(
        "tombstones",
        key("topic", "topics.number"),
        key("identity", "removed.identity", STRING),
        *required(NUMBER, "sequence"),
    )


def _make_media() -> None:
    op.create_table(
        "media",
        key("identity", kind=STRING),
        *required(STRING, "address"),
        sa.Column("source", STRING, sa.ForeignKey("sources.name"), nullable=False),
        *required(STRING, "kind", "path", "media_type"),
        *required(NUMBER, "length"),
        *required(STRING, "error"),
        *required(sa.Integer(), "attempts"),
        sa.Column("retry_at", TIME),
    )
    op.create_index("media_due", "media", ["retry_at"])
    op.create_index("media_path", "media", ["path"])
    op.create_index("media_source", "media", ["source"])
    op.create_table(
        "uses",
        key("article", "articles.number"),
        key("media", "media.identity", STRING),
    )
    op.create_index("uses_media", "uses", ["media"])


def _make_the_rest() -> None:
    op.create_table("texts", key("article", "articles.number"), *required(STRING, "title", "text"))
    if op.get_bind().dialect.name == "sqlite":
        for statement in INDEX:
            op.execute(statement)
    _fill_texts()
    op.create_table("announcements", key("address", kind=STRING), *required(NUMBER, "sequence"))
    op.create_table(
        "pushes",
        key("source", "sources.name", STRING),
        *required(STRING, "hub", "topic", "token", "secret", "status"),
        *required(sa.Integer(), "attempts"),
        *required(TIME, "retry_at"),
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
