"""Tables of what we hold: sources, articles, and what is still owed."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, Table, false, func

from aggregator.store.schema.columns import Number, String, Time, metadata

# One row about the store as a whole. Whoever writes several rows locks it first, so that writers queue up
# instead of blocking each other. ``sequence`` is the last number given out. ``fingerprint`` is that of the
# configuration and program by which everything is rendered, or is being rendered while ``whole`` is false;
# ``generation`` counts those renderings, so that documents which the last one did not make are found.
totals = Table(
    "totals",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("sequence", Number, nullable=False),
    Column("articles", Number, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("generation", Integer, nullable=False, server_default="0"),
    Column("whole", Boolean, nullable=False, server_default=false()),
    Column("seen", Time),
    Column("odd_since", Time),
)

# A source that leaves the configuration keeps its row. ``owner`` has its lease until ``leased_until``.
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
    Column("mirror", String, nullable=False, server_default=""),
    Column("pushed", Time),
    Column("pace", String, nullable=False, server_default="{}"),
    Column("rhythm", String, nullable=False, server_default="{}"),
    Column("baseline", String, nullable=False, server_default="{}"),
    Column("moved", String, nullable=False, server_default=""),
    Column("moved_since", Time),
    Column("robots", String, nullable=False, server_default=""),
)

# ``number`` is the sequence of an article's arrival, ``sequence`` that of its last change. ``identity`` is
# a hash of namespace and key, because keys may be longer than an index of PostgreSQL takes.
# ``filed_version`` is the version that the memberships in topics reflect.
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
    Column("day", Date),
    Column("digest", String, nullable=False),
    Column("first_seen", Time, nullable=False),
    Column("sequence", Number, nullable=False),
    Column("version", Integer, nullable=False),
    Column("published_version", Integer, nullable=False),
    Column("filed_version", Integer, nullable=False, server_default="0"),
)
Index("articles_id", func.lower(articles.c.id), unique=True)
Index("articles_identity", articles.c.identity, unique=True)
Index("articles_published", articles.c.published, articles.c.number)
Index("articles_sequence", articles.c.sequence, unique=True)
Index("articles_source", articles.c.source, articles.c.first_seen, articles.c.number)
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

# A category that was renamed ``leads_to`` the one that has its articles now; that one leads nowhere.
categories = Table(
    "categories",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("slug", String, nullable=False),
    Column("label", String, nullable=False),
    Column("leads_to", Number),
)
Index("categories_slug", categories.c.slug, unique=True)
Index("categories_label", categories.c.label, unique=True)

# ``position`` counts an article's filings.
filings = Table(
    "filings",
    metadata,
    Column("article", Number, ForeignKey(articles.c.number), primary_key=True, autoincrement=False),
    Column("category", Number, ForeignKey(categories.c.number), primary_key=True, autoincrement=False),
    Column("position", Integer, nullable=False),
    Column("tag", String, nullable=False),
)

# Other keys under which an article is known. ``identity`` is the hash of namespace and alias; no alias has
# the identity of an article.
aliases = Table(
    "aliases",
    metadata,
    Column("identity", String, primary_key=True),
    Column("article", Number, ForeignKey(articles.c.number), nullable=False),
)

# ``alias`` is the identity of the alias under which the source showed the article, empty for its own key.
# Each key has its own digest, because its entries are compared only with each other.
sightings = Table(
    "sightings",
    metadata,
    Column("source", String, ForeignKey(sources.c.name), primary_key=True),
    Column("article", Number, ForeignKey(articles.c.number), primary_key=True, autoincrement=False),
    Column("alias", String, primary_key=True, server_default=""),
    Column("entry_digest", String, nullable=False),
)

# Entries that are no articles yet. ``identity`` is a hash of source and key.
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

# How far backfills got; ``request`` is what is fetched next.
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

# Folded texts for searches.
texts = Table(
    "texts",
    metadata,
    Column("article", Number, ForeignKey(articles.c.number), primary_key=True, autoincrement=False),
    Column("title", String, nullable=False),
    Column("text", String, nullable=False),
)

# Articles that were removed and never come in again, with a row for each alias, too. ``id``, ``namespace``
# and ``key`` are the article's own.
removed = Table(
    "removed",
    metadata,
    Column("identity", String, primary_key=True),
    Column("id", String, nullable=False),
    Column("namespace", String, nullable=False),
    Column("key", String, nullable=False),
    Column("address", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("removed_at", Time, nullable=False),
)
Index("removed_id", func.lower(removed.c.id))
