"""The tables, and the column types that are the same on both databases."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    func,
)
from sqlalchemy.types import TypeEngine

REVISION = "0002"
"""The revision of ``migrations`` that makes these tables; told here so that opening needs no alembic."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def scrub(text: str) -> str:
    """Return text that both databases store: NUL and lone surrogates become U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


class String(TypeDecorator[str]):
    """Text of any length, scrubbed on its way in, compared and sorted by code point on both databases."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Return the database's own type. SQLite compares bytes; PostgreSQL only in this collation."""
        return Text(collation="C" if dialect.name == "postgresql" else None)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Make the text safe to store."""
        return None if value is None else scrub(value)


class Time(TypeDecorator[datetime]):
    """A moment: aware and in UTC on both sides, microseconds kept (SQLite knows no zones)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn any zone into UTC. Raises ValueError for a naive time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that what comes out is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite numbers its rows itself where the type is called exactly INTEGER.
Number = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s"},
)

# What is true of the store as a whole, in one row. Whoever writes more than one row locks it first, so
# that writers queue up instead of blocking each other. ``sequence`` is the last number given out.
totals = Table(
    "totals",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("sequence", Number, nullable=False),
    Column("articles", Number, nullable=False),
    Column("fingerprint", String, nullable=False),
)

# A source keeps its row when it leaves the configuration. ``owner`` holds its lease until ``leased_until``.
sources = Table(
    "sources",
    metadata,
    Column("name", String, primary_key=True),
    Column("active", Boolean, nullable=False),
    Column("due", Time, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("etag", String, nullable=False),
    Column("last_modified", String, nullable=False),
    Column("body_digest", String, nullable=False),
    Column("polled", Time),
    Column("succeeded", Time),
    Column("status", String, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("error", String, nullable=False),
    Column("wait_until", Time),
    Column("owner", String),
    Column("leased_until", Time),
)

# ``number`` is the sequence of an article's arrival, ``sequence`` that of its last change. ``identity`` is
# a hash of namespace and key: keys may be longer than an index of PostgreSQL takes.
articles = Table(
    "articles",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False),
    Column("identity", String, nullable=False),
    Column("namespace", String, nullable=False),
    Column("key", String, nullable=False),
    Column("source", String, nullable=False),
    Column("title", String, nullable=False),
    Column("address", String, nullable=False),
    Column("content", String, nullable=False),
    Column("published", Time, nullable=False),
    Column("updated", Time, nullable=False),
    Column("labels", String, nullable=False),
    Column("dated", Boolean, nullable=False),
    Column("share_url", String, nullable=False),
    Column("summary", String, nullable=False),
    Column("author", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("language", String, nullable=False),
    Column("attachments", String, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("future", Time),
    Column("digest", String, nullable=False),
    Column("first_seen", Time, nullable=False),
    Column("sequence", Number, nullable=False),
    Column("version", Integer, nullable=False),
    Column("published_version", Integer, nullable=False),
)
Index("articles_id", func.lower(articles.c.id), unique=True)
Index("articles_identity", articles.c.identity, unique=True)
Index("articles_published", articles.c.published, articles.c.number)
Index("articles_sequence", articles.c.sequence, unique=True)
_unpublished = articles.c.version > articles.c.published_version
Index(
    "articles_unpublished",
    articles.c.sequence,
    sqlite_where=_unpublished,
    postgresql_where=_unpublished,
)

revisions = Table(
    "revisions",
    metadata,
    Column("article", Number, ForeignKey(articles.c.number), primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("replaced_at", Time, nullable=False),
    Column("state", String, nullable=False),
)

# ``articles`` counts, ``arrived`` is when the newest of them was filed.
categories = Table(
    "categories",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("slug", String, nullable=False),
    Column("label", String, nullable=False),
    Column("articles", Integer, nullable=False),
    Column("arrived", Time, nullable=False),
    Column("version", Integer, nullable=False),
    Column("published_version", Integer, nullable=False),
)
Index("categories_slug", categories.c.slug, unique=True)
Index("categories_label", categories.c.label, unique=True)

# ``position`` counts an article's filings. ``published`` repeats the article's and ``sequence`` is that of
# the article's last change or, where it is later, of the filing: a category's windows are one index each.
filings = Table(
    "filings",
    metadata,
    Column("article", Number, ForeignKey(articles.c.number), primary_key=True, autoincrement=False),
    Column("category", Number, ForeignKey(categories.c.number), primary_key=True, autoincrement=False),
    Column("position", Integer, nullable=False),
    Column("tag", String, nullable=False),
    Column("published", Time, nullable=False),
    Column("sequence", Number, nullable=False),
)
Index("filings_published", filings.c.category, filings.c.published, filings.c.article)
Index("filings_sequence", filings.c.category, filings.c.sequence, filings.c.article)

# Other keys under which an article is known. ``identity`` is the hash of namespace and alias; none of them is
# the identity of an article.
aliases = Table(
    "aliases",
    metadata,
    Column("identity", String, primary_key=True),
    Column("article", Number, ForeignKey(articles.c.number), nullable=False),
)

# ``alias`` is the identity of the alias under which the source showed the article, empty for its own key:
# what an entry said under one key is not compared with what another said under another.
sightings = Table(
    "sightings",
    metadata,
    Column("source", String, ForeignKey(sources.c.name), primary_key=True),
    Column("article", Number, ForeignKey(articles.c.number), primary_key=True, autoincrement=False),
    Column("alias", String, primary_key=True, server_default=""),
    Column("entry_digest", String, nullable=False),
)

# ``identity`` is a hash of source and key, as above.
owed = Table(
    "owed",
    metadata,
    Column("identity", String, primary_key=True),
    Column("source", String, ForeignKey(sources.c.name), nullable=False),
    Column("key", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("message", String, nullable=False),
    Column("retry_at", Time, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("entry", String),
)
Index("owed_source", owed.c.source, owed.c.retry_at)

# ``request`` is what the backfill of a source asks for next.
backfills = Table(
    "backfills",
    metadata,
    Column("source", String, ForeignKey(sources.c.name), primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("request", String, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("articles", Integer, nullable=False),
)

# The manifest: every file that we wrote or were about to write, with the id of the article it shows.
pages = Table(
    "pages",
    metadata,
    Column("path", String, primary_key=True),
    Column("article", String),
)
Index("pages_article", pages.c.article)
